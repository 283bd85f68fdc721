/** Public keys as they are passed around: PEM, JWK, SubjectPublicKeyInfo, bare bytes. Source: RFC 7468; RFC 7517, RFC 7518 §6, RFC 8037 §2. */
import { concat, fromBase64, utf8Text } from '@tsm/core';
import { CURVES, type Curve } from './algorithms.ts';
import { parsePem } from '../x509/pem.ts';
import { ecPublicKey, ed25519PublicKey, parsePublicKey, rsaPublicKey, type PublicKey } from './public-key.ts';

const JWK_CURVES: Readonly<Record<string, Curve>> = { 'P-256': 'p256', 'P-384': 'p384', 'P-521': 'p521' };

/** A member as bytes; undefined where it is no base64url text. */
function octets(jwk: Record<string, unknown>, member: string): Uint8Array | undefined {
  const value = jwk[member];
  return typeof value === 'string' && value !== '' ? fromBase64(value) : undefined;
}

function jwkSpki(jwk: Record<string, unknown>): Uint8Array | undefined {
  const [x, y, n, e] = ['x', 'y', 'n', 'e'].map((member) => octets(jwk, member));
  const curve = JWK_CURVES[String(jwk['crv'])];
  const size = curve && CURVES[curve].size;
  if (jwk['kty'] === 'EC' && curve && x?.length === size && y?.length === size && x && y)
    return ecPublicKey(curve, concat(x, y));
  if (jwk['kty'] === 'OKP' && jwk['crv'] === 'Ed25519' && x?.length === 32) return ed25519PublicKey(x);
  if (jwk['kty'] === 'RSA' && n && e) return rsaPublicKey(n, e);
  return undefined;
}

/** The key of a JWK that was parsed; undefined where it is not one that is known here. Private members are not looked at. */
export function publicKeyFromJwk(jwk: unknown): PublicKey | undefined {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) return undefined;
  const spki = jwkSpki(jwk as Record<string, unknown>);
  return spki && parsePublicKey(spki).value;
}

/** The value of JSON text; undefined where it is not JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Whether the text is JSON at all is what is asked here: the caller says what it is not.
    return undefined;
  }
}

/** An uncompressed point says its curve by its size. */
function pointKey(bytes: Uint8Array): PublicKey | undefined {
  const curve = (Object.keys(CURVES) as Curve[]).find((name) => bytes.length === 1 + 2 * CURVES[name].size);
  return curve && bytes[0] === 4 ? parsePublicKey(ecPublicKey(curve, bytes)).value : undefined;
}

/**
 * The public key in a file: PEM (`PUBLIC KEY`), a JWK, SubjectPublicKeyInfo DER, or a point 04‖x‖y. Undefined where it is
 * none of them.
 */
export function publicKeyFrom(bytes: Uint8Array): PublicKey | undefined {
  const [first] = bytes;
  if (first === 0x30) return parsePublicKey(bytes).value;
  if (first === 4) return pointKey(bytes);
  const block = parsePem(bytes).blocks.find(({ label }) => label === 'PUBLIC KEY');
  return block ? parsePublicKey(block.der).value : publicKeyFromJwk(jsonOf(utf8Text(bytes)));
}
