/** RSA signatures, verified: RSASSA-PKCS1-v1_5 and RSASSA-PSS with MGF1 of the same hash. Source: RFC 8017 §8, §9. */
import { pow } from '@noble/curves/abstract/modular.js';
import { concat, concatAll, equalBytes, fromHex, isFilledWith } from '@tsm/core';
import type { SpdmHash } from './algorithms.ts';
import { bigintOf, type SpdmPublicKey } from './public-key.ts';

type RsaKey = Extract<SpdmPublicKey, { kind: 'rsa' }>;
type Hash = (bytes: Uint8Array) => Uint8Array;

/** Last arc of the hash's OID below 2.16.840.1.101.3.4.2. */
const OID_ARC: Readonly<Record<SpdmHash, number>> = {
  sha256: 1,
  sha384: 2,
  sha512: 3,
  'sha3-256': 8,
  'sha3-384': 9,
  'sha3-512': 10,
};
/** The largest exponent that is worked with: a key of a peer must not cost more than its signature is worth. */
const EXPONENT_MAX = 1n << 33n;

/** The encoded message: the signature to the power of the exponent; undefined where the sizes do not fit. */
function recover({ modulus, exponent, size }: RsaKey, signature: Uint8Array): Uint8Array | undefined {
  const value = bigintOf(signature);
  if (signature.length !== size || value >= modulus || exponent < 3n || exponent > EXPONENT_MAX)
    return undefined;
  return fromHex(
    pow(value, exponent, modulus)
      .toString(16)
      .padStart(2 * size, '0'),
  );
}

/** EMSA-PKCS1-v1_5 of the message (RFC 8017 §9.2): the one encoding that is right. */
function pkcs1(hash: Hash, name: SpdmHash, message: Uint8Array, size: number): Uint8Array {
  const digest = hash(message);
  const oid = Uint8Array.of(0x06, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, OID_ARC[name]);
  const info = concat(
    Uint8Array.of(0x30, oid.length + digest.length + 6, 0x30, oid.length + 2),
    oid,
    Uint8Array.of(5, 0, 4, digest.length),
    digest,
  );
  const padding = new Uint8Array(Math.max(0, size - info.length - 3)).fill(0xff);
  return concat(Uint8Array.of(0, 1), padding, Uint8Array.of(0), info);
}

function mask(hash: Hash, seed: Uint8Array, length: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let have = 0, i = 0; have < length; i++) {
    const block = hash(concat(seed, Uint8Array.of(0, 0, i >> 8, i & 0xff)));
    blocks.push(block);
    have += block.length;
  }
  return concatAll(blocks).subarray(0, length);
}

/** EMSA-PSS-VERIFY (RFC 8017 §9.1.2) with a salt as long as the hash. */
function pssHolds(hash: Hash, message: Uint8Array, encoded: Uint8Array, bits: number): boolean {
  const digest = hash(message);
  const size = Math.ceil(bits / 8);
  const em = encoded.subarray(encoded.length - size);
  const split = size - digest.length - 1;
  if (split < digest.length + 1 || em.at(-1) !== 0xbc) return false;
  if (!isFilledWith(encoded.subarray(0, encoded.length - size), 0)) return false;
  const unused = 8 * size - bits;
  const first = em[0] ?? 0;
  if (unused > 0 && first >> (8 - unused) !== 0) return false;
  const trailer = em.subarray(split, split + digest.length);
  const stream = mask(hash, trailer, split);
  const data = em.subarray(0, split).map((byte, i) => byte ^ (stream[i] ?? 0));
  data[0] = (data[0] ?? 0) & (0xff >> unused);
  const salt = data.subarray(split - digest.length);
  const zeros = data.subarray(0, split - digest.length - 1);
  if (!isFilledWith(zeros, 0) || data[split - digest.length - 1] !== 1) return false;
  return equalBytes(hash(concat(new Uint8Array(8), digest, salt)), trailer);
}

export function verifyRsa(
  kind: 'rsassa' | 'rsapss',
  key: RsaKey,
  hash: Hash,
  name: SpdmHash,
  signature: Uint8Array,
  message: Uint8Array,
): boolean {
  const encoded = recover(key, signature);
  if (!encoded) return false;
  if (kind === 'rsassa') return equalBytes(encoded, pkcs1(hash, name, message, key.size));
  return pssHolds(hash, message, encoded, key.modulus.toString(2).length - 1);
}
