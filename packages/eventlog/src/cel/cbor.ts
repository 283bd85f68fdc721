/**
 * The CBOR encoding of the Canonical Event Log: an array of maps with small numbers as keys, or a sequence of them.
 * Source: TCG Canonical Event Log Format 1.1; RFC 8949, RFC 8742.
 */
import { concatAll, type Issue } from '@tsm/core';
import { Decoder, Encoder } from 'cbor-x/index-no-eval';
import { EVENT_TYPES } from '../event-types.ts';
import type { EventLog } from '../log.ts';
import { countOf, shown } from '../records/json.ts';
import { SILENT, tailAt, type Note } from '../records/record-log.ts';
import { CborScan, isArrayHead, isMapHead } from './cbor-scan.ts';
import { CelList } from './log.ts';
import {
  contentName,
  contentNumber,
  shapeOf,
  type CelContent,
  type CelRecord,
  type ReadCel,
} from './model.ts';

const OPTIONS = { mapsAsObjects: false, useRecords: false, tagUint8Array: false } as const;
const encoder = new Encoder(OPTIONS);
const decoder = new Decoder(OPTIONS);

/** Keys of a record. */
const KEY = { recnum: 0, pcr: 1, nvIndex: 2, digests: 3, contentType: 9, content: 10, ccmr: 108 } as const;
const INDEXES = [
  { key: KEY.pcr, kind: 'pcr' },
  { key: KEY.nvIndex, kind: 'nv_index' },
  { key: KEY.ccmr, kind: 'ccmr' },
] as const;

type CborMap = ReadonlyMap<unknown, unknown>;

const mapOf = (value: unknown): CborMap | undefined => (value instanceof Map ? value : undefined);
const bytesOf = (value: unknown): Uint8Array | undefined => (value instanceof Uint8Array ? value : undefined);
const numberOf = (value: unknown): number | undefined =>
  countOf(typeof value === 'bigint' && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value);

/** The encoder writes into a buffer that it uses again. */
const encoded = (value: unknown): Uint8Array => new Uint8Array(encoder.encode(value));

/** The value of a range that was scanned before; undefined where the decoder refuses it all the same. */
function valueIn(bytes: Uint8Array, start: number, end: number): unknown {
  try {
    return decoder.decode(bytes.subarray(start, end));
  } catch {
    // What well-formed items it refuses is the decoder's own affair; the caller says that the record is no record.
    return undefined;
  }
}

function eventTypeOf(value: unknown): number | undefined {
  if (typeof value === 'string') return EVENT_TYPES.find(({ name }) => name === value)?.value;
  const type = numberOf(value);
  return type !== undefined && type <= 0xffff_ffff ? type : undefined;
}

function readContent(contentType: string, value: unknown): CelContent | undefined {
  const shape = shapeOf(contentType);
  const map = mapOf(value);
  const data = map ? bytesOf(map.get(1)) : bytesOf(value);
  if (!data) return undefined;
  if (shape === 'pair' || shape === 'event') {
    const type = shape === 'event' ? eventTypeOf(map?.get(0)) : numberOf(map?.get(0));
    return type === undefined || (shape === 'pair' && type > 255) ? undefined : { type, data };
  }
  if (shape !== 'template') return map ? undefined : { data };
  const name = map?.get(0);
  return typeof name === 'string' ? { name, data } : undefined;
}

/** Offset of bytes that are a view of the input; −1 for a copy. */
function offsetIn(bytes: Uint8Array, part: Uint8Array): number {
  return part.buffer === bytes.buffer ? part.byteOffset - bytes.byteOffset : -1;
}

/** The record in a range; undefined, with an issue, where it cannot be used. */
export function readCborRecord(
  bytes: Uint8Array,
  start: number,
  end: number,
  note: Note,
): ReadCel | undefined {
  const bad = (field: string, expected: string, got: unknown): undefined => {
    note('record.field', { expected, got: shown(got) }, field, start, end - start);
  };
  const map = mapOf(valueIn(bytes, start, end));
  if (!map) {
    bad('', 'a map', undefined);
    return;
  }
  const recnum = numberOf(map.get(KEY.recnum));
  if (recnum === undefined) {
    bad('recnum', 'a record number', map.get(KEY.recnum));
    return;
  }
  const row = INDEXES.find(({ key }) => map.has(key));
  const value = row && numberOf(map.get(row.key));
  if (!row || value === undefined || value > 0xffff_ffff) {
    bad('index', 'a register number', row && map.get(row.key));
    return;
  }
  const list = map.get(KEY.digests);
  if (!Array.isArray(list)) {
    bad('digests', 'an array', list);
    return;
  }
  const digests = list.map((one) => ({
    tcgId: numberOf(mapOf(one)?.get(0)) ?? -1,
    digest: bytesOf(mapOf(one)?.get(1)),
  }));
  const good = digests.flatMap(({ tcgId, digest }) => (digest && tcgId >= 0 ? [{ tcgId, digest }] : []));
  if (good.length < digests.length) {
    bad('digests', 'an algorithm and a digest', undefined);
    return;
  }
  const number = numberOf(map.get(KEY.contentType));
  if (number === undefined || number > 255) {
    bad('content_type', 'a number below 256', map.get(KEY.contentType));
    return;
  }
  const contentType = contentName(number);
  const content = readContent(contentType, map.get(KEY.content));
  if (!content) note('cel.content', { type: contentType }, 'content', start, end - start);
  const { data, ...rest } = content ?? { data: encoded(map.get(KEY.content)) };
  return {
    ...{ recnum, index: { kind: row.kind, value }, digests: good, contentType, content: { ...rest, data } },
    digestOffsets: good.map(({ digest }) => offsetIn(bytes, digest)),
    ...{ dataOffset: offsetIn(bytes, data), contentOffset: -1 },
  };
}

