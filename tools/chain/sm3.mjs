// @ts-check
/** Chain kernel of SM3, with the round loop unrolled by one block of words. Spec: GB/T 32905-2016 §5. */
import { BLOCK_WORDS, kernelSource, lines, paddingWords } from './frame.mjs';

const ROUNDS = 64;
const START = [
  ...[0x7380166fn, 0x4914b2b9n, 0x172442d7n, 0xda8a0600n],
  ...[0xa96f30bcn, 0x163138aan, 0xe38dee4dn, 0xb0fb0e4en],
];

/** @param {bigint} x @param {number} by */
const rotateLeft = (x, by) => BigInt.asUintN(32, (x << BigInt(by % 32)) | (x >> BigInt(32 - (by % 32))));

/** The round constants, rotated as round `i` wants them (§4.2). */
const T = Array.from({ length: ROUNDS }, (_, i) => rotateLeft(i < 16 ? 0x79cc4519n : 0x7a879d8an, i));

/** Word `i` of the message expansion takes the place of word `i - 16` (§5.3.2). @param {number} i */
function expansion(i) {
  /** @param {number} back */
  const w = (back) => `w${(i + BLOCK_WORDS - back) % BLOCK_WORDS}`;
  return `x = ${w(16)} ^ ${w(9)} ^ rotl(${w(3)}, 15);
${w(16)} = x ^ rotl(x, 15) ^ rotl(x, 23) ^ rotl(${w(13)}, 7) ^ ${w(6)};\n`;
}

/**
 * Round `i` (§5.3.3), with names that move on instead of values; `early` is one of the first sixteen.
 * @param {number} i @param {boolean} early @param {{ t: string, w: string, pair: string }} input `pair` is `W′`
 */
function round(i, early, { t, w, pair }) {
  /** @param {string} four */
  const moved = (four) => Array.from(four, (_, k) => four.charAt((k - i + ROUNDS) % 4));
  const [a = '', b = '', c = '', d = ''] = moved('abcd');
  const [e = '', f = '', g = '', h = ''] = moved('efgh');
  const ff = early ? `(${a} ^ ${b} ^ ${c})` : `((${a} & ${b}) | (${c} & (${a} | ${b})))`;
  const gg = early ? `(${e} ^ ${f} ^ ${g})` : `(((${f} ^ ${g}) & ${e}) ^ ${g})`;
  return `x = rotl(${a}, 12);
y = rotl(x + ${e} + ${t}, 7);
${d} += ${pair} + ${ff} + (x ^ y);
${h} += ${w} + ${gg} + y;
${h} = ${h} ^ rotl(${h}, 9) ^ rotl(${h}, 17);
${b} = rotl(${b}, 9);
${f} = rotl(${f}, 19);`;
}

/** A round of the first block: it needs the word four ahead, which the expansion makes. @param {number} i */
function messageRound(i, early = false, table = 'k') {
  const ahead = (i + 4) % BLOCK_WORDS;
  const t = `load<u32>(${table}, ${i * 4})`;
  const input = { t, w: `w${i}`, pair: `(w${i} ^ w${ahead})` };
  return (early && i < 12 ? '' : expansion(i + 4)) + round(i, early, input);
}

/** A round of the second block, whose words are known. @param {number} i */
function paddingRound(i, early = false, at = 'k - T') {
  /** @param {string} table */
  const from = (table) => `load<u32>(${table} + ${early ? '0' : at}, ${i * 4})`;
  return round(i, early, { t: from('T'), w: from('W'), pair: from('P') });
}

const FIRST_BLOCK = `let x: u32, y: u32;
${lines(16, (i) => messageRound(i, true, 'T'))}
for (let k = T + 64; k != T + 256; k += 64) {
${lines(16, (i) => messageRound(i))}
}`;

const SECOND_BLOCK = `${lines(16, (i) => paddingRound(i, true))}
for (let k = T + 64; k != T + 256; k += 16) {
${lines(4, (i) => paddingRound(i))}
}`;

/** The expanded words of a block: `W` and `W′`. @param {readonly bigint[]} block */
function expand(block) {
  const w = [...block];
  /** @param {number} i */
  const at = (i) => w[i] ?? 0n;
  for (let i = w.length; i < ROUNDS + 4; i++) {
    const x = at(i - 16) ^ at(i - 9) ^ rotateLeft(at(i - 3), 15);
    w.push(x ^ rotateLeft(x, 15) ^ rotateLeft(x, 23) ^ rotateLeft(at(i - 13), 7) ^ at(i - 6));
  }
  return { W: w.slice(0, ROUNDS), P: Array.from({ length: ROUNDS }, (_, i) => at(i) ^ at(i + 4)) };
}

export function sm3Source() {
  return kernelSource({
    word: 'u32',
    digestWords: 8,
    start: START,
    tables: { T, ...expand(paddingWords('u32', BLOCK_WORDS)) },
    variables: 'abcdefgh',
    feedForward: '^',
    rounds: FIRST_BLOCK,
    paddingRounds: SECOND_BLOCK,
  });
}
