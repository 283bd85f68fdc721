/** Extensions of certificates and revocation lists, read. Source: RFC 5280 §4.1.2.9, §4.2.1, §5.2. */
import type { Issue, Place } from '@tsm/core';
import { readBits, readBoolean, readOid, readSmall } from '../der/der-primitives.ts';
import { DerReader, TAG } from '../der/der-reader.ts';
import { EVIDENCE_ISSUES } from '../issues.ts';
import type { SignedKind } from './signed.ts';

export interface CertificateExtension {
  readonly oid: string;
  readonly critical: boolean;
  /** Content of the OCTET STRING, DER. */
  readonly value: Uint8Array;
}

export const EXTENSION = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  authorityKeyIdentifier: '2.5.29.35',
} as const;

function readExtension(reader: DerReader): CertificateExtension {
  const oid = readOid(reader, reader.expect(TAG.OID, 'extension id'));
  const flag = reader.optional(TAG.BOOLEAN, 'critical');
  const critical = flag !== undefined && readBoolean(reader, flag);
  const value = reader.contentOf(reader.expect(TAG.OCTET_STRING, 'extension value'));
  reader.done('the extension');
  return { oid, critical, value };
}

/** All extensions by OID; one that is there twice is an issue. */
export function readExtensions(
  kind: SignedKind,
  list: DerReader,
  place: Place,
  issues: Issue[],
): Map<string, CertificateExtension> {
  const extensions = new Map<string, CertificateExtension>();
  while (list.more) {
    const extension = readExtension(list.sequence('extension'));
    const { oid } = extension;
    if (extensions.has(oid)) issues.push(EVIDENCE_ISSUES.make(`${kind}.duplicate-extension`, place, { oid }));
    extensions.set(oid, extension);
  }
  return extensions;
}

export interface BasicConstraints {
  readonly ca: boolean;
  /** How many more CA certificates may follow. */
  readonly pathLength: number | undefined;
}

export function readBasicConstraints(value: Uint8Array): BasicConstraints {
  const outer = new DerReader(value);
  const reader = outer.sequence('basicConstraints');
  outer.done('basicConstraints');
  const flag = reader.optional(TAG.BOOLEAN, 'cA');
  const ca = flag !== undefined && readBoolean(reader, flag);
  const limit = reader.optional(TAG.INTEGER, 'pathLenConstraint');
  const pathLength = limit && readSmall(reader, limit, 'pathLenConstraint');
  reader.done('basicConstraints');
  return { ca, pathLength };
}

/** Bit n of KeyUsage is bit n of the number. */
export const KEY_USAGE = { digitalSignature: 1, keyCertSign: 1 << 5, crlSign: 1 << 6 } as const;

export function readKeyUsage(value: Uint8Array): number {
  const reader = new DerReader(value);
  const { bits } = readBits(reader, reader.expect(TAG.BIT_STRING, 'keyUsage'));
  reader.done('keyUsage');
  let usage = 0;
  for (let bit = 0; bit < Math.min(9, 8 * bits.length); bit++)
    if (((bits[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) usage |= 1 << bit;
  return usage;
}

/** The octets of a subjectKeyIdentifier. */
export function readKeyIdentifier(value: Uint8Array): Uint8Array {
  const reader = new DerReader(value);
  const octets = reader.contentOf(reader.expect(TAG.OCTET_STRING, 'key identifier'));
  reader.done('the key identifier');
  return octets;
}

/** The keyIdentifier of an authorityKeyIdentifier; undefined where it names the issuer in another way. */
export function readAuthorityKeyIdentifier(value: Uint8Array): Uint8Array | undefined {
  const reader = new DerReader(value).sequence('authorityKeyIdentifier');
  const id = reader.optional(TAG.CONTEXT, 'keyIdentifier');
  return id && reader.contentOf(id);
}
