/** DER values as plain data with byte ranges, for the vendors' extensions. Source: ITU-T X.690. */
import { concat, concatAll, fromHex, toHex, utf8Bytes } from '@tsm/core';
import { readBits, readBoolean, readInteger, readOid, readText, readTime } from './der-primitives.ts';
import { DerError, DerReader, TAG, type Tlv } from './der-reader.ts';

/** Where a value that was read stands, header included. */
interface Range {
  readonly offset?: number;
  readonly length?: number;
}

/** The kinds of value that certificate extensions of attestation are made of. Values that were read carry their range. */
export type DerValue = Range &
  (
    | { readonly kind: 'boolean'; readonly value: boolean }
    | { readonly kind: 'integer'; readonly value: bigint }
    | { readonly kind: 'enumerated'; readonly value: number }
    | { readonly kind: 'octets'; readonly value: Uint8Array }
    | { readonly kind: 'bits'; readonly value: Uint8Array; readonly unused?: number }
    | { readonly kind: 'null'; readonly value?: undefined }
    | { readonly kind: 'oid'; readonly value: string }
    /** Any character string; written as UTF8String, or as `tag` says. */
    | { readonly kind: 'text'; readonly value: string; readonly tag?: number }
    | { readonly kind: 'time'; readonly value: Date }
    | { readonly kind: 'sequence' | 'set'; readonly value: readonly DerValue[] }
    /** [n] around values (constructed), or around bytes (primitive, implicit). */
    | { readonly kind: 'tagged'; readonly number: number; readonly value: readonly DerValue[] | Uint8Array }
  );

/** What was read, or in words why it could not be. */
export type Read<T> =
  | { readonly value: T; readonly reason?: never; readonly offset?: never }
  | { readonly value?: never; readonly reason: string; readonly offset: number };

/** Reads; data that is not as it should be becomes a reason and the offset where it stands. */
export function attempt<T>(read: () => T): Read<T> {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof DerError) return { reason: error.message, offset: error.offset };
    throw error;
  }
}

const MAX_DEPTH = 32;

function valuesIn(reader: DerReader, depth: number): DerValue[] {
  if (depth > MAX_DEPTH) throw new DerError(reader.at, 'nested too deep');
  const values: DerValue[] = [];
  while (reader.more) values.push(toValue(reader, reader.next(), depth));
  return values;
}

/** A kind and its value, without the range. */
function bare(reader: DerReader, tlv: Tlv, depth: number): DerValue {
  const { tag } = tlv;
  switch (tag) {
    case TAG.BOOLEAN:
      return { kind: 'boolean', value: readBoolean(reader, tlv) };
    case TAG.INTEGER:
      return { kind: 'integer', value: readInteger(reader, tlv) };
    case TAG.ENUMERATED:
      return { kind: 'enumerated', value: Number(readInteger(reader, tlv)) };
    case TAG.OCTET_STRING:
      return { kind: 'octets', value: reader.contentOf(tlv) };
    case TAG.BIT_STRING: {
      const { bits, unused } = readBits(reader, tlv);
      return { kind: 'bits', value: bits, unused };
    }
    case TAG.NULL:
      if (tlv.end > tlv.content) throw new DerError(tlv.start, 'a NULL with content');
      return { kind: 'null' };
    case TAG.OID:
      return { kind: 'oid', value: readOid(reader, tlv) };
    case TAG.UTC_TIME:
    case TAG.GENERALIZED_TIME:
      return { kind: 'time', value: readTime(reader, tlv) };
    case TAG.SEQUENCE:
      return { kind: 'sequence', value: valuesIn(reader.into(tlv), depth + 1) };
    case TAG.SET:
      return { kind: 'set', value: valuesIn(reader.into(tlv), depth + 1) };
  }
  const number = tag & 0x1f;
  if (tag >> 5 === TAG.CONTEXT_CONSTRUCTED >> 5)
    return { kind: 'tagged', number, value: valuesIn(reader.into(tlv), depth + 1) };
  if (tag >> 5 === TAG.CONTEXT >> 5) return { kind: 'tagged', number, value: reader.contentOf(tlv) };
  const text = readText(reader, tlv);
  if (text !== undefined) return { kind: 'text', value: text, tag };
  throw new DerError(tlv.start, `tag 0x${tag.toString(16)}, which is not of a kind that is known here`);
}

