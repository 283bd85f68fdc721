/** CBOR, written: shortest heads, keys in order (RFC 8949 §4.2.1). */
import { toHex } from '@tsm/core';
import { Encoder, Tag } from 'cbor-x/index-no-eval';
import type { CborKey } from './cbor.ts';

/** What can be written. `undefined` and floats do not occur in evidence. */
export type CborValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CborValue[]
  | ReadonlyMap<CborKey, CborValue>
  | { readonly tag: number; readonly value: CborValue };

const encoder = new Encoder({ mapsAsObjects: false, useRecords: false, tagUint8Array: false });

/** The encoder writes into a buffer that it uses again. */
const encoded = (value: unknown): Uint8Array => new Uint8Array(encoder.encode(value));

/** Below this the encoder takes a number for a 32-bit one; above, only a bigint stays a whole number. */
const NUMBER_LIMIT = 2 ** 32;

function integer(value: number | bigint): number | bigint {
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new TypeError(`CBOR: expected a whole number, got ${String(value)}`);
  return value < NUMBER_LIMIT && value >= -NUMBER_LIMIT / 2 ? Number(value) : BigInt(value);
}

/** The same as the encoder takes it. */
function prepared(value: CborValue): unknown {
  if (typeof value === 'number' || typeof value === 'bigint') return integer(value);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (value instanceof Map) {
    const rows = Array.from(value as ReadonlyMap<CborKey, CborValue>, ([key, one]) => {
      const name = prepared(key);
      return { name, order: toHex(encoded(name)), value: prepared(one) };
    });
    return new Map(rows.sort((a, b) => (a.order < b.order ? -1 : 1)).map((row) => [row.name, row.value]));
  }
  if ('tag' in value) return new Tag(prepared(value.value), value.tag);
  return (value as readonly CborValue[]).map(prepared);
}

/** Deterministic: the same value gives the same bytes. Numbers that are not whole are a TypeError. */
export function encodeCbor(value: CborValue): Uint8Array {
  return encoded(prepared(value));
}
