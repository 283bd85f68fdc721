/** Digest algorithms, their identifiers, and the backends that compute them. */
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { kernelChain } from './chain/wasm-chain.ts';

/** One digest algorithm. `tcgId` is TPM_ALG_ID (TCG Algorithm Registry 1.34, table 3). */
export interface Algorithm {
  readonly name: string;
  /** Digest size in bytes. */
  readonly size: number;
  readonly tcgId: number;
}

export const ALGORITHMS = {
  sha1: { name: 'sha1', size: 20, tcgId: 0x0004 },
  sha256: { name: 'sha256', size: 32, tcgId: 0x000b },
  sha384: { name: 'sha384', size: 48, tcgId: 0x000c },
  sha512: { name: 'sha512', size: 64, tcgId: 0x000d },
  sm3: { name: 'sm3', size: 32, tcgId: 0x0012 },
  'sha3-256': { name: 'sha3-256', size: 32, tcgId: 0x0027 },
  'sha3-384': { name: 'sha3-384', size: 48, tcgId: 0x0028 },
  'sha3-512': { name: 'sha3-512', size: 64, tcgId: 0x0029 },
} as const satisfies Record<string, Algorithm>;

export type AlgorithmName = keyof typeof ALGORITHMS;

const BY_TCG_ID: ReadonlyMap<number, AlgorithmName> = new Map(
  Object.values(ALGORITHMS).map((algorithm) => [algorithm.tcgId, algorithm.name]),
);

/** The algorithm with this TPM_ALG_ID, or undefined. */
export function algorithmOfTcgId(tcgId: number): AlgorithmName | undefined {
  return BY_TCG_ID.get(tcgId);
}

/** The algorithm that text names (`sha384`, `SHA-384`, `sha_384`, `sm3_256`), or undefined. */
export function algorithmOfText(text: string): AlgorithmName | undefined {
  const plain = text.toLowerCase().replace(/[-_]/g, '');
  const name = Object.keys(ALGORITHMS).find((key) => key.replace('-', '') === plain);
  return plain === 'sm3256' ? 'sm3' : (name as AlgorithmName | undefined);
}

/** Computes a digest of all the bytes at once. */
export type HashFunction = (bytes: Uint8Array) => Uint8Array;

/** A register value that is extended many times: `value = H(value ‖ digest)`. */
export interface Chain {
  /** Extends by the digest that stands at `offset` in `bytes`, which may change afterwards. */
  extend(bytes: Uint8Array, offset?: number): void;
  /** A copy of the present value. */
  value(): Uint8Array;
  /** Goes on from this value instead. Absent where a chain cannot: make a new one. */
  reset?(start: Uint8Array): void;
  /** Extends by `count` digests that stand one after the other from `offset` on. Absent where it is no faster. */
  run?(bytes: Uint8Array, offset: number, count: number): void;
}

/** What a backend offers for one algorithm; `chain` is optional, for backends that can do better than hash by hash. */
export interface DigestBackend {
  readonly hash: HashFunction;
  readonly chain?: ((start: Uint8Array) => Chain) | undefined;
}

/** The digests available to a computation. Passed in everywhere; nothing looks one up globally. */
export interface Digests {
  has(algorithm: AlgorithmName): boolean;
  /** Throws a TypeError when no backend was given for the algorithm: ask `has` first. */
  digest(algorithm: AlgorithmName, bytes: Uint8Array): Uint8Array;
  chain(algorithm: AlgorithmName, start: Uint8Array): Chain;
  /** What chains of the algorithm run on: our WebAssembly kernel, the backend's own chain, or its hash, one by one. */
  chainKind(algorithm: AlgorithmName): 'kernel' | 'backend' | 'hash';
}

/** A chain over a one-shot hash, with one buffer of two digests that is used again and again. */
function hashChain(hash: HashFunction, start: Uint8Array): Chain {
  const size = start.length;
  const buffer = new Uint8Array(2 * size);
  buffer.set(start);
  return {
    extend(bytes, offset = 0) {
      for (let i = 0; i < size; i++) buffer[size + i] = bytes[offset + i] ?? 0;
      buffer.set(hash(buffer));
    },
    value: () => buffer.slice(0, size),
  };
}

/** A hash of noble's, with the kernel for chains where it runs: it is compiled when the first chain is wanted. */
const portable = (algorithm: AlgorithmName, hash: HashFunction): DigestBackend => ({
  hash,
  get chain() {
    return kernelChain(algorithm);
  },
});

const PORTABLE: Partial<Record<AlgorithmName, DigestBackend>> = {
  sha1: /* @__PURE__ */ portable('sha1', sha1),
  sha256: /* @__PURE__ */ portable('sha256', sha256),
  sha384: /* @__PURE__ */ portable('sha384', sha384),
  sha512: /* @__PURE__ */ portable('sha512', sha512),
};

/**
 * SHA-1, SHA-256, SHA-384 and SHA-512 from noble and our kernels, with `backends` on top, each in place of all that is
 * there for its algorithm: faster ones for these, or ones that are lacking here (SM3, SHA-3).
 */
export function createDigests(backends: Partial<Record<AlgorithmName, DigestBackend>> = {}): Digests {
  const all = { ...PORTABLE, ...backends };
  const backend = (algorithm: AlgorithmName): DigestBackend => {
    const found = all[algorithm];
    if (!found) throw new TypeError(`algorithm: no backend for ${algorithm}; pass one to createDigests`);
    return found;
  };
  return {
    has: (algorithm) => all[algorithm] !== undefined,
    digest: (algorithm, bytes) => backend(algorithm).hash(bytes),
    chain(algorithm, start) {
      const { size } = ALGORITHMS[algorithm];
      if (start.length !== size) {
        throw new RangeError(
          `start: expected ${String(size)} bytes for ${algorithm}, got ${String(start.length)}`,
        );
      }
      const { hash, chain } = backend(algorithm);
      return chain ? chain(start) : hashChain(hash, start);
    },
    chainKind(algorithm) {
      const { chain } = backend(algorithm);
      if (!chain) return 'hash';
      return chain === kernelChain(algorithm) ? 'kernel' : 'backend';
    },
  };
}

/** The portable default, for Node and browsers alike. */
export const portableDigests: Digests = createDigests();

/**
 * One extend: `H(current ‖ digest)`, both of the algorithm's size (TPM 2.0 part 1 §17.2; TDG.MR.RTMR.EXTEND; COVG).
 * Arm CCA extends by values of any size and has its own rule.
 */
export function extendDigest(
  digests: Digests,
  algorithm: AlgorithmName,
  current: Uint8Array,
  digest: Uint8Array,
) {
  const { size } = ALGORITHMS[algorithm];
  if (digest.length !== size) {
    throw new RangeError(
      `digest: expected ${String(size)} bytes for ${algorithm}, got ${String(digest.length)}`,
    );
  }
  const chain = digests.chain(algorithm, current);
  chain.extend(digest);
  return chain.value();
}
