/**
 * The event log of dstack: the list that comes with a quote, and the lines of the guest's own log of runtime events.
 * Source: Dstack-TEE/dstack, cc-eventlog; `/run/log/dstack/runtime_events.log`.
 */
import {
  ALGORITHMS,
  toBase64,
  toHex,
  utf8Bytes,
  type AlgorithmName,
  type Digests,
  type Issue,
} from '@tsm/core';
import { jsonTail } from '../cel/json.ts';
import type { EventContent } from '../event-data/content.ts';
import { decodeContent } from '../event-data/decode.ts';
import { findText, hexTitle, titleText } from '../event-data/text.ts';
import { eventTypeName } from '../event-types.ts';
import type { EventDigest, EventLog } from '../log.ts';
import { checkAgainst } from '../records/check.ts';
import {
  firstItem,
  forEachItem,
  forEachValue,
  noteItem,
  opensArray,
  parseRange,
  type JsonItem,
} from '../records/json.ts';
import { RecordList, SILENT, tailAt, type LogRecord, type Step } from '../records/record-log.ts';
import { EV_NO_ACTION } from '../tcg/walk.ts';
import {
  DSTACK_RUNTIME,
  isDstackObject,
  noteDstack,
  preimageOf,
  readDstack,
  RUNTIME_IMR,
  type DstackEvent,
  type DstackForm,
} from './event.ts';

/** Banks by the size of the digest: TDX has the first, guests with a TPM the second. */
const BANKS = ['sha384', 'sha256'] as const satisfies readonly AlgorithmName[];
const [RTMR_BANK] = BANKS;

/** An event in words. */
function contentOf(event: DstackEvent, offset: number, length: number): EventContent {
  const { imr, eventType, event: name, payload, version, preimage } = event;
  const fields = { imr, eventType, event: name, payload, version, preimage };
  if (eventType !== DSTACK_RUNTIME) {
    const found = decodeContent(eventType, payload, { offset, path: 'event_payload' });
    const stripped = payload.length === 0;
    const title = stripped ? 'payload not in the list' : found.title;
    const issues = stripped ? [] : found.issues.map((one) => ({ ...one, offset, length }));
    return { ...found, title, fields: { ...found.fields, ...fields }, tree: undefined, issues };
  }
  const text = findText(payload)?.text ?? hexTitle(payload);
  const title = titleText(payload.length === 0 ? name : `${name} ${text}`);
  return { kind: 'dstack', title, fields, tree: undefined, issues: [] };
}

function storedDigests({ digest }: DstackEvent): EventDigest[] {
  if (!digest) return [];
  const algorithm = BANKS.find((name) => ALGORITHMS[name].size === digest.length);
  return [{ tcgId: algorithm ? ALGORITHMS[algorithm].tcgId : 0, algorithm, digest, offset: -1 }];
}

function recordOf(event: DstackEvent, start: number, end: number): LogRecord {
  const { imr, eventType, payload } = event;
  const preimage = preimageOf(event);
  const digests = storedDigests(event);
  const computed = (all: Digests): Step[] =>
    preimage && all.has(RTMR_BANK) ? [{ algorithm: RTMR_BANK, digest: all.digest(RTMR_BANK, preimage) }] : [];
  const check = preimage
    ? checkAgainst([{ covers: 'type, name and payload', bytes: preimage }])
    : payload.length === 0
      ? checkAgainst([], 'a payload that is not in the list')
      : undefined;
  return {
    register: imr + 1,
    type: eventType,
    typeName: eventTypeName(eventType),
    digests,
    data: preimage ?? payload,
    dataOffset: -1,
    check,
    measured: eventType !== EV_NO_ACTION && imr <= RUNTIME_IMR,
    content: () => contentOf(event, start, end - start),
    steps: digests.length === 0 ? computed : undefined,
  };
}

/** The form of the log, or undefined. */
function formOf(bytes: Uint8Array): DstackForm | undefined {
  const first = firstItem(bytes)?.value;
  const form = opensArray(bytes) ? 'list' : 'lines';
  return first !== undefined && isDstackObject(first, form) ? form : undefined;
}

export const isDstackLog = (bytes: Uint8Array): boolean => formOf(bytes) !== undefined;

/** Decodes a list, or lines. */
export function decodeDstackLog(bytes: Uint8Array, before: readonly Issue[] = []): EventLog {
  const list = new RecordList();
  const form = opensArray(bytes) ? 'list' : 'lines';
  const add = (item: JsonItem): void => {
    const { start, end } = item;
    const { note } = list;
    const place = [start, end - start] as const;
    const event = noteItem(note, item) ? readDstack(item.value, form, note, place) : undefined;
    if (!event) return;
    noteDstack(event, form, note, place);
    const { length = ALGORITHMS[RTMR_BANK].size } = event.digest ?? {};
    const algorithm = BANKS.find((name) => ALGORITHMS[name].size === length);
    if (!algorithm)
      note(
        'record.digest-size',
        { algorithm: RTMR_BANK, expected: ALGORITHMS[RTMR_BANK].size, got: length },
        'digest',
        ...place,
      );
    list.push(start, end, [{ algorithm, digest: bytes }]);
  };
  const read = (start: number, end: number): LogRecord | undefined => {
    const event = readDstack(parseRange(bytes, start, end), form, SILENT, [start, end - start]);
    return event && recordOf(event, start, end);
  };
  const parts = { format: 'dstack-json', bytes, numbering: 'ccMr', read } as const;
  if (form === 'lines') {
    forEachValue(bytes, add);
    return list.log({ ...parts, tail: tailAt(bytes, bytes.length) }, before);
  }
  const { end, closed } = forEachItem(bytes, 0, add);
  return list.log({ ...parts, tail: jsonTail(bytes, end, closed, list.note) }, before);
}

/** Writes the list that comes with a quote. */
export function encodeDstackLog(events: readonly DstackEvent[]): Uint8Array {
  const list = events.map(({ imr, eventType, digest, event, payload, version, preimage }) => ({
    imr,
    event_type: eventType,
    digest: digest ? toHex(digest) : '',
    event,
    event_payload: toHex(payload),
    ...(version === undefined ? {} : { version }),
    ...(preimage ? { preimage: toHex(preimage) } : {}),
  }));
  return utf8Bytes(JSON.stringify(list));
}

/** Writes the guest's own log: runtime events alone; another is a RangeError. */
export function encodeDstackLines(events: readonly DstackEvent[]): Uint8Array {
  const lines = events.map(({ eventType, imr, event, payload, version }) => {
    if (eventType !== DSTACK_RUNTIME || imr !== RUNTIME_IMR)
      throw new RangeError(`event: expected a runtime event of RTMR3, got type 0x${eventType.toString(16)}`);
    return `${JSON.stringify({ event, payload: toBase64(payload), ...(version === undefined ? {} : { version }) })}\n`;
  });
  return utf8Bytes(lines.join(''));
}

/** The events of a list that was decoded, as its encoders take them; none for a log of another format. */
export function dstackEvents(log: EventLog): DstackEvent[] {
  if (log.format !== 'dstack-json') return [];
  const form = opensArray(log.bytes) ? 'list' : 'lines';
  return [...log].flatMap(({ offset, length }) => {
    const value = parseRange(log.bytes, offset, offset + length);
    return readDstack(value, form, SILENT, [offset, length]) ?? [];
  });
}
