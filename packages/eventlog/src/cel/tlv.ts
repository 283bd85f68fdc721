/**
 * The TLV encoding of the Canonical Event Log: type (1 byte), length (4 bytes, big-endian), value.
 * Source: TCG Canonical Event Log Format 1.1; go-eventlog for the widths of integers.
 */
import { concat, concatAll, utf8Bytes, utf8Text } from '@tsm/core';
import type { Note } from '../records/record-log.ts';
import {
  contentName,
  contentNumber,
  shapeOf,
  type CelContent,
  type CelIndexKind,
  type CelRecord,
  type ReadCel,
} from './model.ts';

const HEADER = 5;
const RECNUM = 0;
const DIGESTS = 3;
/** There are fewer algorithms. */
const MAX_DIGESTS = 16;
const INDEXES: Readonly<Record<CelIndexKind, { readonly type: number; readonly width: number }>> = {
  pcr: { type: 1, width: 1 },
  nv_index: { type: 2, width: 4 },
  ccmr: { type: 108, width: 1 },
};

/** A type, and the range of its value. */
interface Tlv {
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

/** The TLV at `at`, or undefined where it does not end before `end`. */
function tlvAt(bytes: Uint8Array, at: number, end: number): Tlv | undefined {
  if (at + HEADER > end) return undefined;
  const start = at + HEADER;
  const length = new DataView(bytes.buffer, bytes.byteOffset + at, HEADER).getUint32(1, false);
  return start + length <= end ? { type: bytes[at] ?? 0, start, end: start + length } : undefined;
}

/** A big-endian number of 1…8 bytes; undefined where it is none, or above 2^53 − 1. */
function numberIn(bytes: Uint8Array, { start, end }: Tlv): number | undefined {
  if (start === end || end - start > 8) return undefined;
  const value = bytes.subarray(start, end).reduce((sum, byte) => 256 * sum + byte, 0);
  return Number.isSafeInteger(value) ? value : undefined;
}

function tlv(type: number, value: Uint8Array): Uint8Array {
  const header = new Uint8Array(HEADER);
  header[0] = type;
  new DataView(header.buffer).setUint32(1, value.length, false);
  return concat(header, value);
}

function bigEndian(value: number, width: number): Uint8Array {
  return Uint8Array.from({ length: width }, (_, i) => Math.floor(value / 2 ** (8 * (width - 1 - i))));
}

/** The head of a record: is this how a log of this encoding begins? */
export function isCelTlv(bytes: Uint8Array): boolean {
  const recnum = tlvAt(bytes, 0, Math.min(bytes.length, 13));
  if (recnum?.type !== RECNUM || numberIn(bytes, recnum) === undefined) return false;
  const index = tlvAt(bytes, recnum.end, bytes.length);
  const kind = Object.values(INDEXES).some(({ type }) => type === index?.type);
  return index !== undefined && kind && numberIn(bytes, index) !== undefined && bytes[index.end] === DIGESTS;
}

interface FoundContent {
  readonly content: CelContent;
  readonly dataOffset: number;
}

/** One TLV that fills the range. */
function pairIn(bytes: Uint8Array, { start, end }: Tlv): FoundContent | undefined {
  const found = tlvAt(bytes, start, end);
  if (found?.end !== end) return undefined;
  return { content: { type: found.type, data: bytes.subarray(found.start, end) }, dataOffset: found.start };
}

/** Two TLVs that fill the range, of types 0 and 1. */
function twoIn(bytes: Uint8Array, { start, end }: Tlv): readonly [Tlv, Tlv] | undefined {
  const first = tlvAt(bytes, start, end);
  const second = first && tlvAt(bytes, first.end, end);
  return first?.type === 0 && second?.type === 1 && second.end === end ? [first, second] : undefined;
}

function eventIn(bytes: Uint8Array, range: Tlv): FoundContent | undefined {
  const [first, second] = twoIn(bytes, range) ?? [];
  const type = first && numberIn(bytes, first);
  if (type === undefined || type > 0xffff_ffff || !second) return undefined;
  return { content: { type, data: bytes.subarray(second.start, second.end) }, dataOffset: second.start };
}

function templateIn(bytes: Uint8Array, range: Tlv): FoundContent | undefined {
  const [first, second] = twoIn(bytes, range) ?? [];
  if (!first || !second) return undefined;
  const name = utf8Text(bytes.subarray(first.start, first.end));
  return { content: { name, data: bytes.subarray(second.start, second.end) }, dataOffset: second.start };
}

function contentIn(bytes: Uint8Array, contentType: string, range: Tlv): FoundContent | undefined {
  const shape = shapeOf(contentType);
  if (shape === 'pair') return pairIn(bytes, range);
  if (shape === 'event') return eventIn(bytes, range);
  if (shape === 'template') return templateIn(bytes, range);
  return { content: { data: bytes.subarray(range.start, range.end) }, dataOffset: range.start };
}

/** The digests in a range; undefined where it does not consist of TLVs. */
function digestsIn(bytes: Uint8Array, range: Tlv): Pick<ReadCel, 'digests' | 'digestOffsets'> | undefined {
  const digests: ReadCel['digests'][number][] = [];
  const digestOffsets: number[] = [];
  for (let at = range.start; at < range.end;) {
    const one = tlvAt(bytes, at, range.end);
    if (!one || digests.length === MAX_DIGESTS) return undefined;
    digests.push({ tcgId: one.type, digest: bytes.subarray(one.start, one.end) });
    digestOffsets.push(one.start);
    at = one.end;
  }
  return { digests, digestOffsets };
}

const indexKind = (type: number): CelIndexKind | undefined =>
  (['pcr', 'nv_index', 'ccmr'] as const).find((kind) => INDEXES[kind].type === type);

/** End of the record at `start` and what it says; an issue and undefined where it cannot be read. */
export function readTlvRecord(
  bytes: Uint8Array,
  start: number,
  note: Note,
): { end: number; record: ReadCel } | undefined {
  const parts: Tlv[] = [];
  let at = start;
  for (const what of ['the record number', 'the register index', 'the digests', 'the content']) {
    const part = tlvAt(bytes, at, bytes.length);
    if (!part) {
      note('record.truncated', { what }, '', at, bytes.length - at);
      return undefined;
    }
    parts.push(part);
    at = part.end;
  }
  const [first, second, third, fourth] = parts as [Tlv, Tlv, Tlv, Tlv];
  const bad = (field: string, { start: from, end }: Tlv, expected: string): undefined => {
    note(
      'record.field',
      { expected, got: `type ${String(bytes[from - HEADER])}` },
      field,
      from - HEADER,
      end - from + HEADER,
    );
  };
  const recnum = first.type === RECNUM ? numberIn(bytes, first) : undefined;
  if (recnum === undefined) {
    bad('recnum', first, 'a record number below 2^53');
    return;
  }
  const kind = indexKind(second.type);
  const value = numberIn(bytes, second);
  if (!kind || value === undefined || value > 0xffff_ffff) {
    bad('index', second, 'a register index');
    return;
  }
  const digests = third.type === DIGESTS ? digestsIn(bytes, third) : undefined;
  if (!digests) {
    bad('digests', third, 'a list of at most 16 digests');
    return;
  }
  const contentType = contentName(fourth.type);
  const found = contentIn(bytes, contentType, fourth);
  const length = fourth.end - fourth.start;
  if (!found) note('cel.content', { type: contentType }, 'content', fourth.start, length);
  const raw = { content: { data: bytes.subarray(fourth.start, fourth.end) }, dataOffset: fourth.start };
  const place = { contentOffset: fourth.start - HEADER };
  return {
    end: at,
    record: { recnum, index: { kind, value }, ...digests, contentType, ...(found ?? raw), ...place },
  };
}

/** The content TLV: what the digests of many content types are of. */
export function contentTlv(contentType: string, { type, name, data }: CelContent): Uint8Array {
  const number = contentNumber(contentType);
  if (number === undefined)
    throw new RangeError(`contentType: ${contentType} has no number; only JSON can hold it`);
  const shape = shapeOf(contentType);
  if (shape === 'pair' && type !== undefined) return tlv(number, tlv(type, data));
  if (shape === 'event' && type !== undefined)
    return tlv(number, concat(tlv(0, bigEndian(type, 4)), tlv(1, data)));
  if (shape === 'template' && name !== undefined)
    return tlv(number, concat(tlv(0, utf8Bytes(name)), tlv(1, data)));
  return tlv(number, data);
}

/** Writes a log. A content type that only JSON has is a RangeError. Records without a number are numbered from 0. */
export function encodeCelTlv(records: readonly CelRecord[]): Uint8Array {
  return concatAll(
    records.flatMap(({ recnum, index, digests, contentType, content }, i) => [
      tlv(RECNUM, bigEndian(recnum ?? i, 8)),
      tlv(INDEXES[index.kind].type, bigEndian(index.value, INDEXES[index.kind].width)),
      tlv(DIGESTS, concatAll(digests.map(({ tcgId, digest }) => tlv(tcgId & 0xff, digest)))),
      contentTlv(contentType, content),
    ]),
  );
}
