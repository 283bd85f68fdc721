/** What a certificate's key is for: curve point, Edwards point or RSA numbers, out of SubjectPublicKeyInfo. */
import { toHex } from '@tsm/core';
import { parseDer, type DerValue } from '@tsm/evidence';
import type { SpdmCurve } from './algorithms.ts';

export type SpdmPublicKey =
  | { readonly kind: 'ec'; readonly curve: SpdmCurve; readonly point: Uint8Array }
  | { readonly kind: 'ed25519' | 'ed448'; readonly point: Uint8Array }
  | { readonly kind: 'rsa'; readonly modulus: bigint; readonly exponent: bigint; readonly size: number };

const CURVES: Readonly<Record<string, SpdmCurve>> = {
  '1.2.840.10045.3.1.7': 'p256',
  '1.3.132.0.34': 'p384',
  '1.3.132.0.35': 'p521',
};
const EC = '1.2.840.10045.2.1';
const RSA = '1.2.840.113549.1.1.1';
const EDWARDS: Readonly<Record<string, 'ed25519' | 'ed448'>> = {
  '1.3.101.112': 'ed25519',
  '1.3.101.113': 'ed448',
};

const children = (value: DerValue | undefined): readonly DerValue[] =>
  value?.kind === 'sequence' ? value.value : [];
const oidOf = (value: DerValue | undefined): string => (value?.kind === 'oid' ? value.value : '');

/** Undefined for bytes that are no key of a kind that SPDM uses here (RFC 5280 §4.1.2.7, RFC 5480, RFC 8410). */
export function readPublicKey(spki: Uint8Array): SpdmPublicKey | undefined {
  const [algorithm, key] = children(parseDer(spki).value);
  if (key?.kind !== 'bits') return undefined;
  const [id, parameters] = children(algorithm);
  const oid = oidOf(id);
  const point = key.value;
  const edwards = EDWARDS[oid];
  if (edwards) return { kind: edwards, point };
  if (oid === EC) {
    const curve = CURVES[oidOf(parameters)];
    return curve && { kind: 'ec', curve, point };
  }
  return oid === RSA ? rsaKey(point) : undefined;
}

function rsaKey(der: Uint8Array): SpdmPublicKey | undefined {
  const [modulus, exponent] = children(parseDer(der).value);
  if (modulus?.kind !== 'integer' || exponent?.kind !== 'integer') return undefined;
  const bits = modulus.value.toString(2).length;
  return { kind: 'rsa', modulus: modulus.value, exponent: exponent.value, size: Math.ceil(bits / 8) };
}

export const bigintOf = (bytes: Uint8Array): bigint =>
  bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`);
