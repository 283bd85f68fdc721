/**
 * Where the items of CBOR stand, and what is wrong with them, before any of it is decoded: depth, lengths, duplicate
 * keys. Linear in the bytes. Source: RFC 8949 §3, §5.6.
 */
import { toHex } from '@tsm/core';

/** Records nest less than half as deep. */
const MAX_DEPTH = 12;
const [TEXT, ARRAY, MAP, TAG, SIMPLE] = [3, 4, 5, 6, 7];
const INDEFINITE = 31;
const BREAK = 0xff;

/** Why an item cannot be used. */
export type CborWhy =
  | 'it ends inside an item'
  | 'nested too deep'
  | 'a tag'
  | 'a head that has no meaning'
  | 'a key that is neither number nor text';

/** Head of an item: the argument is a length or a count; undefined where the bytes are no head. */
interface Head {
  readonly major: number;
  readonly info: number;
  readonly argument: number;
  /** Offset after the head. */
  readonly at: number;
}

/** Sizes of arguments by the low five bits of the first byte. */
const ARGUMENT_SIZES: Readonly<Record<number, number>> = { 24: 1, 25: 2, 26: 4, 27: 8 };

function headAt(bytes: Uint8Array, at: number): Head | CborWhy {
  const first = bytes[at];
  if (first === undefined) return 'it ends inside an item';
  const [major, info] = [first >> 5, first & 31];
  if (info < 24) return { major, info, argument: info, at: at + 1 };
  if (info === INDEFINITE && (major === ARRAY || major === MAP))
    return { major, info, argument: Infinity, at: at + 1 };
  const size = ARGUMENT_SIZES[info];
  if (size === undefined) return 'a head that has no meaning';
  if (at + 1 + size > bytes.length) return 'it ends inside an item';
  let argument = 0;
  for (let i = 1; i <= size; i++) argument = 256 * argument + (bytes[at + i] ?? 0);
  return { major, info, argument, at: at + 1 + size };
}

/** Walks one item; `keys` collects keys that occur twice in a map. */
export class CborScan {
  why: CborWhy | undefined;
  readonly keys: string[] = [];
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** End of the item at `at`; −1 with {@link why} where it cannot be used. */
  end(at: number, depth = 0): number {
    const head = headAt(this.bytes, at);
    if (typeof head === 'string') return this.refuse(head);
    const { major, argument } = head;
    if (depth > MAX_DEPTH) return this.refuse('nested too deep');
    if (major === TAG) return this.refuse('a tag');
    if (major === ARRAY) return this.items(head, () => true, depth);
    if (major === MAP) return this.map(head, depth);
    if (major === 2 || major === TEXT) {
      const end = head.at + argument;
      return end <= this.bytes.length ? end : this.refuse('it ends inside an item');
    }
    return major === SIMPLE && head.info === 24 ? this.refuse('a head that has no meaning') : head.at;
  }

  /** End of the array at `at`, with a call for each of its items; `visit` gives the end of the item, or −1. */
  array(at: number, visit: (at: number) => number): number {
    const head = headAt(this.bytes, at);
    if (typeof head === 'string') return this.refuse(head);
    return this.each(head, head.argument, visit);
  }

  private items(head: Head, check: (at: number) => boolean, depth: number): number {
    return this.each(head, head.argument, (at) => (check(at) ? this.end(at, depth + 1) : -1));
  }

  private map(head: Head, depth: number): number {
    const seen = new Set<string>();
    let key = true;
    return this.each(head, 2 * head.argument, (at) => {
      const major = (this.bytes[at] ?? 0) >> 5;
      if (key && (major === ARRAY || major === MAP || major === SIMPLE || major === 2))
        return this.refuse('a key that is neither number nor text');
      const end = this.end(at, depth + 1);
      if (key && end >= 0) this.note(seen, at, end);
      key = !key;
      return end;
    });
  }

  private note(seen: Set<string>, at: number, end: number): void {
    const first = this.bytes[at] ?? 0;
    const text = end === at + 1 ? String(first) : toHex(this.bytes.subarray(at, Math.min(end, at + 64)));
    if (seen.has(text)) this.keys.push(text);
    seen.add(text);
  }

  private each(head: Head, count: number, visit: (at: number) => number): number {
    let { at } = head;
    for (let i = 0; i < count; i++) {
      if (head.info === INDEFINITE && this.bytes[at] === BREAK) return at + 1;
      at = visit(at);
      if (at < 0) return -1;
    }
    return at;
  }

  private refuse(why: CborWhy): number {
    this.why = why;
    return -1;
  }
}

/** Does an array, or a map, begin here? */
export const isArrayHead = (byte: number | undefined): boolean => byte !== undefined && byte >> 5 === ARRAY;
export const isMapHead = (byte: number | undefined): boolean => byte !== undefined && byte >> 5 === MAP;
