/** Bad input: no damage makes the reader throw, hang, or take more memory than a small multiple of the input. */
import { concat, createDigests, utf8Bytes } from '@tsm/core';
import { seededRandom } from '@tsm/core/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { describeVectors, readVector, vectors } from '../../core/test/support/vectors.ts';
import { decodeLog, encodeAgileLog, EVENT_TYPES, replay, type DecodeLogOptions } from '../src/index.ts';
import {
  growth,
  growthLimit,
  HANG_MS,
  lengthFields,
  mutate,
  problems,
  stopwatch,
} from './support/bad-input.ts';
import { EV, event, OWN, sha1Record, specIdRecord, words } from './support/logs.ts';

const TORTURE = process.env['TSM_TORTURE'] === '1';
const MUTATIONS = TORTURE ? 100_000 : 700;
/** Real logs are long: of their bytes every seventh will do, but for the torture. */
const STRIDE = TORTURE ? 1 : 7;
/** Bytes of an event that is made to cost more than it is long. */
const HOSTILE_EVENT = TORTURE ? 65_536 : 16_384;
const SEED = 0x7e57;

const real = vectors('eventlog', ['ccel', 'tcg1', 'tcg2', 'tsm-text']);
const own = Object.entries(OWN);

/** A log with no more than some bytes of its padding. */
function trimmed(bytes: Uint8Array): Uint8Array {
  const { tail } = decodeLog(bytes);
  return bytes.subarray(0, tail.offset + Math.min(tail.length, 64));
}

/** Cuts a log after its bytes. All events are looked into at every 64th cut, else the last three. */
function truncate(bytes: Uint8Array, stride = 1): void {
  const { tail } = decodeLog(bytes);
  const found = [];
  for (let cut = 0; cut <= tail.offset; cut += stride) {
    const events = TORTURE || cut % 64 === 0 ? Infinity : 3;
    found.push(...problems(bytes.subarray(0, cut), events).map((one) => `cut at ${String(cut)}: ${one}`));
  }
  expect(found).toEqual([]);
}

/** Every 97th cut of a log, all held at the same time. */
function cuts(bytes: Uint8Array): Uint8Array[] {
  const { tail } = decodeLog(bytes);
  return Array.from({ length: Math.ceil(tail.offset / 97) }, (_, i) => bytes.subarray(0, 97 * i));
}

const THREE = ['CCEL_data_grub', 'glinux-alex.bin', 'ebs_event_missing_eventlog'];
const three = real.filter(({ file }) => THREE.some((name) => file.endsWith(`/${name}`)));

describe('truncated at every byte', () => {
  it.each(own)('%s', (_name, bytes) => truncate(bytes));
  it.each(own)('%s: memory', (_name, bytes) => {
    expect(growth(cuts(bytes))).toBeLessThan(growthLimit(cuts(bytes)));
  });
});

describeVectors('real logs, truncated', 3, three, ({ file }) => truncate(readVector(file), STRIDE));
describeVectors('real logs, truncated: memory', 3, three, ({ file }) => {
  const inputs = cuts(readVector(file));
  expect(growth(inputs)).toBeLessThan(growthLimit(inputs));
});

let mutated = 0;

/** This log's share of the mutations. */
function damage(bytes: Uint8Array, seed: number): void {
  const random = seededRandom(SEED + seed);
  const log = trimmed(bytes);
  const fields = lengthFields(log);
  const share = Math.ceil(MUTATIONS / (own.length + real.length));
  const kept: Uint8Array[] = [];
  const found = [];
  for (let i = 0; i < share; i++) {
    const bad = mutate(log, fields, random);
    found.push(...problems(bad).map((one) => `mutation ${String(i)}: ${one}`));
    if (kept.length < 64) kept.push(bad);
    mutated++;
  }
  expect(found).toEqual([]);
  expect(growth(kept)).toBeLessThan(growthLimit(kept));
}

describe('mutated at random', () => {
  it.each(own.map(([name, bytes], i) => [name, bytes, i] as const))('%s', (_name, bytes, i) => {
    damage(bytes, i);
  });
});

describeVectors('real logs, mutated at random', 23, real, ({ file }) =>
  damage(readVector(file), file.length),
);

afterAll(() => {
  if (TORTURE) console.log(`event logs: ${String(mutated)} random mutations read`);
});

const MIB = 2 ** 20;
const lines = (line: string, length: number): Uint8Array =>
  utf8Bytes(line.repeat(Math.ceil(length / line.length)));
const SYNC = `SYNC sha384/${'0'.repeat(96)}\n`;
const HEADER = specIdRecord([{ id: 4, size: 20 }]);
const BYTE_BANK = specIdRecord([{ id: 4, size: 2 }]);
/** A bank of digests that take no bytes. */
const EMPTY_BANK = specIdRecord([{ id: 0x4242, size: 0 }]);
const words16 = (word: number, count: number): Uint8Array =>
  new Uint8Array(new Uint16Array(count).fill(word).buffer);

/** The same bytes again and again, up to a length. */
function repeated(one: Uint8Array, length: number): Uint8Array {
  const all = new Uint8Array(length - (length % one.length));
  for (let at = 0; at < all.length; at += one.length) all.set(one, at);
  return all;
}

/** Events without digest and data. Register 1, so that they are no padding. */
const minimalEvents = (length: number): Uint8Array =>
  concat(HEADER, repeated(words(1, EV.action, 0, 0), length));

type Hostile = [name: string, make: (length: number) => Uint8Array, options?: DecodeLogOptions];

