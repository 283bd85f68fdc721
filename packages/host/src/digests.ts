/** Digest backends on node:crypto, with chains on the WebAssembly kernels, or else on a buffer that is hashed in place. */
import { getHashes, hash } from 'node:crypto';
import {
  createDigests,
  kernelChain,
  type AlgorithmName,
  type Chain,
  type DigestBackend,
  type Digests,
} from '@tsm/core';

const NODE_NAMES: Readonly<Record<AlgorithmName, string>> = {
  sha1: 'sha1',
  sha256: 'sha256',
  sha384: 'sha384',
  sha512: 'sha512',
  sm3: 'sm3',
  'sha3-256': 'sha3-256',
  'sha3-384': 'sha3-384',
  'sha3-512': 'sha3-512',
};

function nodeChain(name: string, start: Uint8Array): Chain {
  const size = start.length;
  const buffer = Buffer.alloc(2 * size);
  buffer.set(start);
  return {
    extend(bytes, offset = 0) {
      for (let i = 0; i < size; i++) buffer[size + i] = bytes[offset + i] ?? 0;
      // A latin1 string is the fastest way for a digest to leave node:crypto: no buffer is allocated.
      buffer.write(hash(name, buffer, 'binary'), 'latin1');
    },
    value: () => Uint8Array.from(buffer.subarray(0, size)),
  };
}

/** Node's hash, with the WebAssembly kernel for chains where there is one: it takes a third of the time of Node's hash. */
function backend(algorithm: AlgorithmName, name: string): DigestBackend {
  return {
    hash: (bytes) => new Uint8Array(hash(name, bytes, 'buffer')),
    get chain() {
      return kernelChain(algorithm) ?? ((start: Uint8Array) => nodeChain(name, start));
    },
  };
}

/** Node's own hashes for every algorithm its OpenSSL has (SM3 and SHA-3 included where built in). */
export function nodeDigests(): Digests {
  const available = new Set(getHashes().map((name) => name.toLowerCase()));
  const names = Object.entries(NODE_NAMES) as [AlgorithmName, string][];
  const usable = names.filter(([, name]) => available.has(name));
  return createDigests(
    Object.fromEntries(usable.map(([algorithm, name]) => [algorithm, backend(algorithm, name)])),
  );
}
