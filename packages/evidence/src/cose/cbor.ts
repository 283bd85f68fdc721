/** CBOR, read into a tree with byte ranges. Source: RFC 8949. */
import type { Issue, Place } from '@tsm/core';
import { CborError, CborReader } from './cbor-reader.ts';

/** What labels of maps are in evidence. */
export type CborKey = number | bigint | string;

/** Offsets in the input as given. */
interface Range {
  readonly offset: number;
  readonly length: number;
  /** Offset of the content, after the head. */
  readonly content: number;
}

/** Numbers beyond 2⁵³ are bigints. Bytes are views of the input, unless they came in chunks. */
export type CborItem = Range &
  (
    | { readonly kind: 'int'; readonly value: number | bigint }
    | { readonly kind: 'bytes'; readonly value: Uint8Array }
    | { readonly kind: 'text'; readonly value: string }
    | { readonly kind: 'array'; readonly items: readonly CborItem[] }
    | { readonly kind: 'map'; readonly entries: readonly (readonly [key: CborItem, value: CborItem])[] }
    | { readonly kind: 'tag'; readonly tag: number | bigint; readonly item: CborItem }
    /** false, true, null, undefined, or the number of another simple value. */
    | { readonly kind: 'simple'; readonly value: boolean | null | undefined | number }
    | { readonly kind: 'float'; readonly value: number }
  );

export interface ReadCbor {
  /** Undefined when the bytes do not begin with one whole item. */
  readonly item: CborItem | undefined;
  /** Bytes of the item; 0 without one. */
  readonly length: number;
  readonly issues: readonly Issue[];
}

/** The first item of the bytes; what follows it is an issue. Never throws on data. `place`: where the bytes stand in their input. */
export function readCbor(
  bytes: Uint8Array,
  place: Place = { path: '', offset: 0, length: bytes.length },
): ReadCbor {
  const reader = new CborReader(bytes, place);
  const { issues } = reader;
  try {
    const item = reader.item(0);
    const { at } = reader;
    const count = bytes.length - at;
    if (count > 0) reader.issue('cbor.trailing', { count }, at, count);
    return { item, length: at, issues };
  } catch (error) {
    if (!(error instanceof CborError)) throw error;
    // What is cut short is wrong as a whole.
    const at = error.at < bytes.length ? error.at : 0;
    reader.issue('cbor.malformed', { reason: error.message }, at, bytes.length - at);
    return { item: undefined, length: 0, issues };
  }
}

/** The value of a map under a key; undefined where it is no map or has no such key. The first of several. */
export function cborGet(item: CborItem | undefined, key: CborKey): CborItem | undefined {
  if (item?.kind !== 'map') return undefined;
  // Keys of one size compare as they are; a bigint key is one beyond 2⁵³ on both sides.
  return item.entries.find(([one]) => (one.kind === 'int' || one.kind === 'text') && one.value === key)?.[1];
}