/** Inputs made to cost more than they are long. */
// prettier-ignore
const HOSTILE: Hostile[] = [
  ['minimal events', minimalEvents],
  ['minimal SHA-1 events', (n) => repeated(sha1Record(1, EV.action, words()), n)],
  ['events of a register that does not exist', (n) => repeated(sha1Record(99, EV.action, words()), n), { format: 'tcg1' }],
  ['digests that take no bytes', (n) => concat(EMPTY_BANK, words(1, EV.action, n >> 1), words16(0x4242, n >> 1), words(0))],
  ['digests of one bank', (n) => concat(BYTE_BANK, words(1, EV.action, n >> 2), repeated(Uint8Array.of(4, 0, 1, 4), n), words(0))],
  ['a giant count of digests', (n) => concat(HEADER, words(1, EV.action, 0xffffffff), words16(4, n >> 1))],
  ['a giant event', (n) => concat(HEADER, words(1, EV.action, 0, 0xffffffff), new Uint8Array(n).fill(1))],
  ['a header of many banks', (n) => sha1Record(0, EV.noAction, concat(HEADER.subarray(32, 56), words(n >> 2), repeated(HEADER.subarray(60, 64), n), words(0)))],
  ['a header that says more banks than it has', (n) => sha1Record(0, EV.noAction, concat(HEADER.subarray(32, 56), words(n), words16(4, n >> 1)))],
  ['zeros before the last byte', (n) => concat(HEADER, new Uint8Array(n), Uint8Array.of(1))],
  ['an area of padding', (n) => concat(HEADER, new Uint8Array(n).fill(0xff))],
  ['lines of one byte', (n) => lines('a\n', n), { dialect: 'rfc' }],
  ['lines of one byte in AAEL', (n) => lines('a\n', n), { dialect: 'aael' }],
  ['SYNC words', (n) => lines('SYNC \n', n)],
  ['SYNC lines', (n) => lines(SYNC, n)],
  ['direct extends', (n) => lines(`# .EXTEND ${'0'.repeat(96)}\n`, n)],
  ['direct extends without value', (n) => lines('# .EXTEND\n', n), { dialect: 'rfc' }],
  ['INIT words', (n) => lines('INIT /\n', n), { dialect: 'issue-495' }],
  ['one long line', (n) => lines('a', n), { dialect: 'rfc' }],
  ['one line of blanks', (n) => utf8Bytes(`a${' '.repeat(n)}b`), { dialect: 'rfc' }],
  ['SYNC and blanks', (n) => utf8Bytes(`SYNC${' '.repeat(n)}x y\n`), { dialect: 'rfc' }],
  ['SYNC, an algorithm and blanks', (n) => utf8Bytes(`SYNC /a${' '.repeat(n)}b c\n`), { dialect: 'rfc' }],
  ['.EXTEND and blanks', (n) => utf8Bytes(`# .EXTEND${' '.repeat(n)}x y\n`), { dialect: 'rfc' }],
];

/** Digests that cost nothing: a digest is always the same. */
const freeDigests = createDigests({ sha384: { hash: () => FREE } });
const FREE = new Uint8Array(48);

describe('hostile input', () => {
  it.each<Hostile>(HOSTILE)('%s: no hang', (_name, make, options) => {
    expect(problems(make(MIB / 8), 1000, options)).toEqual([]);
  });

  it.each<Hostile>(HOSTILE)('%s: memory', (_name, make, options) => {
    const inputs = [make(TORTURE ? MIB / 2 : MIB / 8)];
    expect(growth(inputs, options)).toBeLessThan(growthLimit(inputs));
  });

  it.each<[string, Uint8Array, DecodeLogOptions?]>([
    ['4 MiB of minimal events', minimalEvents(4 * MIB)],
    ['a million empty lines', utf8Bytes(`${SYNC}${'\n'.repeat(1_000_000)}`)],
    ['a million comments', utf8Bytes(`${SYNC}${'#\n'.repeat(1_000_000)}`)],
  ])('%s', (_name, bytes, options) => {
    expect(problems(bytes, 1000, options)).toEqual([]);
  });

  it('200,000 SYNC lines, and what is not hashing of their replay', () => {
    const bytes = utf8Bytes(SYNC.repeat(200_000));
    const elapsed = stopwatch();
    const log = decodeLog(bytes);
    const { registers } = replay(log, { digests: freeDigests });
    expect(elapsed()).toBeLessThan(HANG_MS);
    expect(registers).toMatchObject([{ extends: 200_000 }]);
  });

  const FILLINGS: readonly [string, (length: number) => Uint8Array][] = [
    ['00', (length) => new Uint8Array(length)],
    ['01', (length) => new Uint8Array(length).fill(1)],
    ['FF', (length) => new Uint8Array(length).fill(0xff)],
    [
      'empty device path nodes',
      (length) => new Uint8Array(new Uint32Array(length >> 2).fill(0x0004_0101).buffer),
    ],
  ];
  it.each(FILLINGS)('events of every type, each long and of %s', (_name, fill) => {
    const types = [...EVENT_TYPES.map(({ value }) => value), 0x1234];
    for (const type of types) {
      const log = encodeAgileLog(['sha256'], [event(1, type, fill(HOSTILE_EVENT), ['sha256'])]);
      expect(problems(log), `type ${type.toString(16)}`).toEqual([]);
      const grown = growth([log]);
      expect(grown, `type ${type.toString(16)}`).toBeLessThan(growthLimit([log]));
    }
  });
});
