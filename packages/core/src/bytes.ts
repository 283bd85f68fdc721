/** Bytes, text and hex: the one place that converts between them. */

const HEX = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'));
const utf8Decoder = new TextDecoder('utf-8');
const utf8Encoder = new TextEncoder();

/** Lower-case hexadecimal of the bytes. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte] ?? '';
  return text;
}

/** No digit: larger than every value of one. */
const NONE = 0xff;

/** Values by character code below 256; characters at the same place of two alphabets have the same value. */
function digits(...alphabets: readonly string[]): Uint8Array {
  const values = new Uint8Array(256).fill(NONE);
  for (const alphabet of alphabets)
    for (let i = 0; i < alphabet.length; i++) values[alphabet.charCodeAt(i)] = i;
  return values;
}

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const BASE64 = `${ALPHANUMERIC}+/`;
const HEX_DIGITS = digits('0123456789abcdef', '0123456789ABCDEF');
const BASE64_DIGITS = digits(BASE64, `${ALPHANUMERIC}-_`);

/** Bytes of a hexadecimal string (either case, no separators), or undefined when it is not one. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const high = HEX_DIGITS[text.charCodeAt(2 * i)] ?? NONE;
    const low = HEX_DIGITS[text.charCodeAt(2 * i + 1)] ?? NONE;
    if (high === NONE || low === NONE) return undefined;
    bytes[i] = (high << 4) | low;
  }
  return bytes;
}

/** Bytes of a base64 or base64url string (padding optional), or undefined when it is not one. */
export function fromBase64(text: string): Uint8Array | undefined {
  const padding = text.endsWith('==') ? 2 : Number(text.endsWith('='));
  const count = text.length - padding;
  if (count % 4 === 1) return undefined;
  const bytes = new Uint8Array((count * 3) >> 2);
  let at = 0;
  // At most 14 bits are of use at any time: those above fall off.
  let bits = 0;
  for (let i = 0; i < count; i++) {
    const digit = BASE64_DIGITS[text.charCodeAt(i)] ?? NONE;
    if (digit === NONE) return undefined;
    bits = (bits << 6) | digit;
    if (i % 4 > 0) bytes[at++] = bits >> (6 - 2 * (i % 4));
  }
  return bytes;
}

/** Standard base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = [bytes[i], bytes[i + 1], bytes[i + 2]];
    text += BASE64.charAt(a >> 2) + BASE64.charAt(((a & 3) << 4) | (b >> 4));
    text += i + 1 < bytes.length ? BASE64.charAt(((b & 15) << 2) | (c >> 6)) : '=';
    text += i + 2 < bytes.length ? BASE64.charAt(c & 63) : '=';
  }
  return text;
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return concatAll(parts);
}

/** As {@link concat}, for lists of any length. */
export function concatAll(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** True when every byte has this value; true for no bytes at all. */
export function isFilledWith(bytes: Uint8Array, value: number): boolean {
  return bytes.every((byte) => byte === value);
}

export function utf8Bytes(text: string): Uint8Array {
  return utf8Encoder.encode(text);
}

/** UTF-8 text; invalid sequences become U+FFFD. */
export function utf8Text(bytes: Uint8Array): string {
  return utf8Decoder.decode(bytes);
}

/** Characters made by one call: far below what a call may have as arguments. */
const CHUNK = 4096;

function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if ((bytes[i] ?? 0) >= 0x80) return false;
  return true;
}

/** Below this size a decoder costs more than it saves. */
const DECODER_SIZE = 128;

/** One character a byte (ISO 8859-1), so that every byte string survives the round trip. */
export function latin1Text(bytes: Uint8Array): string {
  if (bytes.length >= DECODER_SIZE && isAscii(bytes)) return utf8Text(bytes);
  let text = '';
  for (let i = 0; i < bytes.length; i += CHUNK) {
    const chunk: ArrayLike<number> = bytes.subarray(i, i + CHUNK);
    text += String.fromCharCode.apply(null, chunk as number[]);
  }
  return text;
}

/** The inverse of {@link latin1Text}. Characters above U+00FF are a RangeError. */
export function latin1Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff)
      throw new RangeError(`text: expected one byte per character, got U+${code.toString(16)}`);
    bytes[i] = code;
  }
  return bytes;
}

/** UTF-16LE code units as text; an odd last byte is left out. Every even-length byte string survives the round trip. */
export function utf16Text(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    text += String.fromCharCode((bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8));
  }
  return text;
}

/** The inverse of {@link utf16Text}. */
export function utf16Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i++) {
    bytes[2 * i] = text.charCodeAt(i) & 0xff;
    bytes[2 * i + 1] = text.charCodeAt(i) >> 8;
  }
  return bytes;
}

/** GUID text of 16 bytes: the first three fields are little-endian (UEFI specification 2.10, appendix A). */
export function guidText(bytes: Uint8Array): string {
  const hex = toHex(bytes);
  const order = [3, 2, 1, 0, -1, 5, 4, -1, 7, 6, -1, 8, 9, -1, 10, 11, 12, 13, 14, 15];
  return order.map((i) => (i < 0 ? '-' : hex.slice(2 * i, 2 * i + 2))).join('');
}

/** The inverse of {@link guidText}, or undefined when the text is not a GUID. */
export function guidBytes(text: string): Uint8Array | undefined {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return undefined;
  const raw = fromHex(text.replaceAll('-', ''));
  if (!raw) return undefined;
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  return Uint8Array.from(order, (i) => raw[i] ?? 0);
}

/** Hex cut in the middle (`2dc71230…43f4`) for people; short values stay whole. */
export function shortHex(bytes: Uint8Array, head = 8, tail = 8): string {
  const hex = toHex(bytes);
  return hex.length <= head + tail + 1 ? hex : `${hex.slice(0, head)}…${hex.slice(hex.length - tail)}`;
}
