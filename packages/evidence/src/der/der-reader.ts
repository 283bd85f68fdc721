/** Strict DER, read by offsets: definite and minimal lengths, nothing copied, linear. Source: ITU-T X.690 §8, §10, §11. */

/** Identifier octets (X.680 §8.4) as they occur in certificates; `CONTEXT + n` is [n] primitive. */
export const TAG = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  NULL: 0x05,
  OID: 0x06,
  ENUMERATED: 0x0a,
  UTF8_STRING: 0x0c,
  PRINTABLE_STRING: 0x13,
  TELETEX_STRING: 0x14,
  IA5_STRING: 0x16,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  BMP_STRING: 0x1e,
  SEQUENCE: 0x30,
  SET: 0x31,
  CONTEXT: 0x80,
  CONTEXT_CONSTRUCTED: 0xa0,
} as const;

/** Data that is no DER, or not the DER that was expected. Caught where reading began; never leaves the package. */
export class DerError extends Error {
  /** Byte offset in the bytes that were read. */
  readonly offset: number;
  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/** One value: its identifier octet, and where it starts, where its content starts, and where both end. */
export interface Tlv {
  readonly tag: number;
  readonly start: number;
  readonly content: number;
  readonly end: number;
}

const hex = (tag: number): string => `0x${tag.toString(16).padStart(2, '0')}`;

/** Length octets in the long form, at most four of them; the fewest that do. */
function longLength(bytes: Uint8Array, at: number, count: number, end: number): number {
  if (count === 0) throw new DerError(at, 'an indefinite length');
  if (count > 4) throw new DerError(at, `a length of ${String(count)} octets`);
  if (at + count > end) throw new DerError(at, 'it ends inside a length');
  let length = 0;
  for (let i = 0; i < count; i++) length = 256 * length + (bytes[at + i] ?? 0);
  if (length < 0x80 || length < 256 ** (count - 1)) throw new DerError(at, 'a length that is not minimal');
  return length;
}

/** Reads values one after another between two offsets. */
export class DerReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get more(): boolean {
    return this.at < this.end;
  }

  /** The identifier octet of the next value; −1 at the end. */
  get tag(): number {
    return this.more ? (this.bytes[this.at] ?? -1) : -1;
  }

  /** The next value, whatever it is. */
  next(what = 'a value'): Tlv {
    const { bytes, at: start, end } = this;
    if (start + 2 > end) throw new DerError(start, `it ends where ${what} should be`);
    const tag = bytes[start] ?? 0;
    if ((tag & 0x1f) === 0x1f) throw new DerError(start, 'a tag number above 30');
    const first = bytes[start + 1] ?? 0;
    const octets = first < 0x80 ? 0 : first - 0x80;
    const content = start + 2 + octets;
    const length = first < 0x80 ? first : longLength(bytes, start + 2, octets, end);
    if (length > end - content) throw new DerError(start, `${what} goes on past its end`);
    this.at = content + length;
    return { tag, start, content, end: content + length };
  }

  /** The next value, which must have this identifier octet. */
  expect(tag: number, what: string): Tlv {
    if (this.tag !== tag) {
      const found = this.more ? `tag ${hex(this.tag)}` : 'the end';
      throw new DerError(this.at, `expected ${what} (tag ${hex(tag)}), found ${found}`);
    }
    return this.next(what);
  }

  /** The next value when it has this identifier octet. */
  optional(tag: number, what: string): Tlv | undefined {
    return this.tag === tag ? this.next(what) : undefined;
  }

  /** Reads the content of a value. */
  into({ content, end }: Tlv): DerReader {
    return new DerReader(this.bytes, content, end);
  }

  /** Reads the content of the next value, which must be a SEQUENCE. */
  sequence(what: string): DerReader {
    return this.into(this.expect(TAG.SEQUENCE, what));
  }

  /** The whole value, as a view. */
  view({ start, end }: Tlv): Uint8Array {
    return this.bytes.subarray(start, end);
  }

  /** The content, as a view. */
  contentOf({ content, end }: Tlv): Uint8Array {
    return this.bytes.subarray(content, end);
  }

  /** Nothing may be left. */
  done(what: string): void {
    if (this.more) throw new DerError(this.at, `more in ${what} than belongs there`);
  }
}
