/** RSA signing for the test root (PSS) and the vTPM (PKCS #1 v1.5). Spec: RFC 8017 §8.1.1, §8.2.1, §9.1.1, §9.2, §5.1.2. */
import { concat, fromHex, toHex, type Digests } from '@tsm/core';
import { rsaPublicKey } from '@tsm/evidence';

/** Two primes in hex; the exponent is 65537. */
export interface RsaPrimes {
  readonly p: string;
  readonly q: string;
}

export interface RsaKey {
  /** Big-endian. */
  readonly modulus: Uint8Array;
  readonly exponent: Uint8Array;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  /** PSS with SHA-384. The salt follows from the message, so that the same message has the same signature. */
  readonly sign: (message: Uint8Array) => Uint8Array;
  /** PKCS #1 v1.5 with SHA-256. */
  readonly signPkcs1: (message: Uint8Array) => Uint8Array;
}

const EXPONENT = 65537n;
/** DER of DigestInfo, up to the digest: SHA-256 (RFC 8017 §9.2, note 1). */
const SHA256_INFO = Uint8Array.of(
  0x30,
  0x31,
  0x30,
  0x0d,
  6,
  9,
  0x60,
  0x86,
  0x48,
  1,
  0x65,
  3,
  4,
  2,
  1,
  5,
  0,
  4,
  32,
);
const HASH_SIZE = 48;
/** Bits of the exponent that one step of a power takes. */
const WINDOW = 5n;

const number = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`);

function octets(value: bigint, size: number): Uint8Array {
  return fromHex(value.toString(16).padStart(2 * size, '0')) ?? new Uint8Array(size);
}

/** base^exponent mod modulus, a window of bits at a time. */
function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  const table = [1n];
  for (let i = 1; i < 1 << Number(WINDOW); i++) table.push(((table[i - 1] ?? 1n) * base) % modulus);
  let result = 1n;
  for (let shift = (BigInt(exponent.toString(2).length) / WINDOW) * WINDOW; shift >= 0n; shift -= WINDOW) {
    for (let i = 0n; i < WINDOW; i++) result = (result * result) % modulus;
    const digit = Number((exponent >> shift) & ((1n << WINDOW) - 1n));
    if (digit > 0) result = (result * (table[digit] ?? 1n)) % modulus;
  }
  return result;
}

/** The inverse of value modulo modulus. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [modulus, value % modulus, 0n, 1n];
  while (b > 0n) {
    const quotient = a / b;
    [a, b, x, y] = [b, a % b, y, x - quotient * y];
  }
  return ((x % modulus) + modulus) % modulus;
}

/** MGF1 with SHA-384 (RFC 8017 appendix B.2.1). */
function mask(seed: Uint8Array, size: number, digests: Digests): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(size / HASH_SIZE) }, (_, i) =>
    digests.digest('sha384', concat(seed, octets(BigInt(i), 4))),
  );
  return concat(...blocks).subarray(0, size);
}

/** EMSA-PSS-ENCODE for a modulus of `size` whole bytes. */
function encodePss(message: Uint8Array, size: number, digests: Digests): Uint8Array {
  const hash = digests.digest('sha384', message);
  const salt = digests.digest('sha384', concat(hash, Uint8Array.of(1)));
  const digest = digests.digest('sha384', concat(new Uint8Array(8), hash, salt));
  const data = new Uint8Array(size - HASH_SIZE - 1);
  data[data.length - salt.length - 1] = 1;
  data.set(salt, data.length - salt.length);
  const masked = mask(digest, data.length, digests).map((byte, i) => byte ^ (data[i] ?? 0));
  // The modulus has 8 × size bits, the encoded message one fewer.
  masked[0] = (masked[0] ?? 0) & 0x7f;
  return concat(masked, digest, Uint8Array.of(0xbc));
}

/** EMSA-PKCS1-v1_5-ENCODE for a modulus of `size` bytes. */
function encodePkcs1(message: Uint8Array, size: number, digests: Digests): Uint8Array {
  const info = concat(SHA256_INFO, digests.digest('sha256', message));
  const filling = new Uint8Array(size - info.length - 3).fill(0xff);
  return concat(Uint8Array.of(0, 1), filling, Uint8Array.of(0), info);
}

/** A signing key of two primes. Signs by the Chinese remainder theorem: half the size, four times as fast. */
export function rsaKey(primes: RsaPrimes, digests: Digests): RsaKey {
  const [p, q] = [BigInt(`0x${primes.p}`), BigInt(`0x${primes.q}`)];
  const modulus = p * q;
  const size = modulus.toString(16).length / 2;
  const dp = inverse(EXPONENT, p - 1n);
  const dq = inverse(EXPONENT, q - 1n);
  const qInverse = inverse(q, p);
  const signed = (encoded: Uint8Array): Uint8Array => {
    const base = number(encoded);
    const mp = power(base % p, dp, p);
    const mq = power(base % q, dq, q);
    const h = ((((mp - mq) * qInverse) % p) + p) % p;
    return octets(mq + h * q, size);
  };
  const [n, e] = [octets(modulus, size), octets(EXPONENT, 3)];
  return {
    ...{ modulus: n, exponent: e, spki: rsaPublicKey(n, e) },
    sign: (message) => signed(encodePss(message, size, digests)),
    signPkcs1: (message) => signed(encodePkcs1(message, size, digests)),
  };
}
