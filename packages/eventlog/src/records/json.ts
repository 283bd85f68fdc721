/** JSON records with their byte ranges: where each value of an array or a sequence stands (RFC 8259, RFC 7464). */
import { fromHex, utf8Text } from '@tsm/core';
import type { Note } from './record-log.ts';

const [QUOTE, BACKSLASH, COMMA, OPEN, CLOSE, OPEN_ARRAY, CLOSE_ARRAY] = [34, 92, 44, 123, 125, 91, 93];
/** Separates the records of a JSON text sequence. */
export const RS = 0x1e;
/** Values nested deeper than this are no record of any log. */
const MAX_DEPTH = 32;

const isSpace = (byte: number | undefined): boolean =>
  byte === 32 || byte === 10 || byte === 13 || byte === 9;

/** Offset of the first byte from `at` that is no white space. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  let offset = at;
  while (isSpace(bytes[offset])) offset++;
  return offset;
}

/** End of the string whose quote is at `at`; the end of the bytes where it has none. */
function stringEnd(bytes: Uint8Array, at: number): number {
  let offset = at + 1;
  while (offset < bytes.length && bytes[offset] !== QUOTE) offset += bytes[offset] === BACKSLASH ? 2 : 1;
  return Math.min(offset + 1, bytes.length + 1);
}

/** End of the plain word (number, true) at `at`. */
function wordEnd(bytes: Uint8Array, at: number): number {
  let offset = at;
  while (offset < bytes.length) {
    const byte = bytes[offset];
    if (byte === COMMA || byte === CLOSE || byte === CLOSE_ARRAY || byte === RS || isSpace(byte)) break;
    offset++;
  }
  return offset;
}

/** End of the value at `at`, by its brackets and quotes alone; past the bytes where they end inside it. */
function valueEnd(bytes: Uint8Array, at: number): { end: number; deepest: number } {
  let depth = 0;
  let deepest = 0;
  let offset = at;
  while (offset < bytes.length) {
    const byte = bytes[offset];
    if (byte === QUOTE) offset = stringEnd(bytes, offset);
    else if (byte === OPEN || byte === OPEN_ARRAY) deepest = Math.max(deepest, ++depth);
    else if (byte === CLOSE || byte === CLOSE_ARRAY) depth--;
    else if (depth === 0) return { end: wordEnd(bytes, offset), deepest };
    if (byte !== QUOTE) offset++;
    if (depth <= 0) return { end: offset, deepest };
  }
  return { end: bytes.length + 1, deepest };
}

/** One value and its byte range; `value` is undefined for what is not JSON, or too deep. */
export interface JsonItem {
  readonly start: number;
  readonly end: number;
  readonly value: unknown;
  readonly problem?: 'truncated' | 'syntax' | 'depth';
}

/** The value of a byte range, or undefined. */
export function parseRange(bytes: Uint8Array, start: number, end: number): unknown {
  try {
    return JSON.parse(utf8Text(bytes.subarray(start, end)));
  } catch {
    // Not JSON: the caller says so, with its place.
    return undefined;
  }
}

function itemAt(bytes: Uint8Array, start: number): JsonItem {
  const { end, deepest } = valueEnd(bytes, start);
  if (end > bytes.length) return { start, end: bytes.length, value: undefined, problem: 'truncated' };
  if (deepest > MAX_DEPTH) return { start, end, value: undefined, problem: 'depth' };
  const value = end > start ? parseRange(bytes, start, end) : undefined;
  return value === undefined ? { start, end, value, problem: 'syntax' } : { start, end, value };
}

/** Visits the values of the array at `from`, up to `to`; gives the offset after its bracket, or where reading stopped. */
export function forEachItem(
  bytes: Uint8Array,
  from: number,
  visit: (item: JsonItem) => unknown,
): { end: number; closed: boolean } {
  let at = skipSpace(bytes, from);
  if (bytes[at] !== OPEN_ARRAY) return { end: from, closed: false };
  at = skipSpace(bytes, at + 1);
  if (bytes[at] === CLOSE_ARRAY) return { end: at + 1, closed: true };
  while (at < bytes.length) {
    const item = itemAt(bytes, at);
    if (visit(item) === false) return { end: item.end, closed: false };
    at = skipSpace(bytes, item.end);
    if (bytes[at] === CLOSE_ARRAY) return { end: at + 1, closed: true };
    if (bytes[at] !== COMMA) return { end: item.end, closed: false };
    at = skipSpace(bytes, at + 1);
  }
  return { end: bytes.length, closed: false };
}

/** Visits the members of the object at `from`. */
export function forEachMember(
  bytes: Uint8Array,
  from: number,
  visit: (name: unknown, start: number) => void,
): void {
  let at = skipSpace(bytes, from + 1);
  while (bytes[at] === QUOTE) {
    const nameEnd = stringEnd(bytes, at);
    const start = skipSpace(bytes, skipSpace(bytes, nameEnd) + 1);
    visit(parseRange(bytes, at, nameEnd), start);
    at = skipSpace(bytes, valueEnd(bytes, start).end);
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1);
  }
}

/** Visits the values that follow each other with nothing but white space between; gives where reading stopped. */
export function forEachValue(bytes: Uint8Array, visit: (item: JsonItem) => unknown): number {
  let at = skipSpace(bytes, 0);
  while (at < bytes.length) {
    const item = itemAt(bytes, at);
    if (visit(item) === false || item.end === at) return item.end;
    at = skipSpace(bytes, item.end);
  }
  return at;
}

/** The first value of an array of JSON text, or of a sequence; undefined where there is none. */
export function firstItem(bytes: Uint8Array): JsonItem | undefined {
  const start = skipSpace(bytes, 0);
  const at = bytes[start] === OPEN_ARRAY ? skipSpace(bytes, start + 1) : start;
  return bytes[at] === OPEN ? itemAt(bytes, at) : undefined;
}

/** Does the text begin with the bracket of an array? */
export const opensArray = (bytes: Uint8Array): boolean => bytes[skipSpace(bytes, 0)] === OPEN_ARRAY;

/** Says what is wrong with an item. True when it can be used. */
export function noteItem(note: Note, { start, end, problem }: JsonItem, field = ''): boolean {
  if (problem === undefined) return true;
  if (problem === 'truncated') note('record.truncated', { what: 'a JSON record' }, field, start, end - start);
  else if (problem === 'depth') note('record.too-deep', { max: MAX_DEPTH }, field, start, end - start);
  else note('record.syntax', { what: 'JSON' }, field, start, end - start);
  return false;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** The value as an object with members, or undefined. */
export function objectOf(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

/** The value as a whole number from 0 to 2^53 − 1, or undefined. */
export function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** The value as the bytes of a hexadecimal text, or undefined. */
export function hexOf(value: unknown): Uint8Array | undefined {
  return typeof value === 'string' ? fromHex(value) : undefined;
}

/** A value in words for a message, cut short: a hostile log may hold megabytes. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return JSON.stringify(value.length > 24 ? `${value.slice(0, 24)}…` : value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : `a ${typeof value}`;
}
