/** Page: millions of extends a second, digest by digest and a whole row in one call, and by noble, hash by hash. */
import { report } from './report.ts';

const ALGORITHMS = ['sha384', 'sha256', 'sha512', 'sha1'] as const;

/** Short rounds that take turns: the best of each is the one that nothing else on the machine disturbed. */
const ROUNDS = 150;
const MILLISECONDS = 5;
/** Bytes from one digest to the next, as in a log. */
const STRIDE = 163;
const DIGESTS = 500;

await report(async () => {
  const { ALGORITHMS: sizes, createDigests, portableDigests } = await import('@tsm/core');
  const log = Uint8Array.from({ length: STRIDE * DIGESTS }, (_, i) => (i * 7) ^ (i >> 5));

  const rate = (step: () => void): number => {
    const start = performance.now();
    let count = 0;
    let elapsed = 0;
    for (; elapsed < MILLISECONDS; count += DIGESTS) {
      step();
      elapsed = performance.now() - start;
    }
    return count / elapsed / 1000;
  };

  const steps = (name: (typeof ALGORITHMS)[number]): (() => void)[] => {
    const noble = createDigests({
      [name]: { hash: (bytes: Uint8Array) => portableDigests.digest(name, bytes) },
    });
    const zero = new Uint8Array(sizes[name].size);
    const [kernel, slow] = [portableDigests.chain(name, zero), noble.chain(name, zero)];
    const extendAll = (chain: typeof kernel) => () => {
      for (let offset = 0; offset < log.length; offset += STRIDE) chain.extend(log, offset);
      chain.value();
    };
    const runAll = () => {
      kernel.run?.(log, 0, DIGESTS);
      kernel.value();
    };
    return [extendAll(kernel), runAll, extendAll(slow)];
  };

  return ALGORITHMS.map((name) => {
    const all = steps(name);
    const best = all.map(() => 0);
    for (let i = 0; i < ROUNDS; i++)
      for (const [k, step] of all.entries()) best[k] = Math.max(best[k] ?? 0, rate(step));
    return { name, kind: portableDigests.chainKind(name), best };
  });
});
