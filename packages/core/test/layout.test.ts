/** The layout elements: what they read, write, refuse, and say of bad bytes. */
import { TsmError, toHex } from '@tsm/core';
import {
  array,
  ascii,
  bytes,
  choice,
  decode,
  decodeStrict,
  describeLayout,
  encode,
  enumOf,
  field,
  flags,
  guid,
  hoverText,
  LAYOUT_ISSUES,
  nodeAt,
  nodeOf,
  prefixed,
  reserved,
  rest,
  sizeOf,
  struct,
  u16be,
  u16le,
  u32le,
  u64le,
  u8,
  utf16,
  windowOf,
  type Codec,
} from '@tsm/core/layout';
import { layoutChecks } from '@tsm/core/testing';
import { describe, expect, it } from 'vitest';

const KINDS = [
  { value: 1, name: 'ONE' },
  { value: 2, name: 'TWO' },
];
const INNER = struct('Inner', 'test §1', { a: field(u8, 'A'), b: field(u16be, 'B') });
const EVERYTHING = struct('Everything', 'test §2', {
  kind: field(enumOf(u16le, KINDS), 'Kind'),
  options: field(flags(u64le, { DEBUG: 0, LAST: 63 }), 'Options', 'test §2.1'),
  zero: field(reserved(3), 'Zero'),
  id: field(guid, 'Id'),
  nameLength: field(u8, 'Units of name'),
  name: field(utf16('nameLength'), 'Name'),
  text: field(ascii(4), 'Text'),
  count: field(u8, 'Items'),
  items: field(array(INNER, 'count'), 'Items'),
  blob: field(prefixed(u32le, rest), 'Blob'),
  innerSize: field(u32le, 'Size of inner'),
  inner: field(windowOf('innerSize', INNER), 'Inner in a window'),
  chosen: field(
    choice('kind', (s): Codec<unknown> => (s['kind'] === 1 ? u8 : bytes(2))),
    'One byte or two',
  ),
  tail: field(rest, 'Tail'),
});

const SAMPLE = {
  kind: 2,
  options: 1n << 63n,
  zero: new Uint8Array(3),
  id: '8be4df61-93ca-11d2-aa0d-00e098032b8c',
  nameLength: 2,
  name: 'Hi',
  text: 'TEXT',
  count: 2,
  items: [
    { a: 1, b: 0x0203 },
    { a: 4, b: 0x0506 },
  ],
  blob: Uint8Array.of(9, 8),
  innerSize: 3,
  inner: { a: 7, b: 8 },
  chosen: Uint8Array.of(1, 2),
  tail: Uint8Array.of(0xff),
};

const HEX =
  '0200' + '0000000000000080' + '000000' + '61dfe48bca93d211aa0d00e098032b8c' + '02' + '48006900' +
  '54455854' + '02' + '010203' + '040506' + '02000000' + '0908' + '03000000' + '070008' + '0102' + 'ff'; // prettier-ignore

