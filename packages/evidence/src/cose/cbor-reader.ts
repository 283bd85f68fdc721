/** Reads CBOR items one after another: linear in the bytes, bounded in depth and number. Source: RFC 8949 §3. */
import { concatAll, toHex, type Issue, type Place } from '@tsm/core';
import type { CborItem } from './cbor.ts';
import { EVIDENCE_ISSUES } from '../issues.ts';

/** Evidence nests less than half as deep, and has a few hundred items. */
const MAX_DEPTH = 32;
const MAX_ITEMS = 2 ** 16;
const INDEFINITE = 31;
const BREAK = 0xff;
const SIMPLE: readonly (boolean | null | undefined)[] = [false, true, null, undefined];

/** Bytes that are no CBOR; caught where reading began. */
export class CborError extends Error {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/** `argument`: a number, a length or a count. */
interface Head {
  readonly start: number;
  readonly major: number;
  readonly info: number;
  readonly argument: number | bigint;
}

/** IEEE 754 binary16 (RFC 8949 appendix D). */
function half(bits: number): number {
  const exponent = (bits >> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return sign * (mantissa + 1024) * 2 ** (exponent - 25);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Equal keys have equal names, however they are encoded. */
function keyName(key: CborItem, raw: () => Uint8Array): string {
  if (key.kind === 'int') return key.value.toString();
  if (key.kind === 'text') return JSON.stringify(key.value);
  return key.kind === 'bytes' ? `h'${toHex(key.value)}'` : `0x${toHex(raw())}`;
}

export class CborReader {
  at = 0;
  readonly issues: Issue[] = [];
  private count = 0;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly place: Place;

  constructor(bytes: Uint8Array, place: Place) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.place = place;
  }

  item(depth: number): CborItem {
    if (depth > MAX_DEPTH) throw new CborError(this.at, 'nested too deep');
    const head = this.head();
    const content = this.at;
    const value = this.content(head, depth);
    const { start } = head;
    return {
      ...value,
      offset: this.place.offset + start,
      length: this.at - start,
      content: this.place.offset + content,
    };
  }

  private content(head: Head, depth: number) {
    const { major, argument } = head;
    switch (major) {
      case 0:
        return { kind: 'int', value: argument } as const;
      case 1:
        return { kind: 'int', value: typeof argument === 'bigint' ? -1n - argument : -1 - argument } as const;
      case 2:
        return { kind: 'bytes', value: this.string(head) } as const;
      case 3:
        return { kind: 'text', value: this.text(head) } as const;
      case 4: {
        const items: CborItem[] = [];
        this.each(head, 1, () => items.push(this.item(depth + 1)));
        return { kind: 'array', items } as const;
      }
      case 5:
        return { kind: 'map', entries: this.map(head, depth) } as const;
      case 6:
        return { kind: 'tag', tag: argument, item: this.item(depth + 1) } as const;
      default:
        return this.simple(head);
    }
  }

  private head(): Head {
    const { at: start, bytes } = this;
    const first = bytes[start];
    if (first === undefined) throw new CborError(start, 'it ends where an item should be');
    if (++this.count > MAX_ITEMS) throw new CborError(start, `more than ${String(MAX_ITEMS)} items`);
    this.at++;
    const [major, info] = [first >> 5, first & 31];
    if (info < 24) return { start, major, info, argument: info };
    if (info === INDEFINITE && major >= 2 && major <= 5) return { start, major, info, argument: Infinity };
    if (info > 27)
      throw new CborError(start, `a head that has no meaning: 0x${toHex(bytes.subarray(start, start + 1))}`);
    return { start, major, info, argument: this.argument(2 ** (info - 24)) };
  }

  private argument(size: number): number | bigint {
    const { at, view } = this;
    this.take(size);
    if (size === 1) return view.getUint8(at);
    if (size === 2) return view.getUint16(at);
    if (size === 4) return view.getUint32(at);
    const value = view.getBigUint64(at);
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
  }

  private take(size: number | bigint): Uint8Array {
    const start = this.at;
    const left = this.bytes.length - start;
    if (size > left)
      throw new CborError(start, `${String(size)} bytes are announced, ${String(left)} are there`);
    this.at += Number(size);
    return this.bytes.subarray(start, this.at);
  }

  /** Content of a string; chunks of one of indefinite length are of its own kind and definite (RFC 8949 §3.2.3). */
  private string({ major, info, argument }: Head): Uint8Array {
    if (info !== INDEFINITE) return this.take(argument);
    const chunks: Uint8Array[] = [];
    while (this.bytes[this.at] !== BREAK) {
      const chunk = this.head();
      if (chunk.major !== major || chunk.info === INDEFINITE)
        throw new CborError(chunk.start, 'a string of chunks that holds something else');
      chunks.push(this.take(chunk.argument));
    }
    this.at++;
    return concatAll(chunks);
  }

  private text(head: Head): string {
    const content = this.string(head);
    try {
      return utf8.decode(content);
    } catch {
      this.issue('cbor.not-utf8', undefined, head.start, this.at - head.start);
      return new TextDecoder().decode(content);
    }
  }

  /** Calls `visit` for each of the items, or up to the break of an indefinite length. */
  private each({ info, argument }: Head, factor: number, visit: () => void): void {
    const count = factor * Number(argument);
    for (let i = 0; i < count; i += factor) {
      if (info === INDEFINITE && this.bytes[this.at] === BREAK) {
        this.at++;
        return;
      }
      visit();
    }
  }

  private map(head: Head, depth: number): [CborItem, CborItem][] {
    const entries: [CborItem, CborItem][] = [];
    const seen = new Set<string>();
    this.each(head, 1, () => {
      const start = this.at;
      const key = this.item(depth + 1);
      const name = keyName(key, () => this.bytes.subarray(start, start + key.length));
      if (seen.has(name)) this.issue('cbor.duplicate-key', { key: name.slice(0, 40) }, start, key.length);
      seen.add(name);
      entries.push([key, this.item(depth + 1)]);
    });
    return entries;
  }

  private simple({ start, info, argument }: Head) {
    if (info < 24 || info === 24) {
      const value = Number(argument);
      if (info === 24 && value < 32) throw new CborError(start, 'a simple value in a form that is reserved');
      return { kind: 'simple', value: value >= 20 && value <= 23 ? SIMPLE[value - 20] : value } as const;
    }
    const { view } = this;
    if (info === 25) return { kind: 'float', value: half(Number(argument)) } as const;
    const value = info === 26 ? view.getFloat32(start + 1) : view.getFloat64(start + 1);
    return { kind: 'float', value } as const;
  }

  issue<Code extends 'cbor.malformed' | 'cbor.trailing' | 'cbor.duplicate-key' | 'cbor.not-utf8'>(
    code: Code,
    args: Parameters<typeof EVIDENCE_ISSUES.make<Code>>[2],
    start: number,
    length: number,
  ): void {
    const { path, offset } = this.place;
    this.issues.push(EVIDENCE_ISSUES.make(code, { path, offset: offset + start, length }, args));
  }
}
