/** The elements of layout tables: numbers, bytes, text, enumerations, arrays, windows and choices. */
import {
  concatAll,
  guidBytes,
  guidText,
  isFilledWith,
  latin1Bytes,
  latin1Text,
  toHex,
  utf16Bytes,
  utf16Text,
} from '../bytes.ts';
import { EndOfData, type Cursor, type Siblings, type Sink } from './cursor.ts';

/** What a codec is made of, for tables in documents, generated samples and checks. */
export type Shape =
  | { readonly kind: 'uint'; readonly size: number; readonly endian: 'le' | 'be' }
  | { readonly kind: 'bytes' | 'ascii' | 'utf16'; readonly count: Count }
  | { readonly kind: 'reserved'; readonly size: number }
  | { readonly kind: 'guid' }
  | { readonly kind: 'rest' }
  | { readonly kind: 'enum'; readonly base: Codec<number>; readonly table: EnumTable }
  | { readonly kind: 'flags'; readonly base: Codec<number> | Codec<bigint>; readonly table: FlagTable }
  | { readonly kind: 'prefixed'; readonly prefix: Codec<number>; readonly item: Codec<unknown> }
  | { readonly kind: 'array'; readonly item: Codec<unknown>; readonly count: Count }
  | { readonly kind: 'window'; readonly item: Codec<unknown>; readonly count: Count }
  | { readonly kind: 'choice'; readonly of: string; readonly pick: (siblings: Siblings) => Codec<unknown> }
  | { readonly kind: 'struct'; readonly name: string; readonly rows: Readonly<Record<string, Row>> };

/** One way to read and write a value of type T. */
export interface Codec<T> {
  readonly shape: Shape;
  /** Size in bytes where it is always the same. */
  readonly size: number | undefined;
  read(cursor: Cursor): T;
  write(sink: Sink, value: T): void;
}

/** One row of a structure's table. */
export interface Field<T> {
  readonly codec: Codec<T>;
  readonly doc: string;
  readonly spec?: string;
}

/** A row whose value type does not matter. */
export interface Row {
  readonly codec: Codec<unknown>;
  readonly doc: string;
  readonly spec?: string;
}

/** How many: a number, the name of an earlier field that holds it, or a function of the earlier fields. */
export type Count = number | string | ((siblings: Siblings) => number);

export function field<T>(codec: Codec<T>, doc: string, spec?: string): Field<T> {
  return spec === undefined ? { codec, doc } : { codec, doc, spec };
}

function countOf(count: Count, siblings: Siblings): number {
  const value =
    typeof count === 'string' ? siblings[count] : typeof count === 'function' ? count(siblings) : count;
  return Number(value);
}

function fixed(count: Count, unit = 1): number | undefined {
  return typeof count === 'number' ? count * unit : undefined;
}

function uint(size: 1 | 2 | 4, endian: 'le' | 'be'): Codec<number> {
  const little = endian === 'le';
  return {
    shape: { kind: 'uint', size, endian },
    size,
    read(cursor) {
      const at = cursor.take(size);
      if (size === 1) return cursor.view.getUint8(at);
      return size === 2 ? cursor.view.getUint16(at, little) : cursor.view.getUint32(at, little);
    },
    write(sink, value) {
      if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * size)) {
        sink.refuse(`an unsigned ${String(8 * size)}-bit number`, String(value));
      }
      const bytes = new Uint8Array(size);
      const view = new DataView(bytes.buffer);
      if (size === 1) view.setUint8(0, value);
      else if (size === 2) view.setUint16(0, value, little);
      else view.setUint32(0, value, little);
      sink.push(bytes);
    },
  };
}

function uint64(endian: 'le' | 'be'): Codec<bigint> {
  const little = endian === 'le';
  return {
    shape: { kind: 'uint', size: 8, endian },
    size: 8,
    read: (cursor) => cursor.view.getBigUint64(cursor.take(8), little),
    write(sink, value) {
      if (value < 0n || value >= 1n << 64n) sink.refuse('an unsigned 64-bit number', String(value));
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, value, little);
      sink.push(bytes);
    },
  };
}

export const u8: Codec<number> = /* @__PURE__ */ uint(1, 'le');
export const u16le: Codec<number> = /* @__PURE__ */ uint(2, 'le');
export const u32le: Codec<number> = /* @__PURE__ */ uint(4, 'le');
export const u64le: Codec<bigint> = /* @__PURE__ */ uint64('le');
export const u16be: Codec<number> = /* @__PURE__ */ uint(2, 'be');
export const u32be: Codec<number> = /* @__PURE__ */ uint(4, 'be');
export const u64be: Codec<bigint> = /* @__PURE__ */ uint64('be');

