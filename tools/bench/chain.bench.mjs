// @ts-check
/**
 * How fast an extend chain runs on the embedded kernels, beside the fastest one on node:crypto's one-shot hash and one on
 * noble, in the same process, and how large the kernels are. The digests stand in one large array, as those of a log do.
 */
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const { ALGORITHMS, createDigests, portableDigests } = await import('@tsm/core');

/** Many short rounds that take turns: the best of each is the one that nothing else on the machine disturbed. */
const ROUNDS = 40;
const SECONDS = 0.02;
const STRIDE = 163;
const LOG = new Uint8Array(STRIDE * 1000).map((_, i) => (i * 7) ^ (i >> 5));
const KERNELS = new URL('../../packages/core/src/chain/kernels.ts', import.meta.url);

/** @typedef {import('@tsm/core').AlgorithmName} AlgorithmName */
/** @typedef {import('@tsm/core').Chain} Chain */

/** @param {AlgorithmName} name @returns {Chain} */
function nodeChain(name) {
  const { size } = ALGORITHMS[name];
  const buffer = Buffer.alloc(2 * size);
  return {
    extend(bytes, offset = 0) {
      for (let i = 0; i < size; i++) buffer[size + i] = bytes[offset + i] ?? 0;
      // The fastest way for a digest to leave node:crypto: no buffer is allocated.
      buffer.write(hash(name, buffer, 'binary'), 'latin1');
    },
    value: () => Uint8Array.from(buffer.subarray(0, size)),
  };
}

/** @param {AlgorithmName} name @returns {Chain} */
function nobleChain(name) {
  /** @type {import('@tsm/core').HashFunction} */
  const noble = (bytes) => portableDigests.digest(name, bytes);
  return createDigests({ [name]: { hash: noble } }).chain(name, new Uint8Array(ALGORITHMS[name].size));
}

/** Extends by every digest of the log. @param {Chain} chain */
function extendAll(chain) {
  for (let offset = 0; offset < LOG.length; offset += STRIDE) chain.extend(LOG, offset);
  chain.value();
}

/** Millions of extends a second, of one round. @param {Chain} chain */
function rate(chain) {
  const start = process.hrtime.bigint();
  let seconds = 0;
  let count = 0;
  for (; seconds < SECONDS; count += LOG.length / STRIDE) {
    extendAll(chain);
    seconds = Number(process.hrtime.bigint() - start) / 1e9;
  }
  return count / seconds / 1e6;
}

/** The best rate of each chain. @param {Chain[]} chains */
function best(chains) {
  const rates = chains.map(() => 0);
  for (let i = 0; i < ROUNDS; i++)
    for (const [k, chain] of chains.entries()) rates[k] = Math.max(rates[k] ?? 0, rate(chain));
  return rates;
}

console.log('  million extends/s   kernel   node one-shot   noble   kernel/node   kernel/noble');
for (const name of /** @type {const} */ (['sha384', 'sha256', 'sha512', 'sha1'])) {
  const kernel = portableDigests.chain(name, new Uint8Array(ALGORITHMS[name].size));
  if (portableDigests.chainKind(name) !== 'kernel') throw new Error(`no kernel runs for ${name}`);
  const [fast = 0, node = 0, noble = 0] = best([kernel, nodeChain(name), nobleChain(name)]);
  const cells = [
    [fast.toFixed(2), 9],
    [node.toFixed(2), 16],
    [noble.toFixed(2), 8],
    [(fast / node).toFixed(2), 14],
    [(fast / noble).toFixed(1), 15],
  ];
  const row = cells.map(([text, width]) => String(text).padStart(Number(width))).join('');
  console.log(`  ${name.padEnd(17)}${row}`);
}
console.log('  aims: kernel/node ≥ 2.5 and kernel/noble ≥ 10, for sha384');
const embedded = readFileSync(KERNELS, 'utf8');
const sizes = [...embedded.matchAll(/const (\w+)_KERNEL[^']*'([^']*)'/g)].map(
  ([, name = '', base64 = '']) => `${name.toLowerCase()} ${Buffer.from(base64, 'base64').length}`,
);
console.log(`  bytes of WebAssembly: ${sizes.join(', ')}; as TypeScript ${embedded.length}`);
