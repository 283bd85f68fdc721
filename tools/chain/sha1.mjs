// @ts-check
/** Chain kernel of SHA-1, with all rounds unrolled. Spec: FIPS 180-4 §6.1. */
import { BLOCK_WORDS, kernelSource, lines, literal } from './frame.mjs';

const ROUNDS = 80;
const START = [0x67452301n, 0xefcdab89n, 0x98badcfen, 0x10325476n, 0xc3d2e1f0n];

/** What a quarter of the rounds has of its own: a constant, and a function of b, c and d (§4.1.1, §4.2.1). */
const QUARTERS = [
  { k: 0x5a827999n, f: choose },
  { k: 0x6ed9eba1n, f: parity },
  { k: 0x8f1bbcdcn, f: majority },
  { k: 0xca62c1d6n, f: parity },
];

/** @param {string} b @param {string} c @param {string} d */
function choose(b, c, d) {
  return `(((${c} ^ ${d}) & ${b}) ^ ${d})`;
}

/** @param {string} b @param {string} c @param {string} d */
function parity(b, c, d) {
  return `(${b} ^ ${c} ^ ${d})`;
}

/** @param {string} b @param {string} c @param {string} d */
function majority(b, c, d) {
  return `((${b} & ${c}) | (${d} & (${b} | ${c})))`;
}

/** Word `i` of the message schedule takes the place of word `i - 16`. @param {number} i */
function schedule(i) {
  /** @param {number} back */
  const w = (back) => `w${(i - back) % BLOCK_WORDS}`;
  return `${w(16)} = rotl(${w(3)} ^ ${w(8)} ^ ${w(14)} ^ ${w(16)}, 1);\n`;
}

/** Round `i`, with names that move on instead of values. @param {number} i */
function round(i) {
  const names = Array.from('abcde', (_, k) => 'abcde'.charAt((k - i + ROUNDS) % 5));
  const [a = '', b = '', c = '', d = '', e = ''] = names;
  const { k, f } = QUARTERS[Math.floor((i * QUARTERS.length) / ROUNDS)] ?? { k: 0n, f: parity };
  return `${i < BLOCK_WORDS ? '' : schedule(i)}${e} += w${i % BLOCK_WORDS} + ${literal(k)} + ${f(b, c, d)} + rotl(${a}, 5);
${b} = rotl(${b}, 30);`;
}

export function sha1Source() {
  return kernelSource({
    word: 'u32',
    digestWords: 5,
    start: START,
    tables: {},
    variables: 'abcde',
    feedForward: '+',
    rounds: lines(ROUNDS, round),
  });
}
