/** Reads a table of fixed size without a tree: the same values as `decode`, for the path that every verification takes. */
import type { Codec, Layout } from '@tsm/core/layout';

/** Bytes of a field, from the start of the structure. */
export interface FieldRange {
  readonly offset: number;
  readonly length: number;
}

type Read = (view: DataView, bytes: Uint8Array, at: number) => unknown;

export interface FixedReader<T> {
  readonly size: number;
  readonly ranges: ReadonlyMap<string, FieldRange>;
  /** The value at `at`; the bytes must be there. Byte strings are views. */
  read(bytes: Uint8Array, at: number): T;
  /** True when all reserved bytes are zero. */
  clean(bytes: Uint8Array, at: number): boolean;
}

function compileNumber(size: number | undefined): Read {
  if (size === 1) return (view, _, at) => view.getUint8(at);
  if (size === 2) return (view, _, at) => view.getUint16(at, true);
  if (size === 4) return (view, _, at) => view.getUint32(at, true);
  return (view, _, at) => view.getBigUint64(at, true);
}

function compile(codec: Codec<unknown>, offset: number, reserved: FieldRange[]): Read {
  const { shape, size } = codec;
  if (size === undefined) throw new TypeError('layout: a field without a fixed size');
  switch (shape.kind) {
    case 'uint':
    case 'enum':
    case 'flags': {
      const number = compileNumber(size);
      return (view, bytes, at) => number(view, bytes, at + offset);
    }
    case 'reserved':
      reserved.push({ offset, length: size });
      return (_, bytes, at) => bytes.subarray(at + offset, at + offset + size);
    case 'bytes':
      return (_, bytes, at) => bytes.subarray(at + offset, at + offset + size);
    case 'struct': {
      const fields = fieldsOf(codec, offset, reserved);
      return (view, bytes, at) => {
        const value: Record<string, unknown> = {};
        for (const { name, read } of fields) value[name] = read(view, bytes, at);
        return value;
      };
    }
    default:
      throw new TypeError(`layout: no fixed reader for ${shape.kind}`);
  }
}

function fieldsOf({ shape }: Codec<unknown>, start: number, reserved: FieldRange[]) {
  let offset = start;
  return Object.entries(shape.kind === 'struct' ? shape.rows : {}).map(([name, { codec }]) => {
    const field = { name, offset, length: codec.size ?? 0, read: compile(codec, offset, reserved) };
    offset += field.length;
    return field;
  });
}

/** Little-endian numbers, bytes, reserved bytes and structures of them; a table of other kinds is a TypeError. */
export function fixedReader<T>(layout: Layout<T>): FixedReader<T> {
  const reserved: FieldRange[] = [];
  const read = compile(layout, 0, reserved);
  const fields = fieldsOf(layout, 0, []);
  return {
    size: layout.size ?? 0,
    ranges: new Map(fields.map(({ name, offset, length }) => [name, { offset, length }])),
    read: (bytes, at) => read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), bytes, at) as T,
    clean(bytes, at) {
      for (const { offset, length } of reserved) {
        for (let i = at + offset; i < at + offset + length; i++) if (bytes[i] !== 0) return false;
      }
      return true;
    },
  };
}
