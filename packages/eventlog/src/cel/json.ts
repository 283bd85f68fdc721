/**
 * The JSON encoding of the Canonical Event Log: an array of objects, bytes as hexadecimal text.
 * Source: TCG Canonical Event Log Format 1.1; systemd, pcrlock `cel`; linux-coco thread for lines of a text log.
 */
import {
  ALGORITHMS,
  algorithmOfTcgId,
  algorithmOfText,
  toHex,
  utf8Bytes,
  utf8Text,
  type Issue,
} from '@tsm/core';
import { EVENT_TYPES, eventType } from '../event-types.ts';
import type { EventLog } from '../log.ts';
import {
  countOf,
  firstItem,
  forEachItem,
  hexOf,
  noteItem,
  objectOf,
  opensArray,
  parseRange,
  shown,
  skipSpace,
  type JsonObject,
} from '../records/json.ts';
import { SILENT, tailAt, type Note } from '../records/record-log.ts';
import { CelList } from './log.ts';
import {
  contentName,
  contentNumber,
  pairNumber,
  pairOf,
  shapeOf,
  type CelContent,
  type CelDigest,
  type CelIndex,
  type CelRecord,
  type ReadCel,
} from './model.ts';

/** Members that say the register, and by how much their numbers differ from those of the index. */
const INDEX_MEMBERS = [
  { member: 'pcr', kind: 'pcr', add: 0 },
  { member: 'nv_index', kind: 'nv_index', add: 0 },
  { member: 'ccmr', kind: 'ccmr', add: 0 },
  { member: 'rtmr', kind: 'ccmr', add: 1 },
] as const;

/** Says that a field is not what it must be. */
type Bad = (field: string, expected: string, got: unknown) => undefined;

function indexOf(json: JsonObject, bad: Bad): CelIndex | undefined {
  const row = INDEX_MEMBERS.find(({ member }) => json[member] !== undefined);
  if (!row) {
    bad('index', 'one of pcr, nv_index, ccmr and rtmr', undefined);
    return;
  }
  const value = countOf(json[row.member]);
  if (value === undefined || value > 0xffff_fff0) {
    bad(row.member, 'a register number', json[row.member]);
    return;
  }
  return { kind: row.kind, value: value + row.add };
}

function digestOf(
  json: unknown,
  bad: Bad,
  note: Note,
  place: readonly [number, number],
): CelDigest[] | undefined {
  const { hashAlg, digest: hex } = objectOf(json) ?? {};
  const digest = hexOf(hex);
  if (!digest) {
    bad('digests', 'hexadecimal digits', hex);
    return;
  }
  if (typeof hashAlg !== 'string') {
    const tcgId = countOf(hashAlg);
    if (tcgId !== undefined) return [{ tcgId, digest }];
    bad('digests', 'an algorithm', hashAlg);
    return;
  }
  const name = algorithmOfText(hashAlg);
  if (name) return [{ tcgId: ALGORITHMS[name].tcgId, digest }];
  note('record.unknown-algorithm', { name: shown(hashAlg) }, 'digests', ...place);
  return [];
}

const utf8Json = (value: unknown): Uint8Array => utf8Bytes(value === undefined ? '' : JSON.stringify(value));

/** TPM event type by name or number. */
function typeOf(value: unknown): number | undefined {
  if (typeof value === 'string') return EVENT_TYPES.find(({ name }) => name === value)?.value;
  const type = countOf(value);
  return type !== undefined && type <= 0xffff_ffff ? type : undefined;
}

/** The content as its type has it; undefined where it is of another form. */
function readContent(contentType: string, json: unknown): CelContent | undefined {
  const shape = shapeOf(contentType);
  const object = objectOf(Array.isArray(json) && json.length === 1 ? json[0] : json);
  if (shape === 'pair') {
    const { type, data } = object ?? {};
    const number = typeof type === 'string' ? pairNumber(contentType, type) : countOf(type);
    return number === undefined || number > 255
      ? undefined
      : { type: number, data: hexOf(data) ?? utf8Json(data) };
  }
  if (shape === 'event') {
    const type = typeOf(object?.['event_type']);
    const data = hexOf(object?.['event_data']);
    return type === undefined || !data ? undefined : { type, data };
  }
  if (shape === 'template') {
    const name = object?.['template_name'];
    const data = hexOf(object?.['template_data']);
    return typeof name !== 'string' || !data ? undefined : { name, data };
  }
  if (shape === 'line') {
    const line = object?.['line'];
    return typeof line === 'string' ? { data: utf8Bytes(line) } : undefined;
  }
  return shape === 'bytes' ? { data: hexOf(json) ?? utf8Json(json) } : { data: utf8Json(json) };
}

