// @ts-check
/**
 * What the chain kernels have in common: the AssemblyScript around the rounds. An extend hashes `state ‖ digest`, which
 * is one block with its padding, or exactly one block followed by a second one of padding alone, known beforehand.
 */

/** Words in a block: the same for every hash here. */
export const BLOCK_WORDS = 16;

/** Digests that one call can run through; measured: twice as many are 2 % faster, half as many 3 % slower. */
export const CAPACITY = 16;

/** @typedef {'u32' | 'u64'} Word */

/**
 * One kernel to be written.
 * @typedef {object} Design
 * @property {Word} word
 * @property {number} digestWords
 * @property {readonly bigint[]} start the initial hash value
 * @property {Readonly<Record<string, readonly bigint[]>>} tables constants that the rounds load, by name
 * @property {string} variables the working variables, a letter each
 * @property {'+' | '^'} feedForward how a block's result joins the value before it
 * @property {string} rounds the first block, over `w0` to `w15`
 * @property {string} [paddingRounds] the second block, where there is one
 */

/** @param {Word} word */
const bytesOf = (word) => (word === 'u64' ? 8 : 4);

/** @param {bigint} value */
export const literal = (value) => `0x${value.toString(16)}`;

/** Lines of text made for 0, 1, … `count` - 1. @param {number} count @param {(i: number) => string} line */
export const lines = (count, line) => Array.from({ length: count }, (_, i) => line(i)).join('\n');

/**
 * The words that follow a message of `messageWords` words: a one bit, zeros, and the length in bits.
 * @param {Word} word @param {number} messageWords
 */
export function paddingWords(word, messageWords) {
  const count = messageWords < BLOCK_WORDS ? BLOCK_WORDS - messageWords : BLOCK_WORDS;
  const bits = bytesOf(word) * 8;
  const words = Array.from({ length: count }, () => 0n);
  words[0] = 1n << BigInt(bits - 1);
  words[count - 1] = BigInt(messageWords * bits);
  return words;
}

/** The first block's words: the state, the digest, and the padding if it has room. @param {Design} design */
function message({ word, digestWords }) {
  const padding = paddingWords(word, 2 * digestWords);
  return lines(BLOCK_WORDS, (i) => {
    if (i < digestWords) return `let w${i} = s${i};`;
    if (i >= 2 * digestWords) return `let w${i}: ${word} = ${literal(padding[i - 2 * digestWords] ?? 0n)};`;
    return `let w${i} = bswap<${word}>(load<${word}>(digests, ${(i - digestWords) * bytesOf(word)}));`;
  });
}

/** Runs the rounds of every block and leaves the new state in `s0` … @param {Design} design */
function blocks({ word, digestWords, start, variables, feedForward, rounds, paddingRounds }) {
  const all = variables.length;
  /** @param {number} i */
  const before = (i) => literal(start[i] ?? 0n);
  const first = [lines(all, (i) => `let ${variables[i]}: ${word} = ${before(i)};`), rounds];
  /** @param {(i: number) => string} value */
  const results = (value) => lines(digestWords, (i) => `s${i} = ${value(i)} ${feedForward} ${variables[i]};`);
  if (!paddingRounds) return [...first, results(before)].join('\n');
  return [
    ...first,
    lines(all, (i) => `const v${i} = ${before(i)} ${feedForward} ${variables[i]};`),
    lines(all, (i) => `${variables[i]} = v${i};`),
    paddingRounds,
    results((i) => `v${i}`),
  ].join('\n');
}

/** AssemblyScript of a kernel: `chain(state, digests, count)`, and a buffer for its arguments. @param {Design} design */
export function kernelSource(design) {
  const { word, digestWords, tables } = design;
  const wordBytes = bytesOf(word);
  const size = digestWords * wordBytes;
  const data = Object.entries(tables).map(
    ([name, values]) =>
      `const ${name}: usize = memory.data<${word}>([${values.map(literal).join(', ')}], 16);`,
  );
  return `${data.join('\n')}
export const buffer: usize = memory.data(${size * (1 + CAPACITY)}, 16);

export function chain(state: usize, digests: usize, count: usize): void {
${lines(digestWords, (i) => `let s${i} = bswap<${word}>(load<${word}>(state, ${i * wordBytes}));`)}
const end = digests + ${size} * count;
for (; digests != end; digests += ${size}) {
${message(design)}
${blocks(design)}
}
${lines(digestWords, (i) => `store<${word}>(state, bswap<${word}>(s${i}), ${i * wordBytes});`)}
}
`;
}
