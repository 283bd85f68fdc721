/** SPDM's cryptography on noble: the portable default, for Node and browsers alike. */
import { gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { ed448 } from '@noble/curves/ed448.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { sha3_256, sha3_384, sha3_512 } from '@noble/hashes/sha3.js';
import { concat } from '@tsm/core';
import type { AeadAlgorithm, AsymAlgorithm, SpdmCurve } from './algorithms.ts';
import type { SpdmCrypto } from './crypto.ts';
import { readPublicKey } from './public-key.ts';
import { verifyRsa } from './rsa.ts';

const CURVES = { p256, p384, p521 };
const EDWARDS = { ed25519, ed448 };
const HASHES = {
  sha256,
  sha384,
  sha512,
  'sha3-256': sha3_256,
  'sha3-384': sha3_384,
  'sha3-512': sha3_512,
};
/** SPDM does not ask for low s. */
const RAW = { prehash: false, lowS: false };

function cipher(aead: AeadAlgorithm['name'], key: Uint8Array, nonce: Uint8Array, aad: Uint8Array) {
  return aead === 'chacha20-poly1305' ? chacha20poly1305(key, nonce, aad) : gcm(key, nonce, aad);
}

/** Runs what noble refuses by throwing; data of a peer must not throw. */
function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

function curveOf({ name, curve }: AsymAlgorithm) {
  if (!curve) throw new TypeError(`${name}: an RSA key signs outside; pass a function that signs`);
  return CURVES[curve];
}

/** From more random bytes than the scalar has, so that its bias is negligible (FIPS 186-5 A.2.1). */
function privateScalar(curve: SpdmCurve, random: Uint8Array): Uint8Array {
  const { lengths, utils } = CURVES[curve];
  return utils.randomSecretKey(random.subarray(0, lengths.seed ?? random.length));
}

export const portableSpdmCrypto: SpdmCrypto = {
  hash: (name, bytes) => HASHES[name](bytes),
  hmac: (name, key, bytes) => hmac(HASHES[name], key, bytes),
  privateScalar,
  ephemeralKey(curve, random) {
    const secret = privateScalar(curve, random);
    return { secret, exchangeData: CURVES[curve].getPublicKey(secret, false).slice(1) };
  },
  sharedSecret: (curve, secret, exchangeData) =>
    attempt(() =>
      CURVES[curve].getSharedSecret(secret, concat(Uint8Array.of(4), exchangeData), true).slice(1),
    ),
  sign(asym, hash, privateKey, message) {
    if (asym.kind === 'ed25519' || asym.kind === 'ed448') return EDWARDS[asym.kind].sign(message, privateKey);
    return curveOf(asym).sign(HASHES[hash](message), privateKey, RAW);
  },
  verify(asym, hash, spki, signature, message) {
    const key = readPublicKey(spki);
    if (!key || signature.length !== asym.size) return false;
    if (key.kind === 'rsa') {
      if (asym.kind !== 'rsassa' && asym.kind !== 'rsapss') return false;
      return verifyRsa(asym.kind, key, HASHES[hash], hash, signature, message);
    }
    if (key.kind === 'ec') {
      if (key.curve !== asym.curve) return false;
      const curve = CURVES[key.curve];
      return attempt(() => curve.verify(signature, HASHES[hash](message), key.point, RAW)) ?? false;
    }
    const { kind, point } = key;
    return kind === asym.kind && (attempt(() => EDWARDS[kind].verify(signature, message, point)) ?? false);
  },
  seal: (aead, key, nonce, aad, plain) => cipher(aead, key, nonce, aad).encrypt(plain),
  open: (aead, key, nonce, aad, sealed) => attempt(() => cipher(aead, key, nonce, aad).decrypt(sealed)),
};
