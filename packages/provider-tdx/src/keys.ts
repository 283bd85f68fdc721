/** Keys of the simulated platform: all derived from the launch seed, so that a seed gives the same bytes everywhere. */
import { p256 } from '@noble/curves/nist.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8Bytes, type Signer } from '@tsm/core';

/** ECDSA P-256 with SHA-256, by one private key; raw r‖s, 64 bytes. */
export type Sign = (message: Uint8Array) => Uint8Array;

export interface KeyPair {
  /** Uncompressed point 04‖x‖y. */
  readonly point: Uint8Array;
  readonly sign: Sign;
}

/** HKDF-SHA256 (RFC 5869) of the seed; `purpose` keeps the outputs apart. */
export function derive(seed: Uint8Array, purpose: string, size: number): Uint8Array {
  return hkdf(sha256, seed, undefined, utf8Bytes(`tsm tdx test ${purpose}`), size);
}

/** Without `signer` signatures are deterministic (RFC 6979). */
export function deriveKeyPair(seed: Uint8Array, purpose: string, signer: Signer | undefined): KeyPair {
  // 48 bytes make the bias of the reduction to a scalar negligible (FIPS 186-5 A.2.1).
  const privateKey = p256.utils.randomSecretKey(derive(seed, purpose, 48));
  return {
    point: p256.getPublicKey(privateKey, false),
    sign: (message) => (signer ? signer.sign('p256', privateKey, message) : p256.sign(message, privateKey)),
  };
}