describe('struct', () => {
  it('encodes to the bytes written down by hand, and back to the value', () => {
    const encoded = encode(EVERYTHING, SAMPLE);
    expect(toHex(encoded)).toBe(HEX);
    const decoded = decode(EVERYTHING, encoded);
    expect(decoded.issues).toEqual([]);
    expect(decoded.value).toEqual(SAMPLE);
    expect(decoded.length).toBe(encoded.length);
  });

  for (const layout of [EVERYTHING, INNER]) {
    for (const check of layoutChecks(layout)) it(check.name, check.run);
  }

  it('decodes at an offset in a larger buffer, and in a view that does not begin its buffer', () => {
    const buffer = Uint8Array.of(0xee, 0xee, 1, 2, 3, 0xee);
    expect(decode(INNER, buffer, { offset: 2 }).value).toEqual({ a: 1, b: 0x0203 });
    expect(decode(INNER, buffer.subarray(2)).value).toEqual({ a: 1, b: 0x0203 });
  });

  it('keeps what it could read when the data ends, and says where', () => {
    const { value, tree, issues } = decode(INNER, Uint8Array.of(5, 1), { path: 'outer' });
    expect(value).toBeUndefined();
    expect(tree.children.map((node) => [node.path, node.value])).toEqual([
      ['outer.a', 5],
      ['outer.b', undefined],
    ]);
    expect(issues).toMatchObject([{ code: 'layout.truncated', path: 'outer.b', offset: 1, length: 1 }]);
  });

  it('reads what is there of a window that goes on past the data', () => {
    const layout = struct('Cut', 'test', {
      size: field(u8, 'Size'),
      inner: field(windowOf('size', INNER), 'Inner'),
    });
    const inside = decode(layout, Uint8Array.of(9, 1, 2));
    expect(inside.value).toBeUndefined();
    expect(nodeOf(inside.tree, 'inner.a')?.value).toBe(1);
    expect(inside.issues).toMatchObject([
      { code: 'layout.truncated', path: 'inner.b', offset: 2, length: 1 },
    ]);
    const after = decode(layout, Uint8Array.of(9, 1, 2, 3));
    expect(after.value).toBeUndefined();
    expect(nodeOf(after.tree, 'inner.b')?.value).toBe(0x0203);
    expect(after.issues).toMatchObject([{ code: 'layout.truncated', path: 'inner', offset: 1, length: 3 }]);
  });

  it('takes a giant count for a truncation at once', () => {
    const layout = struct('Giant', 'test', {
      n: field(u32le, 'N'),
      items: field(array(INNER, 'n'), 'Items'),
    });
    const { issues } = decode(layout, Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1, 2, 3));
    expect(issues).toMatchObject([{ code: 'layout.truncated', path: 'items' }]);
  });

  it('refuses values that do not fit, naming the field', () => {
    const wrong = (change: object) => () => encode(EVERYTHING, { ...SAMPLE, ...change });
    expect(wrong({ inner: undefined })).toThrow('inner: expected a value, got undefined');
    expect(wrong({ kind: 70_000 })).toThrow('kind: expected an unsigned 16-bit number, got 70000');
    expect(wrong({ options: -1n })).toThrow('options: expected an unsigned 64-bit number, got -1');
    expect(wrong({ id: 'nonsense' })).toThrow('id: expected a GUID, got "nonsense"');
    expect(wrong({ name: 'longer' })).toThrow('name: expected 4 bytes, got 12 bytes');
    expect(wrong({ zero: new Uint8Array(2) })).toThrow('zero: expected 3 bytes, got 2 bytes');
    expect(wrong({ items: [] })).toThrow('items: expected 2 items, got 0 items');
    expect(wrong({ innerSize: 4 })).toThrow('inner: expected 4 bytes, got 3 bytes');
    expect(wrong({ items: [SAMPLE.items[0], { a: 256, b: 0 }] })).toThrow(
      'items[1].a: expected an unsigned 8-bit',
    );
  });

  it('decodeStrict throws the first error with its code, and returns the value otherwise', () => {
    expect(decodeStrict(INNER, Uint8Array.of(1, 2, 3))).toEqual({ a: 1, b: 0x0203 });
    try {
      decodeStrict(INNER, Uint8Array.of(1));
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(TsmError);
      expect(error).toMatchObject({ code: 'layout.truncated', issue: { offset: 1 } });
    }
  });

  it('has a size only where every row has one', () => {
    expect(sizeOf(INNER)).toBe(3);
    expect(() => sizeOf(EVERYTHING)).toThrow(TypeError);
  });
});

describe('issues', () => {
  const cases: Record<string, Uint8Array> = {
    'layout.truncated': Uint8Array.of(1),
    'layout.reserved-not-zero': Uint8Array.of(1, 0, 0, 9, 1, 0, 5),
    'layout.unknown-value': Uint8Array.of(7, 0, 0, 0, 1, 0, 5),
    'layout.unknown-bits': Uint8Array.of(1, 0, 8, 0, 1, 0, 5),
    'layout.unread': Uint8Array.of(1, 0, 0, 0, 2, 0, 5, 6),
  };
  const layout = struct('Issues', 'test', {
    kind: field(enumOf(u16le, KINDS), 'Kind'),
    flags: field(flags(u8, { A: 0 }), 'Flags'),
    zero: field(reserved(1), 'Zero'),
    size: field(u16le, 'Size'),
    item: field(windowOf('size', u8), 'Item'),
  });

  it('each code of the table is raised by one of these', () => {
    expect(Object.keys(cases).sort()).toEqual([...LAYOUT_ISSUES.codes].sort());
  });
  for (const [code, data] of Object.entries(cases)) {
    it(code, () => {
      expect(decode(layout, data).issues.map((issue) => issue.code)).toEqual([code]);
    });
  }
});

describe('for people', () => {
  const { tree } = decode(EVERYTHING, encode(EVERYTHING, SAMPLE));

  it('finds nodes by offset and by path', () => {
    expect(nodeAt(tree, 0)?.path).toBe('kind');
    expect(nodeAt(tree, tree.length)).toBeUndefined();
    expect(nodeOf(tree, 'items[1].b')).toMatchObject({ value: 0x0506, length: 2 });
    expect(nodeOf(tree, 'items[2]')).toBeUndefined();
  });

  it('hover text has the name, the value, its meaning and the bytes', () => {
    const node = nodeOf(tree, 'options');
    expect(node && hoverText(node)).toBe(
      '**options** — Options\n\n`9223372036854775808 (0x8000000000000000)` LAST\n\nbytes 0x2–0xa (8) · test §2.1',
    );
  });

  it('describes a table as Markdown, with offsets as long as they are fixed', () => {
    const text = describeLayout(EVERYTHING);
    expect(text).toContain('| 2 | 8 | `options` | u64le flags | Options |');
    expect(text).toContain('| … | … | `items` | Inner[count] | Items |');
    expect(text).toContain('| … | … | `chosen` | by kind | One byte or two |');
  });
});
