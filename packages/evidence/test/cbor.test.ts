/** CBOR: the examples of RFC 8949, byte ranges, deterministic writing, and trees for display. */
import { concat, fromHex, toHex } from '@tsm/core';
import { leaves, type Node } from '@tsm/core/layout';
import { describe, expect, test } from 'vitest';
import { describeVectors, readVector, vectors } from '../../core/test/support/vectors.ts';
import {
  cborGet,
  cborNode,
  encodeCbor,
  readCbor,
  sign1Names,
  type CborItem,
  type CborValue,
} from '../src/index.ts';

const hex = (text: string): Uint8Array => fromHex(text)!;

/** An item as plain data. */
function plain(item: CborItem): unknown {
  switch (item.kind) {
    case 'array':
      return item.items.map(plain);
    case 'map':
      return new Map(item.entries.map(([key, value]) => [plain(key), plain(value)]));
    case 'tag':
      return { tag: item.tag, value: plain(item.item) };
    case 'bytes':
      return `h'${toHex(item.value)}'`;
    default:
      return item.value;
  }
}

/** RFC 8949 appendix A. */
const EXAMPLES: readonly (readonly [hex: string, value: unknown])[] = [
  ['00', 0],
  ['17', 23],
  ['1818', 24],
  ['1903e8', 1000],
  ['1a000f4240', 1000000],
  ['1b000000e8d4a51000', 1000000000000],
  ['1bffffffffffffffff', 18446744073709551615n],
  ['3bffffffffffffffff', -18446744073709551616n],
  ['20', -1],
  ['3903e7', -1000],
  ['f90000', 0],
  ['f98000', -0],
  ['f93c00', 1],
  ['fb3ff199999999999a', 1.1],
  ['f97bff', 65504],
  ['fa47c35000', 100000],
  ['fb7e37e43c8800759c', 1.0e300],
  ['f90001', 5.960464477539063e-8],
  ['f90400', 0.00006103515625],
  ['f9c400', -4],
  ['f97c00', Infinity],
  ['f97e00', NaN],
  ['f9fc00', -Infinity],
  ['f4', false],
  ['f5', true],
  ['f6', null],
  ['f7', undefined],
  ['f0', 16],
  ['f8ff', 255],
  ['c11a514b67b0', { tag: 1, value: 1363896240 }],
  ['d818456449455446', { tag: 24, value: "h'6449455446'" }],
  ['40', "h''"],
  ['4401020304', "h'01020304'"],
  ['60', ''],
  ['62c3bc', 'ü'],
  ['64f0908591', '\u{10151}'],
  ['80', []],
  ['8301820203820405', [1, [2, 3], [4, 5]]],
  ['a0', new Map()],
  [
    'a201020304',
    new Map([
      [1, 2],
      [3, 4],
    ]),
  ],
  ['826161a161626163', ['a', new Map([['b', 'c']])]],
  ['5f42010243030405ff', "h'0102030405'"],
  ['7f657374726561646d696e67ff', 'streaming'],
  ['9fff', []],
  ['9f018202039f0405ffff', [1, [2, 3], [4, 5]]],
  [
    'bf61610161629f0203ffff',
    new Map<string, unknown>([
      ['a', 1],
      ['b', [2, 3]],
    ]),
  ],
];

