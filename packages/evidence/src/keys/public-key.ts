/** Public keys: SubjectPublicKeyInfo read and written. Source: RFC 5280 §4.1.2.7; RFC 5480 §2; RFC 8410 §4; RFC 8017 A.1. */
import { concat } from '@tsm/core';
import { CURVES, OID, type Curve } from './algorithms.ts';
import { attempt, encodeDer, natural, type DerValue, type Read } from '../der/der.ts';
import { integerOctets, readOctetBits, readOid } from '../der/der-primitives.ts';
import { DerError, DerReader, TAG, type Tlv } from '../der/der-reader.ts';

export type KeyKind = 'ec' | 'rsa' | 'ed25519' | 'other';

export interface PublicKey {
  /** `other`: an algorithm or a curve that no scheme here uses. */
  readonly kind: KeyKind;
  /** Undefined for a key that is not on one of these curves, such as RSA. */
  readonly curve: Curve | undefined;
  /** On a curve the uncompressed point 04‖x‖y, else the content of the BIT STRING. */
  readonly point: Uint8Array;
  /** SubjectPublicKeyInfo, DER, as WebCrypto imports it. */
  readonly spki: Uint8Array;
}

const CURVE_NAMES = Object.keys(CURVES) as Curve[];

/** What kind of key the algorithm is for, by OID and parameters: a curve, NULL for RSA, none for Ed25519. */
function kindOf(reader: DerReader): Pick<PublicKey, 'kind' | 'curve'> {
  const algorithm = readOid(reader, reader.expect(TAG.OID, 'algorithm'));
  const parameters = reader.more ? reader.next('parameters') : undefined;
  reader.done('the algorithm of the key');
  if (algorithm === OID.ed25519 && !parameters) return { kind: 'ed25519', curve: undefined };
  if (
    algorithm === OID.rsaEncryption &&
    parameters?.tag === TAG.NULL &&
    parameters.content === parameters.end
  )
    return { kind: 'rsa', curve: undefined };
  if (algorithm !== OID.ecPublicKey || parameters?.tag !== TAG.OID)
    return { kind: 'other', curve: undefined };
  const named = readOid(reader, parameters);
  const curve = CURVE_NAMES.find((name) => CURVES[name].oid === named);
  return { kind: curve ? 'ec' : 'other', curve };
}

/** The key in the SubjectPublicKeyInfo at hand. */
export function publicKeyAt(reader: DerReader, tlv: Tlv): PublicKey {
  const inner = reader.into(tlv);
  const key = kindOf(inner.sequence('algorithm of the key'));
  const point = readOctetBits(inner, inner.expect(TAG.BIT_STRING, 'public key'), 'the public key');
  inner.done('SubjectPublicKeyInfo');
  return { kind: key.kind, curve: key.curve, point, spki: reader.view(tlv) };
}

/** A SubjectPublicKeyInfo and nothing after it. */
export function parsePublicKey(spki: Uint8Array): Read<PublicKey> {
  return attempt(() => {
    const reader = new DerReader(spki);
    const tlv = reader.expect(TAG.SEQUENCE, 'SubjectPublicKeyInfo');
    reader.done('the key');
    return publicKeyAt(reader, tlv);
  });
}

function encodeSpki(algorithm: readonly DerValue[], key: Uint8Array): Uint8Array {
  return encodeDer({
    kind: 'sequence',
    value: [
      { kind: 'sequence', value: algorithm },
      { kind: 'bits', value: key },
    ],
  });
}

/** SubjectPublicKeyInfo, DER, of a point: x‖y or 04‖x‖y. Another size is a RangeError. */
export function ecPublicKey(curve: Curve, point: Uint8Array): Uint8Array {
  const { oid, size } = CURVES[curve];
  const full = point.length === 2 * size ? concat(Uint8Array.of(4), point) : point;
  if (full.length !== 1 + 2 * size || full[0] !== 4)
    throw new RangeError(
      `point: expected x‖y or 04‖x‖y, ${String(2 * size)} bytes, got ${String(point.length)}`,
    );
  return encodeSpki(
    [
      { kind: 'oid', value: OID.ecPublicKey },
      { kind: 'oid', value: oid },
    ],
    full,
  );
}

/** SubjectPublicKeyInfo, DER, of 32 bytes. */
export function ed25519PublicKey(key: Uint8Array): Uint8Array {
  if (key.length !== 32) throw new RangeError(`key: expected 32 bytes, got ${String(key.length)}`);
  return encodeSpki([{ kind: 'oid', value: OID.ed25519 }], key);
}

/** SubjectPublicKeyInfo, DER, of an RSA key: modulus and exponent, big-endian. */
export function rsaPublicKey(modulus: Uint8Array, exponent: Uint8Array): Uint8Array {
  const key = encodeDer({ kind: 'sequence', value: [natural(modulus), natural(exponent)] });
  return encodeSpki([{ kind: 'oid', value: OID.rsaEncryption }, { kind: 'null' }], key);
}

function naturalAt(reader: DerReader, what: string): Uint8Array {
  const tlv = reader.expect(TAG.INTEGER, what);
  const octets = integerOctets(reader, tlv);
  if ((octets[0] ?? 0) >= 0x80) throw new DerError(tlv.start, `a negative ${what}`);
  return octets[0] === 0 ? octets.subarray(1) : octets;
}

/** Modulus and exponent of an RSAPublicKey, DER, big-endian and without leading zeros. */
export function rsaNumbers(key: Uint8Array): Read<{ modulus: Uint8Array; exponent: Uint8Array }> {
  return attempt(() => {
    const reader = new DerReader(key);
    const inner = reader.sequence('RSA key');
    reader.done('the RSA key');
    const numbers = { modulus: naturalAt(inner, 'modulus'), exponent: naturalAt(inner, 'exponent') };
    inner.done('the RSA key');
    return numbers;
  });
}