function byteString<T>(
  kind: 'bytes' | 'ascii' | 'utf16',
  count: Count,
  unit: number,
  decode: (bytes: Uint8Array) => T,
  encode: (value: T) => Uint8Array,
): Codec<T> {
  return {
    shape: { kind, count },
    size: fixed(count, unit),
    read: (cursor) => decode(cursor.slice(unit * countOf(count, cursor.siblings))),
    write(sink, value) {
      const bytes = encode(value);
      const expected = unit * countOf(count, sink.siblings);
      if (bytes.length !== expected)
        sink.refuse(`${String(expected)} bytes`, `${String(bytes.length)} bytes`);
      sink.push(bytes);
    },
  };
}

/** `count` bytes, as a view into the input. */
export function bytes(count: Count): Codec<Uint8Array> {
  return byteString(
    'bytes',
    count,
    1,
    (value) => value,
    (value) => value,
  );
}

/** `count` bytes as text, one character a byte; NULs stay in. */
export function ascii(count: Count): Codec<string> {
  return byteString('ascii', count, 1, latin1Text, latin1Bytes);
}

/** `count` UTF-16LE code units as text; NULs stay in. */
export function utf16(count: Count): Codec<string> {
  return byteString('utf16', count, 2, utf16Text, utf16Bytes);
}

/** All bytes to the end of the window, as a view. */
export const rest: Codec<Uint8Array> = {
  shape: { kind: 'rest' },
  size: undefined,
  read: (cursor) => cursor.slice(cursor.left),
  write(sink, value) {
    sink.push(value);
  },
};

/** Bytes that the specification wants zero; others are kept, with an issue. */
export function reserved(size: number): Codec<Uint8Array> {
  return {
    shape: { kind: 'reserved', size },
    size,
    read(cursor) {
      const value = cursor.slice(size);
      if (!isFilledWith(value, 0)) {
        cursor.issue('layout.reserved-not-zero', { hex: toHex(value) }, cursor.offset - size, size);
      }
      return value;
    },
    write(sink, value) {
      if (value.length !== size) sink.refuse(`${String(size)} bytes`, `${String(value.length)} bytes`);
      sink.push(value);
    },
  };
}

/** A GUID as text, first three fields little-endian. */
export const guid: Codec<string> = {
  shape: { kind: 'guid' },
  size: 16,
  read: (cursor) => guidText(cursor.slice(16)),
  write(sink, value) {
    sink.push(guidBytes(value) ?? sink.refuse('a GUID', JSON.stringify(value)));
  },
};

/** Named values of an enumeration. */
export interface EnumEntry {
  readonly value: number;
  readonly name: string;
  readonly title?: string;
  readonly spec?: string;
}
export type EnumTable = readonly EnumEntry[];

/** A number with named values. An unknown one is kept, with an issue. */
export function enumOf(base: Codec<number>, table: EnumTable): Codec<number> {
  const names = new Map(table.map((entry) => [entry.value, entry.name]));
  return {
    shape: { kind: 'enum', base, table },
    size: base.size,
    read(cursor) {
      const start = cursor.offset;
      const value = base.read(cursor);
      const name = names.get(value);
      if (name === undefined) {
        const known = table.map((entry) => `0x${entry.value.toString(16)} ${entry.name}`).join(', ');
        cursor.issue(
          'layout.unknown-value',
          { value: `0x${value.toString(16)}`, known },
          start,
          cursor.offset - start,
        );
      } else cursor.mean(name);
      return value;
    },
    write: (sink, value) => {
      base.write(sink, value);
    },
  };
}

/** Bit number of each flag. */
export type FlagTable = Readonly<Record<string, number>>;

/** The names of the flags that are set. */
export function flagNames(table: FlagTable, value: number | bigint): string[] {
  return Object.keys(table).filter((name) => (BigInt(value) >> BigInt(table[name] ?? 0)) & 1n);
}

