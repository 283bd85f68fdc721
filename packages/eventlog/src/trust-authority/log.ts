/**
 * The event log in JSON that clients of Intel Trust Authority send: for each RTMR and bank a list of events with type,
 * tags and measurement, without the events' data. Source: intel/trustauthority-client-for-go.
 */
import { ALGORITHMS, algorithmOfText, toHex, utf8Bytes, type AlgorithmName, type Issue } from '@tsm/core';
import { jsonTail } from '../cel/json.ts';
import { titleText } from '../event-data/text.ts';
import { eventTypeName } from '../event-types.ts';
import { Growing } from '../growing.ts';
import type { EventLog } from '../log.ts';
import { checkAgainst } from '../records/check.ts';
import {
  countOf,
  firstItem,
  forEachItem,
  forEachMember,
  hexOf,
  noteItem,
  objectOf,
  opensArray,
  parseRange,
  shown,
  type JsonItem,
} from '../records/json.ts';
import { RecordList, SILENT, type LogRecord, type Note } from '../records/record-log.ts';
import { EV_NO_ACTION } from '../tcg/walk.ts';

const MAX_RTMR = 3;

/** One event to write. */
export interface TrustAuthorityEvent {
  readonly rtmr: number;
  readonly algorithm: AlgorithmName;
  /** As it is written: a number, or text such as `0x80000001`. */
  readonly typeId: number | string;
  readonly typeName?: string;
  readonly tags?: readonly string[];
  readonly measurement: Uint8Array;
}

const WITHOUT_DATA = checkAgainst([], 'event data, which this format leaves out');

/** What all events of one list share. `bank` is its name as written. */
interface Group {
  readonly rtmr: number;
  readonly bank: string;
  readonly algorithm: AlgorithmName | undefined;
}

type Place = readonly [offset: number, length: number];

function typeNumber(typeId: unknown): number | undefined {
  const value =
    typeof typeId === 'string' && /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(typeId)
      ? Number(typeId)
      : countOf(typeId);
  return value !== undefined && value <= 0xffff_ffff ? value : undefined;
}

function readGroup(value: unknown, note: Note, place: Place): Group | undefined {
  const bad = (field: string, expected: string, got: unknown): undefined => {
    note('record.field', { expected, got: shown(got) }, field, ...place);
  };
  const rtmr = objectOf(objectOf(value)?.['rtmr']);
  if (!rtmr) {
    bad('rtmr', 'an object', objectOf(value)?.['rtmr']);
    return;
  }
  const index = countOf(rtmr['index']);
  const { bank } = rtmr;
  if (index === undefined || index > 255) {
    bad('rtmr.index', 'the number of an RTMR', rtmr['index']);
    return;
  }
  if (typeof bank !== 'string') {
    bad('rtmr.bank', 'the name of an algorithm', bank);
    return;
  }
  const algorithm = algorithmOfText(bank);
  if (index > MAX_RTMR)
    note('log.register-range', { register: index, max: MAX_RTMR }, 'rtmr.index', ...place);
  if (!algorithm) note('record.unknown-algorithm', { name: shown(bank) }, 'rtmr.bank', ...place);
  return { rtmr: index, bank, algorithm };
}

function readEvent(value: unknown, group: Group, note: Note, place: Place): LogRecord | undefined {
  const bad = (field: string, expected: string, got: unknown): undefined => {
    note('record.field', { expected, got: shown(got) }, field, ...place);
  };
  const json = objectOf(value);
  if (!json) {
    bad('', 'an object', value);
    return;
  }
  const type = typeNumber(json['type_id']);
  const digest = hexOf(json['measurement']);
  if (type === undefined) {
    bad('type_id', 'an event type', json['type_id']);
    return;
  }
  if (!digest) {
    bad('measurement', 'hexadecimal digits', json['measurement']);
    return;
  }
  const { rtmr, bank, algorithm } = group;
  const sized = algorithm !== undefined && ALGORITHMS[algorithm].size === digest.length;
  if (algorithm !== undefined && !sized)
    note(
      'record.digest-size',
      { algorithm, expected: ALGORITHMS[algorithm].size, got: digest.length },
      'measurement',
      ...place,
    );
  const tcgId = algorithm === undefined ? 0 : ALGORITHMS[algorithm].tcgId;
  const { type_id: typeId, type_name: typeName, tags } = json;
  return {
    register: rtmr + 1,
    type,
    typeName: eventTypeName(type),
    data: new Uint8Array(0),
    dataOffset: -1,
    digests: [{ tcgId, algorithm: sized ? algorithm : undefined, digest, offset: -1 }],
    measured: type !== EV_NO_ACTION && rtmr <= MAX_RTMR,
    content: () => {
      const words = Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string').slice(0, 16) : [];
      const fields = { rtmr, bank, typeId, typeName, tags };
      const title = titleText(words.join(' · ') || 'no tags');
      return { kind: 'trust-authority', title, fields, tree: undefined, issues: [] };
    },
    check: WITHOUT_DATA,
  };
}