/** A record of JSON; undefined, with an issue, where it cannot be used. */
export function readCelJson(
  value: unknown,
  note: Note,
  place: readonly [number, number],
): ReadCel | undefined {
  const bad: Bad = (field, expected, got) => {
    note('record.field', { expected, got: shown(got) }, field, ...place);
  };
  const json = objectOf(value);
  if (!json) {
    bad('', 'an object', value);
    return;
  }
  const recnum = countOf(json['recnum']);
  if (json['recnum'] !== undefined && recnum === undefined) {
    bad('recnum', 'a record number', json['recnum']);
    return;
  }
  const index = indexOf(json, bad);
  if (!index) return undefined;
  if (!Array.isArray(json['digests'])) {
    bad('digests', 'an array', json['digests']);
    return;
  }
  const digests: CelDigest[] = [];
  for (const one of json['digests'] as unknown[]) {
    const found = digestOf(one, bad, note, place);
    if (!found) return undefined;
    digests.push(...found);
  }
  const type = json['content_type'];
  const contentType = typeof type === 'number' ? contentName(type) : type;
  if (typeof contentType !== 'string') {
    bad('content_type', 'a name or number', type);
    return;
  }
  const content = readContent(contentType, json['content']);
  if (!content) note('cel.content', { type: contentType.slice(0, 32) }, 'content', ...place);
  const rest = { digestOffsets: [], dataOffset: -1, contentOffset: -1 };
  const record = {
    index,
    digests,
    contentType,
    content: content ?? { data: utf8Json(json['content']) },
    ...rest,
  };
  return recnum === undefined ? record : { recnum, ...record };
}

/** Has the object the members of a record? */
export function isCelObject(value: unknown): boolean {
  const json = objectOf(value);
  if (!json || !Array.isArray(json['digests']) || json['content_type'] === undefined) return false;
  return INDEX_MEMBERS.some(({ member }) => json[member] !== undefined);
}

export function isCelJson(bytes: Uint8Array): boolean {
  return opensArray(bytes) && isCelObject(firstItem(bytes)?.value);
}

/** Decodes a log in JSON encoding. */
export function decodeCelJson(bytes: Uint8Array, before: readonly Issue[] = []): EventLog {
  const records = new CelList();
  const { end, closed } = forEachItem(bytes, 0, (item) => {
    const { note } = records.list;
    const { start } = item;
    const place = [start, item.end - start] as const;
    const record = noteItem(note, item) ? readCelJson(item.value, note, place) : undefined;
    if (record) records.add(start, item.end, record);
  });
  const tail = jsonTail(bytes, end, closed, records.list.note);
  const again = (start: number, to: number): ReadCel | undefined =>
    readCelJson(parseRange(bytes, start, to), SILENT, [start, to - start]);
  return records.log('cel-json', bytes, tail, again, before);
}

/** What stands after the array: nothing but white space, or bytes that nobody reads. */
export function jsonTail(bytes: Uint8Array, end: number, closed: boolean, note: Note): EventLog['tail'] {
  const rest = skipSpace(bytes, end);
  if (!closed) note('record.truncated', { what: 'the array' }, '', end, bytes.length - end);
  else if (rest < bytes.length)
    note('record.trailing', { count: bytes.length - rest }, '', rest, bytes.length - rest);
  return tailAt(bytes, closed && rest === bytes.length ? rest : end);
}

/** Name of an algorithm in JSON: that of the TCG registry without its prefix. */
function algorithmText(tcgId: number): string | number {
  const name = algorithmOfTcgId(tcgId);
  return name === undefined ? tcgId : name === 'sm3' ? 'sm3_256' : name.replace('-', '_');
}

function writtenJson(data: Uint8Array): unknown {
  const value = parseRange(data, 0, data.length);
  return typeof value === 'object' || typeof value === 'string' ? value : toHex(data);
}

function writtenContent(contentType: string, { type, name, data }: CelContent): unknown {
  const shape = shapeOf(contentType);
  if (shape === 'pair' && type !== undefined)
    return { type: pairOf(contentType, type)?.name ?? type, data: toHex(data) };
  if (shape === 'event' && type !== undefined)
    return { event_type: eventType(type)?.name ?? type, event_data: toHex(data) };
  if (shape === 'template' && name !== undefined) return { template_name: name, template_data: toHex(data) };
  if (shape === 'line') return { line: utf8Text(data) };
  return shape === 'bytes' ? toHex(data) : writtenJson(data);
}

/** A record as JSON. `rtmr`: CC measurement registers are written by their RTMR numbers. */
export function celObject(record: CelRecord, rtmr = false): JsonObject {
  const { recnum, index, digests, contentType, content } = record;
  const number = contentNumber(contentType);
  return {
    ...(recnum === undefined ? {} : { recnum }),
    ...(rtmr && index.kind === 'ccmr' ? { rtmr: index.value - 1 } : { [index.kind]: index.value }),
    digests: digests.map(({ tcgId, digest }) => ({ hashAlg: algorithmText(tcgId), digest: toHex(digest) })),
    content_type: contentType === String(number) ? number : contentType,
    content: writtenContent(contentType, content),
  };
}

/** Writes a log. Records keep their numbers; those without one have none. */
export function encodeCelJson(records: readonly CelRecord[]): Uint8Array {
  return utf8Bytes(`[${records.map((record) => JSON.stringify(celObject(record))).join(',')}]`);
}
