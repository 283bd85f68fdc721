/**
 * Ways in which the same content is hashed by mistake: with and without a NUL, a line feed, blanks, in UTF-16 and UTF-8.
 * Each is one row: what it is called, whether it changes these bytes, and the bytes that are hashed then.
 */
import { concat, utf16Bytes, utf16Text, utf8Bytes, utf8Text } from '@tsm/core';

export interface Encoding {
  readonly words: string;
  readonly applies: (bytes: Uint8Array) => boolean;
  readonly make: (bytes: Uint8Array) => Uint8Array;
}

/** Longest data that is tried in other encodings: texts are short. */
const MAX_TEXT = 4096;

const always = (): boolean => true;
const ends = (bytes: Uint8Array, ...tail: readonly number[]): boolean =>
  tail.length <= bytes.length && tail.every((byte, i) => bytes[bytes.length - tail.length + i] === byte);
const without = (count: number) => (bytes: Uint8Array) => bytes.subarray(0, bytes.length - count);
const plus =
  (...tail: readonly number[]) =>
  (bytes: Uint8Array): Uint8Array =>
    concat(bytes, Uint8Array.from(tail));

const isSpace = (byte: number | undefined): boolean =>
  byte !== undefined && (byte === 0x20 || (byte >= 9 && byte <= 13));

function trimmed(bytes: Uint8Array): Uint8Array {
  let from = 0;
  let to = bytes.length;
  while (from < to && isSpace(bytes[from])) from++;
  while (to > from && isSpace(bytes[to - 1])) to--;
  return bytes.subarray(from, to);
}

/** Text of one byte a character, which can be written in UTF-16. */
function isNarrow(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes.length <= MAX_TEXT && !bytes.subarray(0, -1).includes(0);
}

/** UTF-16 text, most of whose high bytes are zero. */
function isWide(bytes: Uint8Array): boolean {
  if (bytes.length < 2 || bytes.length > MAX_TEXT || bytes.length % 2 !== 0) return false;
  let zeros = 0;
  for (let i = 1; i < bytes.length; i += 2) if (bytes[i] === 0) zeros++;
  return zeros * 4 >= bytes.length;
}

const wide = (bytes: Uint8Array): Uint8Array => utf16Bytes(utf8Text(bytes).replace(/\0$/, ''));
const narrow = (bytes: Uint8Array): Uint8Array => utf8Bytes(utf16Text(bytes).replace(/\0$/, ''));

export const ENCODINGS: readonly Encoding[] = [
  { words: 'with a NUL at its end', applies: always, make: plus(0) },
  { words: 'without the NUL at its end', applies: (bytes) => ends(bytes, 0), make: without(1) },
  { words: 'with a line feed at its end', applies: always, make: plus(10) },
  { words: 'without the line feed at its end', applies: (bytes) => ends(bytes, 10), make: without(1) },
  { words: 'with CR LF at its end', applies: always, make: plus(13, 10) },
  { words: 'without CR LF at its end', applies: (bytes) => ends(bytes, 13, 10), make: without(2) },
  { words: 'with a CR at its end', applies: always, make: plus(13) },
  { words: 'without the CR at its end', applies: (bytes) => ends(bytes, 13), make: without(1) },
  { words: 'with a blank at its end', applies: always, make: plus(32) },
  {
    words: 'without the blanks around it',
    applies: (bytes) => isSpace(bytes[0]) || isSpace(bytes.at(-1)),
    make: trimmed,
  },
  { words: 'in UTF-16', applies: isNarrow, make: wide },
  {
    words: 'in UTF-16, with a NUL',
    applies: isNarrow,
    make: (bytes) => concat(wide(bytes), plus(0, 0)(new Uint8Array(0))),
  },
  { words: 'with a NUL in UTF-16 at its end', applies: isWide, make: plus(0, 0) },
  {
    words: 'without the NUL in UTF-16 at its end',
    applies: (bytes) => isWide(bytes) && ends(bytes, 0, 0),
    make: without(2),
  },
  { words: 'in UTF-8', applies: isWide, make: narrow },
  { words: 'in UTF-8, with a NUL', applies: isWide, make: (bytes) => plus(0)(narrow(bytes)) },
];