/** A number of named bits. Undefined bits are kept, with an issue. */
export function flags<T extends number | bigint>(base: Codec<T>, table: FlagTable): Codec<T> {
  const known = Object.values(table).reduce((mask, bit) => mask | (1n << BigInt(bit)), 0n);
  return {
    shape: { kind: 'flags', base: base as Codec<number> | Codec<bigint>, table },
    size: base.size,
    read(cursor) {
      const start = cursor.offset;
      const value = base.read(cursor);
      const unknown = BigInt(value) & ~known;
      if (unknown !== 0n) {
        cursor.issue(
          'layout.unknown-bits',
          { bits: `0x${unknown.toString(16)}` },
          start,
          cursor.offset - start,
        );
      }
      cursor.mean(flagNames(table, value).join(' | ') || 'none');
      return value;
    },
    write: (sink, value) => {
      base.write(sink, value);
    },
  };
}

/** A window that goes on past the data: what is there is read, and the decode ends. */
function readCutWindow(cursor: Cursor, length: number, item: Codec<unknown>): never {
  const { offset, left } = cursor;
  item.read(cursor);
  cursor.issue('layout.truncated', { needed: length, left }, offset, left);
  throw new EndOfData();
}

/** Reads `item` in a window of `length` bytes; bytes it leaves are an issue. */
function readWindow<T>(cursor: Cursor, length: number, item: Codec<T>): T {
  const { end } = cursor;
  if (length > cursor.left) readCutWindow(cursor, length, item);
  cursor.end = cursor.offset + length;
  const value = item.read(cursor);
  if (cursor.left > 0) {
    cursor.issue('layout.unread', { count: cursor.left }, cursor.offset, cursor.left);
    cursor.field('unread', 'Bytes that no field describes', undefined, () => rest.read(cursor));
  }
  cursor.end = end;
  return value;
}

/** A byte length, then an item of that many bytes. */
export function prefixed<T>(prefix: Codec<number>, item: Codec<T>): Codec<T> {
  return {
    shape: { kind: 'prefixed', prefix, item: item },
    size: undefined,
    read(cursor) {
      const length = cursor.field('length', 'Length in bytes', undefined, () => prefix.read(cursor));
      return cursor.field('data', 'Content', undefined, () => readWindow(cursor, length, item));
    },
    write(sink, value) {
      const inner = encodeInto(sink, item, value);
      prefix.write(sink, inner.length);
      sink.push(inner);
    },
  };
}

/** An item in a window whose length an earlier field holds. */
export function windowOf<T>(count: Count, item: Codec<T>): Codec<T> {
  return {
    shape: { kind: 'window', count, item: item },
    size: fixed(count),
    read: (cursor) => readWindow(cursor, countOf(count, cursor.siblings), item),
    write(sink, value) {
      const inner = encodeInto(sink, item, value);
      const expected = countOf(count, sink.siblings);
      if (inner.length !== expected)
        sink.refuse(`${String(expected)} bytes`, `${String(inner.length)} bytes`);
      sink.push(inner);
    },
  };
}

function encodeInto<T>(sink: Sink, item: Codec<T>, value: T): Uint8Array {
  const mark = sink.parts.length;
  const { length } = sink;
  item.write(sink, value);
  const inner = concatAll(sink.parts.splice(mark));
  sink.length = length;
  return inner;
}

/** `count` items one after another. A count that cannot fit in what is left ends the decode at once. */
export function array<T>(item: Codec<T>, count: Count): Codec<T[]> {
  return {
    shape: { kind: 'array', item: item, count },
    size: typeof count === 'number' && item.size !== undefined ? count * item.size : undefined,
    read(cursor) {
      const total = countOf(count, cursor.siblings);
      const least = total * (item.size ?? 1);
      if (least > cursor.left) cursor.take(least);
      const items: T[] = [];
      cursor.hold(items);
      for (let i = 0; i < total; i++) {
        items.push(cursor.field(`[${String(i)}]`, 'Item', undefined, () => item.read(cursor)));
      }
      return items;
    },
    write(sink, value) {
      const total = countOf(count, sink.siblings);
      if (value.length !== total) sink.refuse(`${String(total)} items`, `${String(value.length)} items`);
      value.forEach((one, i) => {
        sink.within(`[${String(i)}]`, () => {
          item.write(sink, one);
        });
      });
    },
  };
}

/** A codec that earlier fields decide; `of` names what decides, for documents. */
export function choice<T>(of: string, pick: (siblings: Siblings) => Codec<T>): Codec<T> {
  return {
    shape: { kind: 'choice', of, pick: pick },
    size: undefined,
    read: (cursor) => pick(cursor.siblings).read(cursor),
    write: (sink, value) => {
      pick(sink.siblings).write(sink, value);
    },
  };
}
