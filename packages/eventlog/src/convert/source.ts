/**
 * Any decoded log as the events that a conversion carries: the record of a Canonical Event Log that each one is or would
 * be, with its register, what it extends, and what only its own format says.
 */
import { ALGORITHMS, equalBytes, latin1Text, type AlgorithmName, type Digests } from '@tsm/core';
import { shapeOf, type CelContent, type CelIndexKind } from '../cel/model.ts';
import { celRecords } from '../cel/records.ts';
import { dstackEvents } from '../dstack/log.ts';
import { DSTACK_RUNTIME } from '../dstack/event.ts';
import { eventTypeName } from '../event-types.ts';
import { dataOfText } from '../ima/template.ts';
import type { EventLog, LogEvent } from '../log.ts';
import { objectOf, parseRange } from '../records/json.ts';
import { isViolation } from '../records/check.ts';
import { registerIdentity } from '../replay.ts';
import { EV_COMPACT_HASH, runtimeFields } from './firmware.ts';

/** A register of a numbering; `single` is the one of a text log that nobody named. */
export interface Place {
  readonly kind: CelIndexKind | 'single';
  readonly value: number;
}

/** One bank of a register, extended. */
interface Extend {
  readonly algorithm: AlgorithmName;
  readonly digest: Uint8Array;
}

/** What the record says beside register and digests. */
interface Said {
  readonly contentType: string;
  readonly content: CelContent;
  /** What the event's type does not say: record numbers, names, tags, time stamps. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface SourceEvent extends Said {
  readonly event: LogEvent;
  readonly place: Place;
  readonly register: string | null;
  /** What the event extends, bank by bank. */
  readonly extends: readonly Extend[];
  /** An entry of IMA that extends all ones, and says zeros. */
  readonly violation: boolean;
}

export interface Source {
  readonly log: EventLog;
  readonly events: readonly SourceEvent[];
}

const SINGLE: Place = { kind: 'single', value: 0 };

const firmware = (type: number, data: Uint8Array, fields: Said['fields'] = {}): Said => ({
  contentType: 'pcclient_std',
  content: { type, data },
  fields: type === DSTACK_RUNTIME ? { ...runtimeFields(data), ...fields } : fields,
});

/** The members of a record in JSON but the word that is measured, which is the event's data. */
function jsonFields(contentType: string, { data }: CelContent): Said['fields'] {
  if (shapeOf(contentType) !== 'json') return {};
  const members = Object.entries(objectOf(parseRange(data, 0, data.length)) ?? {});
  return Object.fromEntries(members.filter(([name]) => name !== 'string'));
}

/** The template data that the hash of a line is of: blanks in names leave more than one reading. */
function templateData(log: EventLog, event: LogEvent, digests: Digests): Uint8Array {
  const { offset, length, typeName, data } = event;
  const { algorithm, digest } = event.digests[0] ?? {};
  if (log.format !== 'ima-ascii' || !algorithm || !digest || !digests.has(algorithm)) return data;
  const line = latin1Text(log.bytes.subarray(offset, offset + length));
  const readings = dataOfText(typeName, line.slice(line.indexOf(` ${typeName} `) + typeName.length + 2));
  if (readings.length < 2) return data;
  return readings.find((one) => equalBytes(digests.digest(algorithm, one), digest)) ?? data;
}

/** Reads the events of a log one by one. */
function reader(log: EventLog, digests: Digests): (event: LogEvent) => Said & { place?: Place } {
  switch (log.format) {
    case 'cel-tlv':
    case 'cel-json':
    case 'cel-cbor':
    case 'systemd-json': {
      const records = celRecords(log);
      return ({ number, type, data }) => {
        const record = records[number];
        if (!record) return firmware(type, data);
        const { contentType, content, index, recnum } = record;
        const runtime = contentType === 'pcclient_std' && content.type === DSTACK_RUNTIME;
        const own = runtime ? runtimeFields(content.data) : jsonFields(contentType, content);
        const fields = recnum === undefined ? own : { ...own, recnum };
        return { contentType, content, fields, place: index };
      };
    }
    case 'ima-ascii':
    case 'ima-binary':
      return (event) => {
        const content = { name: event.typeName, data: templateData(log, event, digests) };
        return { contentType: 'ima_template', content, fields: {} };
      };
    case 'dstack-json': {
      const events = dstackEvents(log);
      return ({ number, type, data }) => {
        const { event = '', payload = data, version = 1 } = events[number] ?? {};
        if (type === DSTACK_RUNTIME) return firmware(type, data, { event, payload, version });
        return firmware(type, data, event === '' ? {} : { event });
      };
    }
    case 'trust-authority-json':
      return (event) => {
        const { tags, typeName } = event.content().fields;
        const named = typeof typeName === 'string' && typeName !== eventTypeName(event.type);
        const own = { ...(tags === undefined ? {} : { tags }), ...(named ? { typeName } : {}) };
        return firmware(event.type, event.data, own);
      };
    case 'tsm-text':
      return ({ typeName, data }) =>
        typeName === '.EXTEND'
          ? firmware(EV_COMPACT_HASH, data)
          : { contentType: 'tsm_text', content: { data }, fields: {} };
    case 'ccel':
    case 'tcg2':
    case 'tcg1':
      return ({ type, data }) => firmware(type, data);
  }
}

/** What each event extends, by its number. */
function extendsOf(log: EventLog, digests: Digests): ReadonlyMap<number, Extend[]> {
  const all = new Map<number, Extend[]>();
  log.scan(digests, (number, _register, algorithm, bytes, offset) => {
    const size = digestSize(algorithm);
    const one = { algorithm, digest: bytes.subarray(offset, offset + size) };
    const known = all.get(number);
    if (known) known.push(one);
    else all.set(number, [one]);
  });
  return all;
}

const digestSize = (algorithm: AlgorithmName): number => ALGORITHMS[algorithm].size;

/** `register`: the one that a text log is of. */
export function sourceOf(log: EventLog, digests: Digests, named?: { name: string; place: Place }): Source {
  const read = reader(log, digests);
  const extended = extendsOf(log, digests);
  const { numbering } = log;
  const events = [...log].map((event): SourceEvent => {
    const { place: own, ...said } = read(event);
    const place =
      own ??
      (numbering === 'single'
        ? SINGLE
        : { kind: numbering === 'pcr' ? 'pcr' : 'ccmr', value: event.register });
    const single = numbering === 'single';
    const register = single ? (named?.name ?? null) : registerIdentity(log, event.register).name;
    return {
      ...{ ...said, event, register, extends: extended.get(event.number) ?? [] },
      place: single && named ? named.place : place,
      violation:
        said.contentType === 'ima_template' && event.digests.some(({ digest }) => isViolation(digest)),
    };
  });
  return { log, events };
}
