/** The cryptography that SPDM needs, passed in: synchronous, so that a session can run inside a kernel call. */
import type { AeadAlgorithm, AsymAlgorithm, SpdmCurve, SpdmHash } from './algorithms.ts';

export interface EphemeralKey {
  readonly secret: Uint8Array;
  /** x‖y, as ExchangeData has it. */
  readonly exchangeData: Uint8Array;
}

/** Nothing here throws on data of a peer: a bad key or signature is false or undefined. */
export interface SpdmCrypto {
  hash(name: SpdmHash, bytes: Uint8Array): Uint8Array;
  hmac(name: SpdmHash, key: Uint8Array, bytes: Uint8Array): Uint8Array;
  /** A private key from at least 99 random bytes. */
  ephemeralKey(curve: SpdmCurve, random: Uint8Array): EphemeralKey;
  /** A private scalar as {@link ephemeralKey} makes it. */
  privateScalar(curve: SpdmCurve, random: Uint8Array): Uint8Array;
  /** The x coordinate; undefined when the peer's data is no point of the curve. */
  sharedSecret(curve: SpdmCurve, secret: Uint8Array, exchangeData: Uint8Array): Uint8Array | undefined;
  /**
   * Signs a message: ECDSA as r‖s over its hash, EdDSA over itself.
   * `privateKey` is a scalar, or the seed of EdDSA. RSA keys sign outside: this is a TypeError for them.
   */
  sign(asym: AsymAlgorithm, hash: SpdmHash, privateKey: Uint8Array, message: Uint8Array): Uint8Array;
  /** `publicKey` is SubjectPublicKeyInfo, DER. */
  verify(
    asym: AsymAlgorithm,
    hash: SpdmHash,
    publicKey: Uint8Array,
    signature: Uint8Array,
    message: Uint8Array,
  ): boolean;
  /** Ciphertext and a tag of 16 bytes. */
  seal(
    aead: AeadAlgorithm['name'],
    key: Uint8Array,
    nonce: Uint8Array,
    aad: Uint8Array,
    plain: Uint8Array,
  ): Uint8Array;
  /** The plaintext; undefined when the tag is wrong. */
  open(
    aead: AeadAlgorithm['name'],
    key: Uint8Array,
    nonce: Uint8Array,
    aad: Uint8Array,
    sealed: Uint8Array,
  ): Uint8Array | undefined;
}

/** Random bytes: the source is the caller's. */
export type RandomBytes = (length: number) => Uint8Array;

/** Random bytes that {@link SpdmCrypto.ephemeralKey} takes. */
export const KEY_RANDOM = 99;