export function isTrustAuthorityLog(bytes: Uint8Array): boolean {
  const first = opensArray(bytes) ? objectOf(firstItem(bytes)?.value) : undefined;
  return objectOf(first?.['rtmr']) !== undefined && Array.isArray(first?.['rtmr_events']);
}

/** Collects the events of all lists. */
class Reader {
  readonly list = new RecordList();
  readonly groups: Group[] = [];
  /** Number of the group of each event. */
  readonly groupOf = new Growing((length) => new Uint32Array(length));
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  group(item: JsonItem): void {
    const { note } = this.list;
    const place = [item.start, item.end - item.start] as const;
    const group = noteItem(note, item) ? readGroup(item.value, note, place) : undefined;
    if (!group) return;
    this.groups.push(group);
    forEachMember(this.bytes, item.start, (name, start) => {
      if (name === 'rtmr_events') forEachItem(this.bytes, start, (event) => this.event(event, group));
    });
  }

  private event(item: JsonItem, group: Group): void {
    const { start, end } = item;
    const record = noteItem(this.list.note, item)
      ? readEvent(item.value, group, this.list.note, [start, end - start])
      : undefined;
    if (!record) return;
    this.groupOf.push(this.groups.length - 1);
    this.list.push(start, end, record.digests);
  }
}

/** Decodes the log. Events stand in the order of their lists: the order between registers is not in this format. */
export function decodeTrustAuthorityLog(bytes: Uint8Array, before: readonly Issue[] = []): EventLog {
  const reader = new Reader(bytes);
  const { list, groups, groupOf } = reader;
  const { end, closed } = forEachItem(bytes, 0, (item) => {
    reader.group(item);
  });
  const read = (start: number, to: number, number: number): LogRecord | undefined => {
    const group = groups[groupOf.at(number) ?? -1];
    return group && readEvent(parseRange(bytes, start, to), group, SILENT, [start, to - start]);
  };
  const tail = jsonTail(bytes, end, closed, list.note);
  return list.log({ format: 'trust-authority-json', bytes, numbering: 'ccMr', tail, read }, before);
}

/** Writes a log; events that follow each other in one register and bank share a list. */
export function encodeTrustAuthorityLog(events: readonly TrustAuthorityEvent[]): Uint8Array {
  const lists: { rtmr: { index: number; bank: string }; rtmr_events: unknown[] }[] = [];
  for (const { rtmr: index, algorithm, typeId, typeName, tags, measurement } of events) {
    const bank = algorithm.toUpperCase();
    let last = lists.at(-1);
    if (last?.rtmr.index !== index || last.rtmr.bank !== bank)
      lists.push((last = { rtmr: { index, bank }, rtmr_events: [] }));
    last.rtmr_events.push({
      type_id: typeId,
      ...(typeName === undefined ? {} : { type_name: typeName }),
      ...(tags ? { tags } : {}),
      measurement: toHex(measurement),
    });
  }
  return utf8Bytes(JSON.stringify(lists));
}

/** The events of a log that was decoded, as its encoder takes them; events of an unknown bank are left out. */
export function trustAuthorityEvents(log: EventLog): TrustAuthorityEvent[] {
  if (log.format !== 'trust-authority-json') return [];
  return [...log].flatMap((event) => {
    const { register, digests } = event;
    const { algorithm, digest: measurement } = digests[0] ?? {};
    const { typeId, typeName, tags } = event.content().fields;
    if (algorithm === undefined || !measurement) return [];
    if (typeof typeId !== 'number' && typeof typeId !== 'string') return [];
    const texts = Array.isArray(tags) ? { tags: tags.filter((tag) => typeof tag === 'string') } : {};
    const named = typeof typeName === 'string' ? { typeName } : {};
    return [{ rtmr: register - 1, algorithm, typeId, ...named, ...texts, measurement }];
  });
}
