/**
 * Algorithm identifiers of keys and signatures.
 * Source: RFC 5480 §2.1, RFC 5758 §3.2, RFC 4055 §2, §3, §5, RFC 8017 A.2, RFC 8410 §3.
 */
import { concat, type SignatureScheme } from '@tsm/core';
import { encodeDer, natural, type DerValue } from '../der/der.ts';
import { readOid, readSmall } from '../der/der-primitives.ts';
import { DerError, DerReader, TAG, type Tlv } from '../der/der-reader.ts';

/** Curves by name (RFC 5480 §2.1.1.1), and the size of a coordinate in bytes. */
export const CURVES = {
  p256: { oid: '1.2.840.10045.3.1.7', size: 32 },
  p384: { oid: '1.3.132.0.34', size: 48 },
  p521: { oid: '1.3.132.0.35', size: 66 },
} as const;

export type Curve = keyof typeof CURVES;

export const OID = {
  ecPublicKey: '1.2.840.10045.2.1',
  ed25519: '1.3.101.112',
  rsaEncryption: '1.2.840.113549.1.1.1',
  rsaPss: '1.2.840.113549.1.1.10',
  mgf1: '1.2.840.113549.1.1.8',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
} as const;

/** What an AlgorithmIdentifier's parameters are. */
type Parameters = 'absent' | 'null' | { readonly hash: string; readonly salt: number };

interface Algorithm {
  readonly oid: string;
  readonly parameters: Parameters;
}

export const SIGNATURE_ALGORITHMS: Readonly<Record<SignatureScheme, Algorithm>> = {
  'ecdsa-p256-sha256': { oid: '1.2.840.10045.4.3.2', parameters: 'absent' },
  'ecdsa-p384-sha384': { oid: '1.2.840.10045.4.3.3', parameters: 'absent' },
  'ecdsa-p521-sha512': { oid: '1.2.840.10045.4.3.4', parameters: 'absent' },
  'rsa-pkcs1-sha256': { oid: '1.2.840.113549.1.1.11', parameters: 'null' },
  'rsa-pkcs1-sha384': { oid: '1.2.840.113549.1.1.12', parameters: 'null' },
  'rsa-pss-sha256': { oid: OID.rsaPss, parameters: { hash: OID.sha256, salt: 32 } },
  'rsa-pss-sha384': { oid: OID.rsaPss, parameters: { hash: OID.sha384, salt: 48 } },
  ed25519: { oid: OID.ed25519, parameters: 'absent' },
};

const SCHEMES = Object.entries(SIGNATURE_ALGORITHMS) as [SignatureScheme, Algorithm][];

const oid = (value: string): DerValue => ({ kind: 'oid', value });
const sequence = (...value: DerValue[]): DerValue => ({ kind: 'sequence', value });

function hashIdentifier(hash: string): DerValue {
  return sequence(oid(hash), { kind: 'null' });
}

/** RSASSA-PSS-params (RFC 4055 §3.1); the trailer field is at its default and therefore absent. */
function pssParameters(hash: string, salt: number): DerValue {
  return sequence(
    { kind: 'tagged', number: 0, value: [hashIdentifier(hash)] },
    { kind: 'tagged', number: 1, value: [sequence(oid(OID.mgf1), hashIdentifier(hash))] },
    { kind: 'tagged', number: 2, value: [{ kind: 'integer', value: BigInt(salt) }] },
  );
}

/** The parameters of a scheme's AlgorithmIdentifier, DER; undefined where there are none. */
export function signatureParameters(scheme: SignatureScheme): Uint8Array | undefined {
  const { parameters } = SIGNATURE_ALGORITHMS[scheme];
  if (parameters === 'absent') return undefined;
  return encodeDer(
    parameters === 'null' ? { kind: 'null' } : pssParameters(parameters.hash, parameters.salt),
  );
}

