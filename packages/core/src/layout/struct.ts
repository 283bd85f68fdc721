/** Structures: one table of rows gives decode, encode, size, type, byte ranges and documents. */
import { TsmError, type Issue } from '../issue.ts';
import type { Codec, Field, Row } from './codec.ts';
import { Cursor, EndOfData, Sink } from './cursor.ts';
import type { Node } from './tree.ts';

export type Rows = Readonly<Record<string, Row>>;

/** The value type of a table of rows. */
export type RowValues<R extends Rows> = { -readonly [K in keyof R]: R[K] extends Field<infer T> ? T : never };

/** A wire structure. */
export interface Layout<T> extends Codec<T> {
  readonly name: string;
  readonly spec: string;
  readonly rows: Rows;
}

/** The value type of a layout. */
export type Infer<L> = L extends Layout<infer T> ? T : never;

/** A wire structure from its rows, in wire order. `spec` is the document and section it is taken from. */
export function struct<R extends Rows>(name: string, spec: string, rows: R): Layout<RowValues<R>> {
  const entries = Object.entries(rows) as [string, Field<unknown>][];
  const sizes = entries.map(([, row]) => row.codec.size);
  const size = sizes.every((one) => one !== undefined) ? sizes.reduce((sum, one) => sum + one, 0) : undefined;
  return {
    name,
    spec,
    rows,
    shape: { kind: 'struct', name, rows },
    size,
    read(cursor) {
      const outer = cursor.siblings;
      const value: Record<string, unknown> = {};
      cursor.hold(value);
      for (const [key, row] of entries) {
        cursor.siblings = value;
        value[key] = cursor.field(key, row.doc, row.spec, () => row.codec.read(cursor));
      }
      cursor.siblings = outer;
      return value as RowValues<R>;
    },
    write(sink, value) {
      const outer = sink.siblings;
      const values = value as Readonly<Record<string, unknown>>;
      for (const [key, row] of entries) {
        sink.siblings = values;
        sink.within(key, () => {
          if (values[key] === undefined) sink.refuse('a value', 'undefined');
          row.codec.write(sink, values[key]);
        });
      }
      sink.siblings = outer;
    },
  };
}

/** What a decode found. It never throws on data. */
export interface Decoded<T> {
  /** The value, when every field was there. */
  readonly value: T | undefined;
  /** Every field that was read, complete or not. */
  readonly tree: Node;
  readonly issues: readonly Issue[];
  /** Bytes used, from `offset`. */
  readonly length: number;
}

export interface DecodeOptions {
  /** Where the structure starts. Default 0. */
  readonly offset?: number;
  /** Where the window ends. Default: the end of the bytes. */
  readonly end?: number;
  /** Path of the structure, put before every path below it. */
  readonly path?: string;
}

/** Decodes one structure. Bytes after it are left alone. */
export function decode<T>(layout: Layout<T>, bytes: Uint8Array, options: DecodeOptions = {}): Decoded<T> {
  const { offset = 0, end = bytes.length, path = '' } = options;
  const tree: Node = {
    name: layout.name,
    path,
    offset,
    length: 0,
    value: undefined,
    doc: layout.name,
    spec: layout.spec,
    children: [],
  };
  const cursor = new Cursor(bytes, tree, end);
  let value: T | undefined;
  try {
    value = layout.read(cursor);
  } catch (error) {
    if (!(error instanceof EndOfData)) throw error;
  }
  tree.length = cursor.offset - offset;
  return { value, tree, issues: cursor.issues, length: tree.length };
}

/** {@link decode}, but an error in the data throws a TsmError with the issue's code. */
export function decodeStrict<T>(layout: Layout<T>, bytes: Uint8Array, options: DecodeOptions = {}): T {
  const { value, issues } = decode(layout, bytes, options);
  const issue = issues.find((one) => one.severity === 'error');
  if (value === undefined || issue)
    throw new TsmError(issue?.code ?? 'layout.truncated', issue?.message ?? '', issue);
  return value;
}

/** The bytes of a value. A value that does not fit its layout is a RangeError that names the field. */
export function encode<T>(layout: Codec<T>, value: T): Uint8Array {
  const sink = new Sink();
  layout.write(sink, value);
  return sink.bytes();
}

/** The fixed size of a layout in bytes; a TypeError for one without. */
export function sizeOf(layout: Layout<unknown>): number {
  if (layout.size === undefined) throw new TypeError(`layout: ${layout.name} has no fixed size`);
  return layout.size;
}
