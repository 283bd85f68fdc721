/** Keys of the simulated platform: all derived from the launch seed, so that a seed gives the same bytes everywhere. */
import { p384 } from '@noble/curves/nist.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8Bytes, type Signer } from '@tsm/core';

export interface KeyPair {
  /** Uncompressed point 04‖x‖y, 97 bytes. */
  readonly point: Uint8Array;
  /** ECDSA P-384 with SHA-384; raw r‖s, 96 bytes. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** HKDF-SHA256 (RFC 5869) of the seed; `purpose` keeps the outputs apart. */
export function derive(seed: Uint8Array, purpose: string, size: number): Uint8Array {
  return hkdf(sha256, seed, undefined, utf8Bytes(`tsm cca test ${purpose}`), size);
}

/** Without `signer` signatures are deterministic (RFC 6979). */
export function deriveKeyPair(seed: Uint8Array, purpose: string, signer: Signer | undefined): KeyPair {
  // 72 bytes make the bias of the reduction to a scalar negligible (FIPS 186-5 A.2.1).
  const privateKey = p384.utils.randomSecretKey(derive(seed, purpose, 72));
  return {
    point: p384.getPublicKey(privateKey, false),
    sign: (message) => (signer ? signer.sign('p384', privateKey, message) : p384.sign(message, privateKey)),
  };
}
