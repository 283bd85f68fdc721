/** Hostile event data: any bytes decode without a throw, in time linear in their length, and with a safe title. */
import { concat, portableDigests, utf16Bytes } from '@tsm/core';
import { encode, leaves } from '@tsm/core/layout';
import { seededRandom, type Random } from '@tsm/core/testing';
import { describe, expect, test } from 'vitest';
import { decodeContent } from '../src/event-data/decode.ts';
import { checkDigest } from '../src/event-data/digest-check.ts';
import { EFI_SIGNATURE_LIST } from '../src/event-data/signatures.ts';
import { TITLE_MAX } from '../src/event-data/text.ts';
import { EVENT_TYPES } from '../src/event-types.ts';
import { bytesOf, GUID, loadOption, node, PLACE, typeOf, variable, zeros } from './support/event-data.ts';
import { FIXTURES } from './support/event-fixtures.ts';
import { HANG_MS, stopwatch } from './support/bad-input.ts';

const ROUNDS = process.env['TSM_TORTURE'] === '1' ? 100_000 : 6_000;
const TYPES = [...EVENT_TYPES.map((type) => type.value), 0x7777];
const MIB = 1 << 20;

/** Everything that holds for the decode of any data. */
function expectSane(type: number, data: Uint8Array): void {
  const { title, tree, issues } = decodeContent(type, data, PLACE);
  // eslint-disable-next-line no-control-regex -- these must not reach a terminal
  expect(title).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/u);
  expect(title.length).toBeLessThanOrEqual(TITLE_MAX);
  for (const { offset, length, path } of issues) {
    expect(offset).toBeGreaterThanOrEqual(PLACE.offset);
    expect(offset + length).toBeLessThanOrEqual(PLACE.offset + data.length);
    expect(path.startsWith(PLACE.path)).toBe(true);
  }
  if (!tree) return;
  let offset = PLACE.offset;
  for (const leaf of leaves(tree)) {
    if (leaf.length > 0 && leaf.offset !== offset)
      expect.fail(`${leaf.path} at ${String(leaf.offset)}, expected ${String(offset)}`);
    offset += leaf.length;
  }
  expect(offset).toBe(PLACE.offset + data.length);
}

/** A change that breaks lengths and counts as often as content. */
function mutate(random: Random, data: Uint8Array): Uint8Array {
  const changed = data.slice(0, random(4) === 0 ? random(data.length + 1) : data.length);
  for (let i = random(4); i > 0 && changed.length > 0; i--) {
    const at = random(changed.length);
    if (random(3) === 0) changed.fill(0xff, at, at + 1 + random(8));
    else changed[at] = random(256);
  }
  return random(8) === 0 ? concat(changed, zeros(random(40))) : changed;
}

describe('any bytes', () => {
  test(`${String(ROUNDS)} random byte strings, over all types`, () => {
    const random = seededRandom(21);
    for (let i = 0; i < ROUNDS; i++) {
      const data = Uint8Array.from({ length: random(120) }, () => (random(3) === 0 ? 0 : random(256)));
      expectSane(TYPES[i % TYPES.length] ?? 0, data);
    }
  });

  test(`${String(ROUNDS)} mutations of the fixtures`, () => {
    const random = seededRandom(22);
    for (let i = 0; i < ROUNDS; i++) {
      const { type, data } = FIXTURES[i % FIXTURES.length]!;
      expectSane(typeOf(type), mutate(random, data));
    }
  });

  test('every fixture under every type', () => {
    for (const type of TYPES) for (const { data } of FIXTURES) expectSane(type, data);
  });

  test('the check of a digest never throws either', () => {
    const random = seededRandom(23);
    for (let i = 0; i < ROUNDS / 10; i++) {
      const { type, data } = FIXTURES[i % FIXTURES.length]!;
      const { state } = checkDigest(typeOf(type), mutate(random, data), portableDigests, 'sha256', zeros(32));
      expect(state).not.toBe('matches');
    }
  });
});

describe('a mebibyte decodes without a hang', () => {
  const image = (path: Uint8Array): Uint8Array => {
    const head = zeros(32);
    new DataView(head.buffer).setUint32(24, path.length, true);
    return concat(head, path);
  };
  const repeated = (part: Uint8Array): Uint8Array => {
    const all = zeros(MIB - (MIB % part.length));
    for (let at = 0; at < all.length; at += part.length) all.set(part, at);
    return all;
  };
  const emptyList = encode(EFI_SIGNATURE_LIST, {
    signatureType: GUID,
    signatureListSize: 28,
    signatureHeaderSize: 0,
    signatureSize: 16,
  });
  const thin = 16 * ((MIB >> 4) - 2);
  const thinList = concat(
    encode(EFI_SIGNATURE_LIST, {
      signatureType: GUID,
      signatureListSize: 28 + thin,
      signatureHeaderSize: 0,
      signatureSize: 16,
    }),
    zeros(thin),
  );

  const SHAPES: readonly (readonly [name: string, data: Uint8Array])[] = [
    ['zeros', zeros(MIB)],
    ['ones', zeros(MIB).fill(0xff)],
    ['escape characters', zeros(MIB).fill(0x1b)],
    ['text', zeros(MIB).fill(0x41)],
    ['UTF-16', utf16Bytes('\u202e'.repeat(MIB / 2))],
    ['spaces', concat(bytesOf(0x4c, 0x45, 0x41, 0x41, 0xf8, 0xff, 0x0f, 0), zeros(MIB - 8).fill(0x20))],
    ['device path of empty nodes', image(repeated(node(1, 1)))],
    ['device path of short nodes', image(repeated(node(4, 1, bytesOf(1))))],
    ['device path of long nodes', image(repeated(node(9, 9, zeros(1020))))],
    ['device path of instances', image(repeated(node(0x7f, 1)))],
    [
      'boot option of End nodes',
      variable('Boot0000', loadOption('x', repeated(node(0x7f, 0xff)).subarray(0, 0xfffc), zeros(MIB))),
    ],
    ['boot option without an end', variable('Boot0000', zeros(MIB).fill(1))],
    ['boot order', variable('BootOrder', zeros(MIB))],
    ['empty signature lists', variable('db', repeated(emptyList))],
    ['one list of empty signatures', variable('dbx', thinList)],
    ['count of 2^64 − 1', concat(zeros(92), zeros(8).fill(0xff), zeros(MIB))],
    ['partitions', concat(zeros(92), bytesOf(0xff, 0x1f, 0, 0, 0, 0, 0, 0), zeros(MIB))],
    ['tables', concat(bytesOf(0xaa, 0xaa, 0, 0, 0, 0, 0, 0), zeros(MIB))],
  ];

  test.each(SHAPES)('%s', (_, data) => {
    for (const type of TYPES) {
      const elapsed = stopwatch();
      decodeContent(type, data, PLACE);
      expect(elapsed(), `type 0x${type.toString(16)}`).toBeLessThan(HANG_MS);
    }
  });
});
