/** Node's digests, held equal to the portable ones. */
import { portableDigests, toHex, utf8Bytes, type AlgorithmName } from '@tsm/core';
import { nodeDigests } from '@tsm/host';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('node digests', () => {
  const digests = nodeDigests();
  const ALGORITHMS: AlgorithmName[] = ['sha1', 'sha256', 'sha384', 'sha512'];

  it('give what the portable ones give, hash by hash and as a chain', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom(...ALGORITHMS), (bytes, algorithm) => {
        const hash = portableDigests.digest(algorithm, bytes);
        expect(digests.digest(algorithm, bytes)).toEqual(hash);
        const [fast, slow] = [digests, portableDigests].map((one) => {
          const chain = one.chain(algorithm, hash);
          chain.extend(hash);
          chain.extend(Uint8Array.of(0, ...hash), 1);
          return chain.value();
        });
        expect(fast).toEqual(slow);
      }),
    );
  });

  it('run chains on the kernels, and on a hash of Node where there is none', () => {
    for (const algorithm of ALGORITHMS) expect(digests.chainKind(algorithm)).toBe('kernel');
    expect(digests.chainKind('sha3-256')).toBe('backend');
  });

  it('have SM3 and SHA-3 where the OpenSSL of Node has them', () => {
    if (digests.has('sm3')) {
      expect(toHex(digests.digest('sm3', utf8Bytes('abc')))).toMatch(/^66c7f0f4/);
    }
    expect(toHex(digests.digest('sha3-256', new Uint8Array(0)))).toMatch(/^a7ffc6f8/);
  });
});