/** A hash's AlgorithmIdentifier: parameters NULL or absent (RFC 4055 §2.1). */
function readHash(reader: DerReader): string {
  const inner = reader.sequence('hash algorithm');
  const hash = readOid(inner, inner.expect(TAG.OID, 'hash algorithm'));
  inner.optional(TAG.NULL, 'parameters');
  inner.done('hash algorithm');
  return hash;
}

/** Hash and salt of RSASSA-PSS-params whose mask generation is MGF1 with the same hash. */
function readPss(reader: DerReader): { hash: string; salt: number } | undefined {
  const inner = reader.sequence('RSASSA-PSS-params');
  const field = (number: number): DerReader | undefined => {
    const value = inner.optional(TAG.CONTEXT_CONSTRUCTED + number, 'RSASSA-PSS-params');
    return value && inner.into(value);
  };
  const hash = field(0);
  const mask = field(1)?.sequence('mask generation');
  const salt = field(2);
  const trailer = field(3);
  inner.done('RSASSA-PSS-params');
  // The defaults are SHA-1: not a scheme that is known here.
  if (!hash || !mask || !salt) return undefined;
  const name = readHash(hash);
  const generation = readOid(mask, mask.expect(TAG.OID, 'mask generation'));
  const maskHash = readHash(mask);
  const size = readSmall(salt, salt.expect(TAG.INTEGER, 'salt length'), 'salt length');
  const one = trailer ? readSmall(trailer, trailer.expect(TAG.INTEGER, 'trailer'), 'trailer') : 1;
  return generation === OID.mgf1 && maskHash === name && one === 1 ? { hash: name, salt: size } : undefined;
}

function parametersFit(expected: Parameters, reader: DerReader): boolean {
  if (expected === 'absent') return !reader.more;
  if (expected === 'null') {
    const value = reader.optional(TAG.NULL, 'parameters');
    return !reader.more && (value === undefined || value.end === value.content);
  }
  const pss = reader.more ? readPss(reader) : undefined;
  return pss?.hash === expected.hash && pss.salt === expected.salt;
}

/** The scheme of an AlgorithmIdentifier; undefined for one that is not known here, also by its parameters. */
export function readSignatureAlgorithm(
  reader: DerReader,
  tlv: Tlv,
): { algorithm: string; scheme: SignatureScheme | undefined } {
  const inner = reader.into(tlv);
  const algorithm = readOid(inner, inner.expect(TAG.OID, 'algorithm'));
  const { at } = inner;
  const found = SCHEMES.find(([, known]) => {
    if (known.oid !== algorithm) return false;
    inner.at = at;
    return parametersFit(known.parameters, inner);
  });
  return { algorithm, scheme: found?.[0] };
}

/** An ECDSA signature as X.509 has it: SEQUENCE of r and s (RFC 3279 §2.2.3), from raw r‖s. */
export function ecdsaSignatureToDer(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2;
  return encodeDer(sequence(natural(raw.subarray(0, half)), natural(raw.subarray(half))));
}

/** Raw r‖s of two coordinates of `size` bytes; undefined where the DER does not hold two such numbers. */
export function ecdsaSignatureFromDer(der: Uint8Array, size: number): Uint8Array | undefined {
  try {
    const reader = new DerReader(der);
    const inner = reader.sequence('signature');
    reader.done('signature');
    const r = coordinate(inner, size);
    const s = coordinate(inner, size);
    inner.done('signature');
    return concat(r, s);
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

function coordinate(reader: DerReader, size: number): Uint8Array {
  const { content, end } = reader.expect(TAG.INTEGER, 'r or s');
  const octets = reader.bytes.subarray(content, end);
  const [first, second = 0] = octets;
  const padded = first === 0 && octets.length > 1;
  if (first === undefined || first >= 0x80 || (padded && second < 0x80))
    throw new DerError(content, 'r or s is not a positive INTEGER in its shortest form');
  const digits = padded ? octets.subarray(1) : octets;
  if (digits.length > size) throw new DerError(content, 'r or s is too large');
  const out = new Uint8Array(size);
  out.set(digits, size - digits.length);
  return out;
}
