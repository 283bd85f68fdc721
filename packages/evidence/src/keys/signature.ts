/** Signatures through WebCrypto. Source: Web Cryptography API; RFC 8032 (Ed25519). */
import {
  latin1Text,
  toBase64,
  type SignatureScheme,
  type SignatureVerifier,
  type VerifyCache,
} from '@tsm/core';
import { CURVES, type Curve } from './algorithms.ts';
import { createVerifyCache, remembered } from '../cache.ts';
import { parsePublicKey, rsaNumbers, type KeyKind, type PublicKey } from './public-key.ts';

interface Scheme {
  readonly kind: KeyKind;
  readonly curve?: Curve;
  readonly key: EcKeyImportParams | RsaHashedImportParams | Algorithm;
  readonly verify: EcdsaParams | RsaPssParams | Algorithm;
}

function ecdsa(curve: Curve, namedCurve: string, hash: string): Scheme {
  return { kind: 'ec', curve, key: { name: 'ECDSA', namedCurve }, verify: { name: 'ECDSA', hash } };
}

function rsa(name: string, hash: string, saltLength?: number): Scheme {
  return {
    kind: 'rsa',
    key: { name, hash },
    verify: saltLength === undefined ? { name } : { name, saltLength },
  };
}

const SCHEMES: Readonly<Record<SignatureScheme, Scheme>> = {
  'ecdsa-p256-sha256': ecdsa('p256', 'P-256', 'SHA-256'),
  'ecdsa-p384-sha384': ecdsa('p384', 'P-384', 'SHA-384'),
  'ecdsa-p521-sha512': ecdsa('p521', 'P-521', 'SHA-512'),
  'rsa-pkcs1-sha256': rsa('RSASSA-PKCS1-v1_5', 'SHA-256'),
  'rsa-pkcs1-sha384': rsa('RSASSA-PKCS1-v1_5', 'SHA-384'),
  'rsa-pss-sha256': rsa('RSA-PSS', 'SHA-256', 32),
  'rsa-pss-sha384': rsa('RSA-PSS', 'SHA-384', 48),
  ed25519: { kind: 'ed25519', key: { name: 'Ed25519' }, verify: { name: 'Ed25519' } },
};

/** Can a key of this kind verify signatures of this scheme? */
export function keyFits(
  scheme: SignatureScheme,
  { kind, curve }: Pick<PublicKey, 'kind' | 'curve'>,
): boolean {
  const wanted = SCHEMES[scheme];
  return kind === wanted.kind && curve === wanted.curve;
}

/** WebCrypto refuses a key that is well-formed and yet none, such as a point that is not on its curve. */
function isBadKey(error: unknown): boolean {
  return error instanceof Error && error.name === 'DataError';
}

const base64Url = (bytes: Uint8Array): string =>
  toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

/** Without DER, which WebCrypto takes several times as long for: RSA keys as JWK, keys that are bare bytes as such. */
function imported({ kind, point }: PublicKey, how: Scheme['key']): Promise<CryptoKey> | undefined {
  if (kind !== 'rsa') return crypto.subtle.importKey('raw', point.slice(), how, false, ['verify']);
  const { value } = rsaNumbers(point);
  if (!value) return undefined;
  const jwk = { kty: 'RSA', n: base64Url(value.modulus), e: base64Url(value.exponent) };
  return crypto.subtle.importKey('jwk', jwk, how, false, ['verify']);
}

/** Undefined for bytes that are no key of this scheme. */
async function importKey(scheme: SignatureScheme, spki: Uint8Array): Promise<CryptoKey | undefined> {
  const key = parsePublicKey(spki).value;
  if (!key || !keyFits(scheme, key)) return undefined;
  try {
    return await imported(key, SCHEMES[scheme].key);
  } catch (error) {
    if (isBadKey(error)) return undefined;
    throw error;
  }
}

/** Bytes as they go into WebCrypto's types, which leave out shared memory. */
const buffer = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes as Uint8Array<ArrayBuffer>;

/**
 * Verifies through WebCrypto. Imported keys are kept in `cache` by content (default: the last 64). A scheme that the
 * runtime does not have is an exception, never `false`.
 */
export function webCryptoVerifier(cache: VerifyCache = createVerifyCache(64)): SignatureVerifier {
  return {
    async verify(scheme, publicKey, signature, message) {
      const name = `key:${scheme}:${latin1Text(publicKey)}`;
      const key = await remembered(cache, name, () => importKey(scheme, publicKey));
      if (!key) return false;
      const { curve, verify } = SCHEMES[scheme];
      if (curve && signature.length !== 2 * CURVES[curve].size) return false;
      return crypto.subtle.verify(verify, key, buffer(signature), buffer(message));
    },
  };
}
