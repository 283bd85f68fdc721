/** Extend chains: the kernels give what hashing step by step gives, whatever comes in, and have a fallback. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ALGORITHMS, createDigests, equalBytes, portableDigests, toHex, type Digests } from '@tsm/core';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { kernelsModule } from '../../../tools/chain/kernels.mjs';
import { SHA384_KERNEL } from '../src/chain/kernels.ts';
import { kernelChain, loadKernel } from '../src/chain/wasm-chain.ts';

const NODE_HASH = { sha1: 'sha1', sha256: 'sha256', sha384: 'sha384', sha512: 'sha512', sm3: 'sm3' } as const;

type KernelName = keyof typeof NODE_HASH;

const NAMES = Object.keys(NODE_HASH) as KernelName[];

/** The portable digests, and SM3 on its kernel. */
const digests: Digests = createDigests({
  sm3: { hash: (bytes) => createHash('sm3').update(bytes).digest(), chain: kernelChain('sm3') },
});

/** One extend, hashed by node:crypto. */
const extendSlowly = (algorithm: KernelName, value: Uint8Array, digest: Uint8Array): Uint8Array =>
  new Uint8Array(createHash(NODE_HASH[algorithm]).update(value).update(digest).digest());

/** Bytes that look random and follow from a seed. */
function bytesOf(seed: number, length: number): Uint8Array {
  let x = seed | 1;
  return Uint8Array.from({ length }, () => {
    x = (Math.imul(x, 0x41c64e6d) + 0x3039) >>> 0;
    return x >>> 16;
  });
}

/** Extends a kernel's chain and a slow one by `count` digests that stand in `bytes`; compares at every `every`th. */
function check(algorithm: KernelName, bytes: Uint8Array, count: number, first = 0, every = Infinity): void {
  const { size } = ALGORITHMS[algorithm];
  let expected: Uint8Array = bytesOf(count, size);
  const chain = digests.chain(algorithm, expected);
  for (let i = 0; i < count; i++) {
    const offset = first + i * size;
    chain.extend(bytes, offset);
    expected = extendSlowly(algorithm, expected, bytes.subarray(offset, offset + size));
    if (i % every === every - 1) expect(toHex(chain.value())).toBe(toHex(expected));
  }
  expect(toHex(chain.value())).toBe(toHex(expected));
}

describe.each(NAMES)('the chain of %s', (algorithm) => {
  const { size } = ALGORITHMS[algorithm];

  it('runs on a kernel', () => {
    expect(digests.chainKind(algorithm)).toBe('kernel');
  });

  it('is what node:crypto gives, around every edge of the buffer', () => {
    const bytes = bytesOf(7, 50 * size);
    for (let count = 0; count <= 50; count++) check(algorithm, bytes, count);
  });

  it('is what node:crypto gives, for random digests, lengths, offsets and reads in the middle', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(2000), fc.nat(9), fc.integer({ min: 1, max: 40 }), (seed, n, at, every) =>
        check(algorithm, bytesOf(seed, at + n * size), n, at, every),
      ),
      { numRuns: 20 },
    );
  });

  it('runs through rows of any length, starts again, and goes on digest by digest', () => {
    const bytes = bytesOf(11, 3 + 3000 * size);
    const chain = digests.chain(algorithm, new Uint8Array(size));
    let expected: Uint8Array = new Uint8Array(size);
    const runTo = (offset: number, count: number): void => {
      chain.run?.(bytes, offset, count);
      for (let i = 0; i < count; i++) {
        const from = offset + i * size;
        expected = extendSlowly(algorithm, expected, bytes.subarray(from, from + size));
      }
    };
    for (const count of [0, 1, 2, 15, 16, 17, 100, 3000]) {
      runTo(3, count);
      chain.extend(bytes, 5);
      expected = extendSlowly(algorithm, expected, bytes.subarray(5, 5 + size));
      runTo(1, 3);
      expect(toHex(chain.value())).toBe(toHex(expected));
      if (count === 17) {
        expected = bytesOf(5, size);
        chain.extend(bytes, 0);
        chain.reset?.(expected);
      }
    }
    expect(() => chain.run?.(bytes, 4, 3000)).toThrow(RangeError);
    expect(() => chain.run?.(bytes, -1, 1)).toThrow(RangeError);
    expect(() => chain.reset?.(new Uint8Array(size - 1))).toThrow(RangeError);
  });

  it('is what the hash chain gives for random digests', () => {
    const slow = createDigests({
      [algorithm]: { hash: (bytes: Uint8Array) => digests.digest(algorithm, bytes) },
    });
    expect(slow.chainKind(algorithm)).toBe('hash');
    const random = fc.array(fc.uint8Array({ minLength: size, maxLength: size }), { maxLength: 60 });
    fc.assert(
      fc.property(random, (all) => {
        const chains = [digests, slow].map((one) => one.chain(algorithm, new Uint8Array(size)));
        for (const one of all) for (const chain of chains) chain.extend(one);
        expect(chains[0]!.value()).toEqual(chains[1]!.value());
      }),
      { numRuns: 40 },
    );
  });

  it('does not depend on other chains: 200 at once, in any order', () => {
    const bytes = bytesOf(3, 4000);
    const expected = Array.from({ length: 200 }, (_, i) => bytesOf(i, size));
    const chains = expected.map((start) => digests.chain(algorithm, start));
    for (let i = 0; i < 8000; i++) {
      const one = Math.imul(i, 0x9e3779b1) >>> 24;
      if (one >= chains.length) continue;
      const offset = (i * 13) % (bytes.length - size);
      chains[one]!.extend(bytes, offset);
      expected[one] = extendSlowly(algorithm, expected[one]!, bytes.subarray(offset, offset + size));
    }
    chains.forEach((chain, i) => expect(equalBytes(chain.value(), expected[i]!), `chain ${i}`).toBe(true));
  });

  it('takes views into larger buffers, of any array and alignment', () => {
    const large = new Uint8Array(new SharedArrayBuffer(1000)).map((_, i) => i * 7);
    const views = [large.subarray(3, 900), Buffer.from(large).subarray(5), large.slice(1, 1 + size)];
    const start = new Uint8Array(size);
    const chain = digests.chain(algorithm, start);
    let expected: Uint8Array = start;
    for (let i = 0; i < 40; i++) {
      const view = views[i % views.length]!;
      const offset = view.length === size ? 0 : i;
      chain.extend(view, offset);
      expected = extendSlowly(algorithm, expected, view.subarray(offset, offset + size));
    }
    expect(toHex(chain.value())).toBe(toHex(expected));
  });

  it('holds copies: what goes in and what comes out may change', () => {
    const [start, digest] = [new Uint8Array(size), new Uint8Array(size + 1).fill(9)];
    const chain = digests.chain(algorithm, start);
    const expected = extendSlowly(algorithm, start, digest.subarray(1));
    chain.extend(digest, 1);
    start.fill(1);
    digest.fill(2);
    chain.value().fill(3);
    expect(chain.value()).toEqual(expected);
  });

  it('bytes that are not there count as zero, as in a chain of hashes', () => {
    const bytes = bytesOf(5, size + 4);
    const zeros = new Uint8Array(8);
    for (const offset of [-4, 8]) {
      const chain = digests.chain(algorithm, new Uint8Array(size));
      const padded = Uint8Array.of(...zeros, ...bytes, ...zeros).subarray(8 + offset, 8 + offset + size);
      chain.extend(bytes, offset);
      expect(chain.value()).toEqual(extendSlowly(algorithm, new Uint8Array(size), padded));
    }
  });

  it('a start of another size is refused', () => {
    for (const length of [0, size - 1, size + 1]) {
      expect(() => digests.chain(algorithm, new Uint8Array(length))).toThrow(
        `start: expected ${size} bytes for ${algorithm}, got ${length}`,
      );
      expect(() => kernelChain(algorithm)?.(new Uint8Array(length))).toThrow(
        `start: expected ${size} bytes, got ${length}`,
      );
    }
  });
});

