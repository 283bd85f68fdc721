/** The content of primitive DER values as numbers, text and dates. Source: ITU-T X.690 §8, §11. */
import { latin1Text, toHex, utf8Text } from '@tsm/core';
import { DerError, TAG, type DerReader, type Tlv } from './der-reader.ts';

/** OBJECT IDENTIFIER arcs are at most 128 bits (X.667 §6.3): longer ones would cost more than linear time. */
const MAX_ARC_OCTETS = 19;

export function readBoolean(reader: DerReader, tlv: Tlv): boolean {
  const value = reader.bytes[tlv.content];
  if (tlv.end - tlv.content !== 1 || (value !== 0 && value !== 0xff))
    throw new DerError(tlv.start, 'a BOOLEAN that is neither 00 nor FF');
  return value === 0xff;
}

/** The content octets of an INTEGER, which must be the fewest. */
export function integerOctets(reader: DerReader, tlv: Tlv): Uint8Array {
  const octets = reader.contentOf(tlv);
  const [first, second = 0] = octets;
  if (first === undefined) throw new DerError(tlv.start, 'an INTEGER without content');
  if (octets.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)))
    throw new DerError(tlv.start, 'an INTEGER that is not minimal');
  return octets;
}

/** INTEGER and ENUMERATED; two's complement. */
export function readInteger(reader: DerReader, tlv: Tlv): bigint {
  const octets = integerOctets(reader, tlv);
  return BigInt.asIntN(8 * octets.length, BigInt(`0x${toHex(octets)}`));
}

/** An INTEGER that must lie between 0 and 2³¹ − 1. */
export function readSmall(reader: DerReader, tlv: Tlv, what: string): number {
  const octets = integerOctets(reader, tlv);
  if (octets.length > 4 || (octets[0] ?? 0) >= 0x80)
    throw new DerError(tlv.start, `${what} is negative or too large`);
  return octets.reduce((sum, octet) => 256 * sum + octet, 0);
}

export function readOid(reader: DerReader, { content, end, start }: Tlv): string {
  const { bytes } = reader;
  if (content === end || (bytes[end - 1] ?? 0) >= 0x80)
    throw new DerError(start, 'an OBJECT IDENTIFIER that ends inside an arc');
  let text = '';
  for (let at = content; at < end;) {
    const first = at;
    if (bytes[at] === 0x80) throw new DerError(at, 'an OBJECT IDENTIFIER whose arc is not minimal');
    let arc = 0;
    let octet: number;
    do {
      octet = bytes[at++] ?? 0;
      arc = 128 * arc + (octet & 0x7f);
    } while (octet >= 0x80);
    if (at - first > MAX_ARC_OCTETS)
      throw new DerError(first, 'an OBJECT IDENTIFIER with an arc above 128 bits');
    // Seven octets are 49 bits: a number holds them exactly.
    const exact = at - first <= 7 ? arc : largeArc(bytes, first, at);
    text += text === '' ? firstArcs(exact) : `.${String(exact)}`;
  }
  return text;
}

function largeArc(bytes: Uint8Array, first: number, end: number): bigint {
  let arc = 0n;
  for (let at = first; at < end; at++) arc = (arc << 7n) | BigInt((bytes[at] ?? 0) & 0x7f);
  return arc;
}

/** The first two arcs share a number (X.690 §8.19.4). */
function firstArcs(both: number | bigint): string {
  if (typeof both === 'number' && both < 80) return `${both < 40 ? '0' : '1'}.${String(both % 40)}`;
  return `2.${typeof both === 'number' ? String(both - 80) : String(both - 80n)}`;
}

/** A BIT STRING of whole octets. */
export function readOctetBits(reader: DerReader, tlv: Tlv, what: string): Uint8Array {
  const { bits, unused } = readBits(reader, tlv);
  if (unused !== 0) throw new DerError(tlv.start, `${what} is not whole octets`);
  return bits;
}

export function readBits(reader: DerReader, tlv: Tlv): { bits: Uint8Array; unused: number } {
  const unused = reader.bytes[tlv.content];
  const bits = reader.bytes.subarray(tlv.content + 1, tlv.end);
  const last = bits.at(-1) ?? 0;
  if (tlv.content === tlv.end || unused === undefined || unused > 7 || (unused > 0 && bits.length === 0))
    throw new DerError(tlv.start, 'a BIT STRING without a count of unused bits');
  if ((last & ((1 << unused) - 1)) !== 0) throw new DerError(tlv.start, 'a BIT STRING with unused bits set');
  return { bits, unused };
}

/** Two digits as a number; NaN where they are none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const [tens, ones] = [(bytes[at] ?? 0) - 0x30, (bytes[at + 1] ?? 0) - 0x30];
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? 10 * tens + ones : NaN;
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Of the Gregorian calendar, also before it came into use. */
function daysOf(month: number, year: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return (DAYS[month - 1] ?? 0) + Number(leap && month === 2);
}

function timeSize(tag: number): number | undefined {
  if (tag === TAG.UTC_TIME) return 13;
  return tag === TAG.GENERALIZED_TIME ? 15 : undefined;
}

/** UTCTime or GeneralizedTime, with seconds and in UTC (RFC 5280 §4.1.2.5). */
export function readTime({ bytes }: DerReader, { tag, start, content, end }: Tlv): Date {
  if (end - content !== timeSize(tag) || bytes[end - 1] !== 0x5a)
    throw new DerError(start, 'a time that is not written as X.509 wants it');
  const rest = end - 11;
  const month = twoDigits(bytes, rest);
  const day = twoDigits(bytes, rest + 2);
  const hour = twoDigits(bytes, rest + 4);
  const minute = twoDigits(bytes, rest + 6);
  const second = twoDigits(bytes, rest + 8);
  const short = twoDigits(bytes, rest - 2);
  const year =
    tag === TAG.UTC_TIME ? short + (short < 50 ? 2000 : 1900) : 100 * twoDigits(bytes, content) + short;
  if (!(year >= 0 && day >= 1 && day <= daysOf(month, year) && hour < 24 && minute < 60 && second < 60))
    throw new DerError(start, 'a time that does not exist');
  // Years below 100 would be taken for those of the 20th century.
  const early = year < 100;
  const date = new Date(Date.UTC(early ? 2000 + year : year, month - 1, day, hour, minute, second));
  if (early) date.setUTCFullYear(year);
  return date;
}

/** UTF-8 text; the decoder is called only for what is not ASCII, because a call costs more than the text. */
function utf8(bytes: Uint8Array): string {
  for (const byte of bytes) if (byte >= 0x80) return utf8Text(bytes);
  return latin1Text(bytes);
}

function bmpText(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i + 1 < bytes.length; i += 2)
    text += String.fromCharCode(256 * (bytes[i] ?? 0) + (bytes[i + 1] ?? 0));
  return text;
}

const TEXTS: ReadonlyMap<number, (bytes: Uint8Array) => string> = new Map([
  [TAG.UTF8_STRING, utf8],
  [0x12, latin1Text],
  [TAG.PRINTABLE_STRING, latin1Text],
  [TAG.TELETEX_STRING, latin1Text],
  [TAG.IA5_STRING, latin1Text],
  [0x1a, latin1Text],
  [TAG.BMP_STRING, bmpText],
]);

/** The text of a character string; undefined for a value of another type. */
export function readText(reader: DerReader, tlv: Tlv): string | undefined {
  return TEXTS.get(tlv.tag)?.(reader.contentOf(tlv));
}