function toValue(reader: DerReader, tlv: Tlv, depth: number): DerValue {
  // Not spread: that copies every value, and the shapes differ.
  return Object.assign(bare(reader, tlv, depth), { offset: tlv.start, length: tlv.end - tlv.start });
}

/** One DER value of the kinds above; another kind anywhere inside is a reason. Bytes after it are left alone. */
export function parseDer(bytes: Uint8Array): Read<DerValue> {
  return attempt(() => {
    const reader = new DerReader(bytes);
    return toValue(reader, reader.next(), 0);
  });
}

/** One value: identifier octet, length, content. */
function tlv(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content;
  if (length < 0x80) return concat(Uint8Array.of(tag, length), content);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return concat(Uint8Array.of(tag, 0x80 + octets.length, ...octets), content);
}

/** Two's complement with the fewest octets, as INTEGER content. */
export function integerContent(value: bigint): Uint8Array {
  // The complement of a negative number has the same size; its first bit must be free for the sign.
  const digits = (value < 0n ? ~value : value).toString(16);
  const even = digits.length % 2 === 0;
  const size = even
    ? digits.length / 2 + (parseInt(digits.charAt(0), 16) > 7 ? 1 : 0)
    : (digits.length + 1) / 2;
  const hex = BigInt.asUintN(8 * size, value).toString(16);
  return fromHex(hex.padStart(2 * size, '0')) ?? new Uint8Array(1);
}

/** An unsigned big-endian number as INTEGER. */
export function natural(octets: Uint8Array): DerValue {
  return { kind: 'integer', value: BigInt(`0x0${toHex(octets)}`) };
}

function base128(arc: bigint): number[] {
  const octets = [Number(arc & 0x7fn)];
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) octets.unshift(Number(rest & 0x7fn) | 0x80);
  return octets;
}

function oidContent(oid: string): Uint8Array {
  if (!/^[0-2](\.\d+)+$/.test(oid)) throw new TypeError(`oid: expected numbers and dots, got ${oid}`);
  const [first = 0n, second = 0n, ...rest] = oid.split('.').map(BigInt);
  return Uint8Array.from([40n * first + second, ...rest].flatMap(base128));
}

/** Years up to 2049 are UTCTime, later ones GeneralizedTime (RFC 5280 §4.1.2.5). */
function encodeTime(date: Date): Uint8Array {
  const text = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  const year = date.getUTCFullYear();
  const short = year >= 1950 && year < 2050;
  return tlv(short ? TAG.UTC_TIME : TAG.GENERALIZED_TIME, utf8Bytes(short ? text.slice(2) : text));
}

export function encodeDer(value: DerValue): Uint8Array {
  switch (value.kind) {
    case 'boolean':
      return tlv(TAG.BOOLEAN, Uint8Array.of(value.value ? 0xff : 0));
    case 'integer':
      return tlv(TAG.INTEGER, integerContent(value.value));
    case 'enumerated':
      return tlv(TAG.ENUMERATED, integerContent(BigInt(value.value)));
    case 'octets':
      return tlv(TAG.OCTET_STRING, value.value);
    case 'bits':
      return tlv(TAG.BIT_STRING, concat(Uint8Array.of(value.unused ?? 0), value.value));
    case 'null':
      return tlv(TAG.NULL, new Uint8Array(0));
    case 'oid':
      return tlv(TAG.OID, oidContent(value.value));
    case 'text':
      return tlv(value.tag ?? TAG.UTF8_STRING, utf8Bytes(value.value));
    case 'time':
      return encodeTime(value.value);
    case 'sequence':
      return tlv(TAG.SEQUENCE, concatAll(value.value.map(encodeDer)));
    case 'set':
      return tlv(TAG.SET, concatAll(value.value.map(encodeDer)));
    case 'tagged':
      return value.value instanceof Uint8Array
        ? tlv(TAG.CONTEXT + value.number, value.value)
        : tlv(TAG.CONTEXT_CONSTRUCTED + value.number, concatAll(value.value.map(encodeDer)));
  }
}