describe('which chain is used', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  it('a backend stands for all of its algorithm, a kernel only for what nobody replaced', () => {
    let hashed = 0;
    const hash = () => new Uint8Array(32).fill(++hashed);
    const chain = () => ({ extend: () => undefined, value: () => new Uint8Array(0) });
    const mixed = createDigests({ sha256: { hash }, sha1: { hash, chain } });
    expect(mixed.chainKind('sha256')).toBe('hash');
    expect(mixed.chainKind('sha1')).toBe('backend');
    expect(mixed.chainKind('sha384')).toBe('kernel');
    expect(() => mixed.chainKind('sha3-256')).toThrow('no backend for sha3-256');
    const counted = mixed.chain('sha256', new Uint8Array(32));
    for (let i = 0; i < 5; i++) counted.extend(new Uint8Array(32));
    expect([counted.value()[0], hashed]).toEqual([5, 5]);
  });

  it('a kernel is compiled once; without WebAssembly or where it is forbidden there is none', () => {
    expect(kernelChain('sha384')).toBe(kernelChain('sha384'));
    expect(kernelChain('sha3-384')).toBeUndefined();
    expect(loadKernel(SHA384_KERNEL, undefined)).toBeUndefined();
    const Module = vi.fn(function () {
      throw new WebAssembly.CompileError('blocked by the content policy');
    });
    const forbidden = { ...WebAssembly, Module } as unknown as typeof WebAssembly;
    expect(loadKernel(SHA384_KERNEL, forbidden)).toBeUndefined();
    expect(Module).toHaveBeenCalledOnce();
  });

  it.each([
    ['missing', undefined],
    ['forbidden', { Module: () => undefined, Instance: () => undefined }],
  ])('with WebAssembly %s, chains run on the hash and give the same', async (_, wasm) => {
    vi.resetModules();
    vi.stubGlobal('WebAssembly', wasm);
    const { portableDigests: plain } = await import('@tsm/core');
    const bytes = bytesOf(11, 100 * 64);
    for (const algorithm of ['sha1', 'sha256', 'sha384', 'sha512'] as const) {
      expect(plain.chainKind(algorithm)).toBe('hash');
      const { size } = ALGORITHMS[algorithm];
      const chains = [plain, portableDigests].map((one) => one.chain(algorithm, new Uint8Array(size)));
      for (let i = 0; i < 100; i++) for (const chain of chains) chain.extend(bytes, i * size);
      expect(chains[0]!.value()).toEqual(chains[1]!.value());
    }
  });
});

it('the embedded kernels are what their sources compile to', { timeout: 60_000 }, async () => {
  const embedded = readFileSync(new URL('../src/chain/kernels.ts', import.meta.url), 'utf8');
  expect((await kernelsModule()) === embedded, 'run node tools/gen-chain-kernels.mjs').toBe(true);
});