/** Does a record, or an array of records, begin the bytes? */
export function isCelCbor(bytes: Uint8Array): boolean {
  const [first = 0] = bytes;
  const inArray = isArrayHead(first);
  if (!inArray && !isMapHead(first)) return false;
  const head = first & 31;
  const at = inArray ? (head < 24 || head === 31 ? 1 : 1 + 2 ** (head - 24)) : 0;
  if (!isMapHead(bytes[at])) return false;
  const end = new CborScan(bytes).end(at);
  return end > 0 && readCborRecord(bytes, at, end, SILENT) !== undefined;
}

/** Adds the record at `at`; gives its end, or −1 where nothing after it can be read. */
function addRecord(bytes: Uint8Array, at: number, records: CelList): number {
  const scan = new CborScan(bytes);
  const end = scan.end(at);
  const { note } = records.list;
  if (end < 0) {
    note('cbor.malformed', { why: scan.why ?? '' }, '', at, bytes.length - at);
    return -1;
  }
  for (const key of scan.keys) note('cbor.duplicate-key', { key: key.slice(0, 32) }, '', at, end - at);
  const record = readCborRecord(bytes, at, end, note);
  if (record) records.add(at, end, record);
  return end;
}

/** Decodes a log in CBOR encoding, an array or a sequence. */
export function decodeCelCbor(bytes: Uint8Array, before: readonly Issue[] = []): EventLog {
  const records = new CelList();
  let stopped = 0;
  const add = (at: number): number => {
    stopped = at;
    const end = addRecord(bytes, at, records);
    if (end > 0) stopped = end;
    return end;
  };
  if (isArrayHead(bytes[0])) {
    const end = new CborScan(bytes).array(0, add);
    if (end > 0) stopped = end;
    const left = bytes.length - stopped;
    if (end > 0 && left > 0) records.list.note('record.trailing', { count: left }, '', stopped, left);
  } else {
    while (stopped < bytes.length && add(stopped) > 0);
  }
  const again = (start: number, end: number): ReadCel | undefined =>
    readCborRecord(bytes, start, end, SILENT);
  return records.log('cel-cbor', bytes, tailAt(bytes, stopped), again, before);
}

function writtenContent({ type, name, data }: CelContent): unknown {
  if (name !== undefined)
    return new Map<number, unknown>([
      [0, name],
      [1, data],
    ]);
  return type === undefined
    ? data
    : new Map<number, unknown>([
        [0, type],
        [1, data],
      ]);
}

/** The smallest form: numbers above 32 bits would become floating-point. */
const whole = (value: number): number | bigint => (value > 0xffff_ffff ? BigInt(value) : value);

function recordMap(
  { recnum, index, digests, contentType, content }: CelRecord,
  i: number,
): Map<number, unknown> {
  const number = contentNumber(contentType);
  if (number === undefined)
    throw new RangeError(`contentType: ${contentType} has no number; only JSON can hold it`);
  const key = INDEXES.find(({ kind }) => kind === index.kind)?.key ?? KEY.pcr;
  return new Map<number, unknown>([
    [KEY.recnum, whole(recnum ?? i)],
    [key, index.value],
    [
      KEY.digests,
      digests.map(
        ({ tcgId, digest }) =>
          new Map<number, unknown>([
            [0, tcgId],
            [1, digest],
          ]),
      ),
    ],
    [KEY.contentType, number],
    [KEY.content, writtenContent(content)],
  ]);
}

/**
 * Writes a log as one array, or as a sequence. A content type that only JSON has is a RangeError. Records without a number
 * are numbered from 0.
 */
export function encodeCelCbor(
  records: readonly CelRecord[],
  form: 'array' | 'sequence' = 'array',
): Uint8Array {
  const maps = records.map(recordMap);
  return form === 'array' ? encoded(maps) : concatAll(maps.map(encoded));
}
