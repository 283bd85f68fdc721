// @ts-check
/** Chain kernels of the SHA-2 family, with the round loop unrolled by one block of words. Spec: FIPS 180-4. */
import { BLOCK_WORDS, kernelSource, lines, paddingWords } from './frame.mjs';

/** @typedef {import('./frame.mjs').Word} Word */

/**
 * §4.1.2 and §4.1.3. A big sigma's three rotations are nested, from the inside out, by the differences between them;
 * a small one's are two rotations and a shift.
 */
const SIGMAS = /** @type {const} */ ({
  u32: { a: [9, 11, 2], e: [14, 5, 6], early: [7, 18, 3], late: [17, 19, 10] },
  u64: { a: [5, 6, 28], e: [23, 4, 14], early: [1, 8, 7], late: [19, 61, 6] },
});

const ROUNDS = { u32: 64, u64: 80 };
const BITS = { u32: 32, u64: 64 };

/** Largest whole number whose `power`th power is not above `value`. @param {bigint} value @param {bigint} power */
function root(value, power) {
  let low = 0n;
  let high = value;
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    if (middle ** power <= value) low = middle;
    else high = middle - 1n;
  }
  return low;
}

/** The first bits of the fractional part of a root of each prime. @param {Word} word @param {number} power */
function primeRoots(word, power) {
  /** @type {bigint[]} */
  const primes = [];
  for (let n = 2n; primes.length < 80; n++) if (primes.every((prime) => n % prime)) primes.push(n);
  const bits = BigInt(BITS[word]);
  return primes.map((prime) =>
    BigInt.asUintN(BITS[word], root(prime << (bits * BigInt(power)), BigInt(power))),
  );
}

/** @param {string} x @param {readonly [number, number, number]} by */
const bigSigma = (x, [inner, middle, outer]) =>
  `rotr(rotr(rotr(${x}, ${inner}) ^ ${x}, ${middle}) ^ ${x}, ${outer})`;

/** @param {string} x @param {readonly [number, number, number]} by */
const smallSigma = (x, [one, two, shift]) => `(rotr(${x}, ${one}) ^ rotr(${x}, ${two}) ^ (${x} >> ${shift}))`;

/** Extends the message schedule: word `i` takes the place of word `i - 16`. @param {Word} word @param {number} i */
function schedule(word, i) {
  const { early, late } = SIGMAS[word];
  /** @param {number} back */
  const w = (back) => `w${(i + BLOCK_WORDS - back) % BLOCK_WORDS}`;
  return `${w(16)} += ${smallSigma(w(15), early)} + ${w(7)} + ${smallSigma(w(2), late)};`;
}

/**
 * Round `i` with names that move on instead of values. `a ^ b` of a round is `b ^ c` of the next, which saves the
 * majority function two operations: the two take turns in `x` and `y`.
 * @param {Word} word @param {number} i @param {string} input
 */
function round(word, i, input) {
  const names = Array.from('abcdefgh', (_, k) => 'abcdefgh'.charAt((k - i + 80) % 8));
  const [a = '', b = '', , d = '', e = '', f = '', g = '', h = ''] = names;
  const [ab, bc] = i % 2 ? ['y', 'x'] : ['x', 'y'];
  return `t = ${input} + ${h} + ${bigSigma(e, SIGMAS[word].e)} + (((${f} ^ ${g}) & ${e}) ^ ${g});
${d} += t;
${ab} = ${a} ^ ${b};
${h} = t + ${bigSigma(a, SIGMAS[word].a)} + (${b} ^ (${ab} & ${bc}));`;
}

/** The first block: sixteen rounds, then as many more at a time with the schedule. @param {Word} word */
function rounds(word) {
  const step = BITS[word] / 8;
  const end = step * ROUNDS[word];
  /** @param {string} at @param {number} i */
  const input = (at, i) => `w${i} + load<${word}>(${at}, ${i * step})`;
  return `let t: ${word}, x: ${word}, y: ${word} = b ^ c;
${lines(BLOCK_WORDS, (i) => round(word, i, input('K', i)))}
for (let k = K + ${BLOCK_WORDS * step}; k != K + ${end}; k += ${BLOCK_WORDS * step}) {
${lines(BLOCK_WORDS, (i) => `${schedule(word, i)}\n${round(word, i, input('k', i))}`)}
}`;
}

/** The second block, whose words are known and already added to the round constants. @param {Word} word */
function paddingRounds(word) {
  const step = BITS[word] / 8;
  return `y = b ^ c;
for (let k = P; k != P + ${ROUNDS[word] * step}; k += ${8 * step}) {
${lines(8, (i) => round(word, i, `load<${word}>(k, ${i * step})`))}
}`;
}

/** @param {Word} word @param {bigint} x @param {readonly [number, number, number]} by */
function smallSigmaOf(word, x, [one, two, shift]) {
  /** @param {number} by */
  const rotate = (by) => BigInt.asUintN(BITS[word], (x >> BigInt(by)) | (x << BigInt(BITS[word] - by)));
  return rotate(one) ^ rotate(two) ^ (x >> BigInt(shift));
}

/** The whole message schedule of a block. @param {Word} word @param {readonly bigint[]} block */
function scheduleOf(word, block) {
  const w = [...block];
  const { early, late } = SIGMAS[word];
  /** @param {number} i */
  const at = (i) => w[i] ?? 0n;
  for (let i = w.length; i < ROUNDS[word]; i++) {
    const sum = smallSigmaOf(word, at(i - 2), late) + at(i - 7) + smallSigmaOf(word, at(i - 15), early);
    w.push(BigInt.asUintN(BITS[word], sum + at(i - 16)));
  }
  return w;
}

/**
 * `firstPrime`: the initial value comes from the square roots of eight primes from this one on (§5.3).
 * @param {{ word: Word, digestWords: number, firstPrime?: number }} parameters
 */
export function sha2Source({ word, digestWords, firstPrime = 0 }) {
  const K = primeRoots(word, 3).slice(0, ROUNDS[word]);
  const start = primeRoots(word, 2).slice(firstPrime, firstPrime + 8);
  const base = { word, digestWords, start, variables: 'abcdefgh', rounds: rounds(word) };
  if (2 * digestWords < BLOCK_WORDS) return kernelSource({ ...base, tables: { K }, feedForward: '+' });
  const W = scheduleOf(word, paddingWords(word, BLOCK_WORDS));
  const P = W.map((value, i) => BigInt.asUintN(BITS[word], value + (K[i] ?? 0n)));
  const tables = { K, P };
  return kernelSource({ ...base, tables, feedForward: '+', paddingRounds: paddingRounds(word) });
}
