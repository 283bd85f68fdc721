/** The shell that certificates and revocation lists share: what is signed, algorithm, signature. Source: RFC 5280 §4.1.1, §5.1.1. */
import { equalBytes, type Issue, type Place, type SignatureScheme } from '@tsm/core';
import { readSignatureAlgorithm } from '../keys/algorithms.ts';
import { readOctetBits } from '../der/der-primitives.ts';
import { DerReader, TAG, type Tlv } from '../der/der-reader.ts';
import { EVIDENCE_ISSUES } from '../issues.ts';

/** What is in the shell; also the first part of the codes of its issues. */
export type SignedKind = 'certificate' | 'crl';

/** Bytes of a part, from the start of the certificate or list. */
export interface PartRange {
  readonly offset: number;
  readonly length: number;
}

export function partRange({ start, end }: Tlv): PartRange {
  return { offset: start, length: end - start };
}

/** OID of the algorithm, the scheme that it and its parameters name, and the signature; an ECDSA signature is DER. */
export interface SignatureField {
  readonly algorithm: string;
  /** Undefined for an algorithm that is not known here. */
  readonly scheme: SignatureScheme | undefined;
  readonly value: Uint8Array;
}

/** All offsets are those of `der`, a copy of the bytes without what came after. */
export interface Signed {
  readonly der: Uint8Array;
  readonly reader: DerReader;
  readonly tbs: Tlv;
  readonly algorithm: Tlv;
  readonly value: Tlv;
  readonly signature: SignatureField;
}

export function readSigned(bytes: Uint8Array, kind: SignedKind): Signed {
  const whole = new DerReader(bytes).expect(TAG.SEQUENCE, `a ${kind}`);
  const der = bytes.slice(0, whole.end);
  const reader = new DerReader(der, whole.content, whole.end);
  const tbs = reader.expect(TAG.SEQUENCE, 'the signed part');
  const algorithm = reader.expect(TAG.SEQUENCE, 'signatureAlgorithm');
  const value = reader.expect(TAG.BIT_STRING, 'signature');
  reader.done(`the ${kind}`);
  const bits = readOctetBits(reader, value, 'the signature');
  const { algorithm: oid, scheme } = readSignatureAlgorithm(reader, algorithm);
  return { der, reader, tbs, algorithm, value, signature: { algorithm: oid, scheme, value: bits } };
}

/** Bytes after it, and an algorithm that is not the one of the signed part (`inner`). */
export function signedIssues(
  kind: SignedKind,
  given: Uint8Array,
  { der, reader, algorithm }: Signed,
  inner: Tlv,
  place: Place,
): Issue[] {
  const issues: Issue[] = [];
  const trailing = given.length - der.length;
  if (trailing > 0) {
    const after = { ...place, offset: place.offset + place.length - trailing, length: trailing };
    issues.push(EVIDENCE_ISSUES.make(`${kind}.trailing`, after, { count: trailing }));
  }
  if (!equalBytes(reader.view(inner), reader.view(algorithm))) {
    const name = (tlv: Tlv): string => readSignatureAlgorithm(reader, tlv).algorithm;
    const names = { inner: name(inner), outer: name(algorithm) };
    issues.push(EVIDENCE_ISSUES.make(`${kind}.algorithm-mismatch`, place, names));
  }
  return issues;
}

/** Where reading stopped, where the place is that of the DER itself; else (PEM) the whole place. */
export function stopPlace(der: Uint8Array, place: Place, at: number): Place {
  if (place.length !== der.length || at >= der.length) return place;
  return { ...place, offset: place.offset + at, length: place.length - at };
}
