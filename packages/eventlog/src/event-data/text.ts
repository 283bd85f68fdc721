/** Text in event data: recognised, and made safe and short enough to show. */
import { printable, shortHex, utf16Text, utf8Text } from '@tsm/core';

/** Characters of a title, typical table cells being narrower than this. */
export const TITLE_MAX = 64;

/** {@link printable}, cut to `max` characters with an ellipsis. */
export function titleText(text: string, max = TITLE_MAX): string {
  // Escapes only lengthen, so no more than this can be shown; a hostile log may hold megabytes.
  const safe = printable(text.slice(0, max + 1));
  return safe.length <= max && text.length <= max
    ? safe
    : `${safe.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** Text up to the first NUL, as UTF-8. */
export function cText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return utf8Text(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Number of UTF-16 code units before the first NUL unit; -1 when there is none. */
export function wideEnd(bytes: Uint8Array): number {
  for (let i = 0; i + 1 < bytes.length; i += 2) if (bytes[i] === 0 && bytes[i + 1] === 0) return i / 2;
  return -1;
}

/** Text up to the first NUL, as UTF-16LE. */
export function wideText(bytes: Uint8Array): string {
  const end = wideEnd(bytes);
  return utf16Text(end < 0 ? bytes : bytes.subarray(0, 2 * end));
}

/** Text found in bytes, and how many of the bytes it takes with the NUL that ends it. */
export interface FoundText {
  readonly text: string;
  readonly encoding: 'utf-8' | 'utf-16le';
  readonly length: number;
}

/** Is this UTF-16LE whose first characters are Latin? */
function looksWide(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes.length % 2 === 0 && bytes[0] !== 0 && bytes[1] === 0 && bytes[3] === 0;
}

/** The bytes as text, if they are text up to a NUL or to the end; undefined for anything else. */
export function findText(bytes: Uint8Array): FoundText | undefined {
  const wide = looksWide(bytes);
  const text = wide ? wideText(bytes) : cText(bytes);
  // eslint-disable-next-line no-control-regex -- text holds none of these
  if (text === '' || /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffd]/.test(text))
    return undefined;
  const end = wide ? 2 * wideEnd(bytes) : bytes.indexOf(0);
  const length = end < 0 ? bytes.length : end + (wide ? 2 : 1);
  return { text, encoding: wide ? 'utf-16le' : 'utf-8', length };
}

/** `01`, or `2dc71230…43f4 (48 bytes)`, or `(empty)`. */
export function hexTitle(bytes: Uint8Array): string {
  if (bytes.length === 0) return '(empty)';
  return bytes.length <= 16 ? shortHex(bytes, 32, 0) : `${cutHex(bytes)} (${String(bytes.length)} bytes)`;
}

/** {@link shortHex} without converting megabytes first. */
function cutHex(bytes: Uint8Array): string {
  return `${shortHex(bytes.subarray(0, 8), 16, 0)}…${shortHex(bytes.subarray(bytes.length - 4), 8, 0)}`;
}

/** `1 table`, `3 tables`. */
export function counted(count: number | bigint, noun: string): string {
  return `${String(count)} ${noun}${Number(count) === 1 ? '' : 's'}`;
}

/** `0xff000000`. */
export function hexNumber(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}