describe('reading', () => {
  test.each(EXAMPLES)('%s', (text, value) => {
    const { item, length, issues } = readCbor(hex(text));
    expect(issues).toEqual([]);
    expect(plain(item!)).toEqual(value);
    expect([length, item?.length]).toEqual([text.length / 2, text.length / 2]);
  });

  test.each([
    ['an item without end', '8301'],
    ['a string without end', '4501'],
    ['a length of 2⁶⁴ − 1', '5bffffffffffffffff'],
    ['a head that has no meaning', '1c'],
    ['an integer of indefinite length', '1f'],
    ['a break without a beginning', 'ff'],
    ['a simple value below 32 in two bytes', 'f814'],
    ['chunks of another kind', '5f6161ff'],
    ['chunks of indefinite length', '5f5f4101ffff'],
    ['a break in place of a value', 'bf01ff'],
    ['nothing', ''],
    ['33 arrays', '81'.repeat(33) + '00'],
  ])('%s is malformed', (_, text) => {
    const { item, issues } = readCbor(hex(text));
    expect([item, issues.map(({ code }) => code)]).toEqual([undefined, ['cbor.malformed']]);
  });

  test('32 arrays are not too deep', () => {
    expect(readCbor(hex('81'.repeat(32) + '00')).issues).toEqual([]);
  });

  test.each([
    ['numbers', 'a200f600f6'],
    ['numbers in two lengths', 'a200f61800f6'],
    ['texts', 'a26161f66161f6'],
    ['byte strings', 'a24101f64101f6'],
    ['arrays', 'a28101f68101f6'],
  ])('%s that are keys twice are an issue', (_, text) => {
    expect(readCbor(hex(text)).issues.map(({ code }) => code)).toEqual(['cbor.duplicate-key']);
  });

  test('a number and a text that looks like it are different keys', () => {
    expect(readCbor(hex('a201f66131f6')).issues).toEqual([]);
  });

  test('offsets are those of the input as given', () => {
    const bytes = concat(hex('ffff'), hex('d28243010203a10118ff'));
    const place = { path: 'x', offset: 2, length: bytes.length - 2 };
    const { item } = readCbor(bytes.subarray(2), place);
    const array = item?.kind === 'tag' ? item.item : undefined;
    const [string, map] = array?.kind === 'array' ? array.items : [];
    expect([item?.offset, array?.offset, string?.offset, string?.content, map?.offset]).toEqual([
      2, 3, 4, 5, 8,
    ]);
    expect(cborGet(map, 1)).toMatchObject({ offset: 10, length: 2, value: 255 });
    expect([cborGet(map, 2), cborGet(string, 1), cborGet(undefined, 1)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('writing', () => {
  const VALUES: readonly (readonly [CborValue, string])[] = [
    [23, '17'],
    [2 ** 32, '1b0000000100000000'],
    [-(2 ** 31), '3a7fffffff'],
    [2n ** 64n - 1n, '1bffffffffffffffff'],
    [255n, '18ff'],
    ['ü', '62c3bc'],
    ['x'.repeat(300), `79012c${'78'.repeat(300)}`],
    [new Uint8Array(256), `590100${'00'.repeat(256)}`],
    [[true, null, []], '83f5f680'],
    [{ tag: 907, value: { tag: 18, value: 1 } }, 'd9038bd201'],
  ];

  test.each(VALUES.map(([value, text]) => [text, value] as const))('%s', (text, value) => {
    expect(toHex(encodeCbor(value))).toBe(text);
    expect(readCbor(hex(text)).issues).toEqual([]);
  });

  test('keys go in the order of their encodings, whatever order they came in', () => {
    const keys = [10, 100, -1, 'z', 'aa'] as const;
    const expected = 'a50af61864f620f6617af6626161f6';
    for (const order of [keys, [...keys].reverse()])
      expect(toHex(encodeCbor(new Map(order.map((key) => [key, null]))))).toBe(expected);
  });

  test.each([1.5, NaN, 2 ** 60])('%s is the caller’s mistake', (value) => {
    expect(() => encodeCbor(value)).toThrow(TypeError);
  });
});

/** The leaves tile the tree. */
function expectTiled(node: Node): void {
  let at = node.offset;
  for (const { offset, length } of leaves(node)) {
    expect(offset).toBe(at);
    at = offset + length;
  }
  expect(at).toBe(node.offset + node.length);
}

describe('for display', () => {
  test('every example is tiled by its leaves', () => {
    for (const [text] of EXAMPLES) expectTiled(cborNode(readCbor(hex(text)).item!));
  });

  test('keys have the names of the table, and values their meanings', () => {
    const inner = encodeCbor(new Map([[2, 'deep']]));
    const bytes = encodeCbor(
      new Map<number | string, CborValue>([
        [1, 3],
        ['x', [5, 6]],
        [7, inner],
        [9, hex('ff')],
      ]),
    );
    const node = cborNode(
      readCbor(bytes).item!,
      {
        1: { name: 'state', doc: 'Life cycle', spec: 'A §1', meanings: { 3: 'secured' } },
        x: { name: 'list', inner: { '*': 'entry', 1: 'second' } },
        7: { name: 'inner', wrapped: true, inner: { 2: 'depth' } },
        9: { name: 'opaque', wrapped: true },
      },
      'Token',
    );
    expectTiled(node);
    expect(node.name).toBe('Token');
    expect(node.children.map(({ path }) => path)).toEqual(['head', 'state', 'inner', 'opaque', 'list']);
    expect(node.children[1]).toMatchObject({
      value: 3,
      meaning: 'secured',
      doc: 'Life cycle',
      spec: 'A §1',
      offset: 1,
      length: 2,
    });
    expect(leaves(node).map(({ path }) => path)).toEqual([
      ...['head', 'state', 'inner.key', 'inner.head', 'inner.content.head', 'inner.content.depth', 'opaque'],
      ...['list.key', 'list.head', 'list.entry', 'list.second'],
    ]);
  });
});

const tokens = vectors('evidence/cca').filter(({ file }) => file.endsWith('.cbor'));

describeVectors('real tokens are read without an issue and tiled', 12, tokens, ({ file }) => {
  const bytes = readVector(file);
  const { item, issues, length } = readCbor(bytes);
  expect([issues, length]).toEqual([[], bytes.length]);
  expectTiled(cborNode(item!, { '*': { name: 'token', wrapped: true, inner: sign1Names({}) } }));
});
