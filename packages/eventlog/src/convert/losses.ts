/**
 * What the source says and the new log does not: found by comparing the events of both, as they decode, whatever the
 * formats are.
 */
import { algorithmOfTcgId, equalBytes, isFilledWith, type Digests } from '@tsm/core';
import { decodeLog } from '../decode.ts';
import { formatOf } from '../formats.ts';
import type { EventLog } from '../log.ts';
import { checkEvent } from '../records/check.ts';
import { forEachLine, lineKind } from '../text/line.ts';
import type { Draft, Loss } from './model.ts';
import { digestsOf, type Selection } from './selection.ts';
import { isSpecId } from './spec-id.ts';
import { sourceOf, type SourceEvent } from './source.ts';

/** What each kind of loss is in words; `names` are the banks, types, members and the like that it is about. */
const LOSSES = {
  undecoded: (names) => `what the reader of the source leaves out: ${names}`,
  register: (names) => `events of other registers: ${names}`,
  bank: (names) => `digests of ${names}`,
  event: () => 'events that extend nothing in the new log',
  type: (names) => `the kind of the event: it becomes ${names}`,
  data: () => 'the data of the event, or some of it',
  fields: (names) => `members of the record: ${names}`,
  contradicted: () => 'what the digest is of: by the rules of the new format it contradicts the data',
  unchecked: () => 'what the digest is of: the new log does not tell',
  statement: () => 'values that the log states for its register, and a replay checks',
  order: () => 'the order of events of different registers',
  'register-name': (names) => `the name of the register: ${names}`,
  comment: () => 'comments',
  padding: (names) => `padding of the log area: ${names}`,
  recognition: (names) => `the format: without being told, a reader takes the new log for ${names}`,
} as const satisfies Record<string, (names: string) => string>;

export type LossKind = keyof typeof LOSSES;

/** All kinds, in the order in which they are listed. */
export const LOSS_KINDS = Object.keys(LOSSES) as readonly LossKind[];

const MAX_FIRST = 5;
const MAX_NAMES = 6;

/** Warnings of a reader that left out something which no event shows. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  ...['systemd.nul-record', 'record.trailing', 'tcg.duplicate-digest', 'record.duplicate-digest'],
]);

interface Found {
  events: number;
  /** The event that was counted last: one may lose several members. */
  last: number;
  readonly first: number[];
  readonly names: Set<string>;
}

class Losses {
  private readonly found = new Map<LossKind, Found>();

  /** `event`: undefined where the loss is of the log as a whole. */
  add(kind: LossKind, event?: number, name?: string): void {
    let one = this.found.get(kind);
    if (!one) this.found.set(kind, (one = { events: 0, last: -1, first: [], names: new Set() }));
    if (name !== undefined && one.names.size <= MAX_NAMES) one.names.add(name);
    if (event === undefined || one.last === event) return;
    one.last = event;
    one.events++;
    if (one.first.length < MAX_FIRST) one.first.push(event);
  }

  all(): Loss[] {
    return LOSS_KINDS.flatMap((kind) => {
      const { events, first, names } = this.found.get(kind) ?? {};
      if (events === undefined || !first || !names) return [];
      const shown = [...names].slice(0, MAX_NAMES).join(', ');
      return [{ kind, words: LOSSES[kind](names.size > MAX_NAMES ? `${shown}, …` : shown), events, first }];
    });
  }
}

/** Kind of an event: content type, and type or template. */
const kindOf = ({ contentType, content: { type, name } }: SourceEvent): string =>
  `${contentType} ${String(type ?? name ?? '')}`;

/** The bytes that the event says it is about. */
const dataOf = ({ contentType, content, event }: SourceEvent): Uint8Array =>
  contentType === 'ima_template' ? content.data : event.data;

const bankName = (tcgId: number): string =>
  tcgId === 0
    ? 'a bank of an unknown name'
    : (algorithmOfTcgId(tcgId) ?? `algorithm 0x${tcgId.toString(16)}`);

/** Algorithms of the digests that say something: those of a header and of zeros in events that extend nothing do not. */
function banksOf(one: SourceEvent): number[] {
  if (isSpecId(one)) return [];
  const nameless = one.event.digests.filter(({ tcgId }) => tcgId === 0).map(() => 0);
  const said = digestsOf(one).filter(({ digest }) => one.extends.length > 0 || !isFilledWith(digest, 0));
  return [...nameless, ...said.map(({ tcgId }) => tcgId)];
}

const isEqual = (a: unknown, b: unknown): boolean =>
  a instanceof Uint8Array && b instanceof Uint8Array
    ? equalBytes(a, b)
    : JSON.stringify(a) === JSON.stringify(b);

/** Does the digest fit the data? Where the log computes its digests they do by definition. */
function fit({ event, extends: steps }: SourceEvent, digests: Digests): string {
  return event.digests.length === 0 && steps.length > 0 ? 'matches' : checkEvent(event, digests).state;
}

const statesValue = ({ event: { typeName } }: SourceEvent, { format }: EventLog): boolean =>
  format === 'tsm-text' && (typeName === 'SYNC' || typeName === 'INIT');

function commentsOf({ format, bytes, dialect = 'rfc' }: EventLog): number {
  let comments = 0;
  if (format === 'tsm-text')
    forEachLine(bytes, (start, end) => {
      if (lineKind(bytes, start, end, dialect) === 'comment') comments++;
    });
  return comments;
}

/** Both logs, and which event became which. */
interface Pair {
  readonly before: EventLog;
  readonly after: EventLog;
  readonly digests: Digests;
}

function addEventLosses(losses: Losses, one: SourceEvent, became: readonly SourceEvent[], pair: Pair): void {
  const { number } = one.event;
  const [first] = became;
  if (!first) {
    losses.add('event', number);
    return;
  }
  const banks = new Set(became.flatMap(banksOf));
  for (const bank of banksOf(one)) if (!banks.has(bank)) losses.add('bank', number, bankName(bank));
  if (kindOf(one) !== kindOf(first)) losses.add('type', number, first.event.typeName);
  if (!equalBytes(dataOf(one), dataOf(first))) losses.add('data', number);
  for (const [name, value] of Object.entries(one.fields))
    if (!isEqual(value, first.fields[name])) losses.add('fields', number, name);
  const [was, is] = [fit(one, pair.digests), fit(first, pair.digests)];
  if (is === 'contradicts' && was !== is) losses.add('contradicted', number);
  if (is === 'cannotTell' && was !== is) losses.add('unchecked', number);
  if (statesValue(one, pair.before) && !statesValue(first, pair.after)) losses.add('statement', number);
}

const bytesText = (length: number): string => `${String(length)} byte${length === 1 ? '' : 's'}`;

const nameOf = ({ format, dialect }: EventLog): string =>
  dialect === undefined ? format : `${format} (${dialect})`;

/** What a reader takes the bytes for whom nobody tells; some formats are told apart only by all of the log. */
function takenFor(bytes: Uint8Array): string {
  const id = formatOf(bytes)?.id ?? 'no log';
  return id === 'ccel' || id === 'tsm-text' ? nameOf(decodeLog(bytes)) : id;
}

function addLogLosses(losses: Losses, { before, after }: Pair, name: string | null): void {
  for (const { code, message } of before.issues)
    if (LEFT_OUT.has(code)) losses.add('undecoded', undefined, message);
  const { kind, length, offset } = before.tail;
  if (kind === 'unread')
    losses.add('undecoded', undefined, `${bytesText(length)} at offset ${String(offset)}`);
  else if (kind !== 'none' && after.tail.kind !== kind) losses.add('padding', undefined, bytesText(length));
  if (before.numbering !== 'single' && after.numbering === 'single')
    losses.add('register-name', undefined, name ?? '');
  for (let i = commentsOf(after); i < commentsOf(before); i++) losses.add('comment');
  const taken = takenFor(after.bytes);
  if (taken !== nameOf(after)) losses.add('recognition', undefined, taken);
}

/** Compares the source with the new log, event by event. `name`: of the register of a text log. */
export function lossesOf(selection: Selection, draft: Draft, after: EventLog, name: string | null): Loss[] {
  const losses = new Losses();
  const { source, digests } = selection;
  const pair = { before: source.log, after, digests };
  const became = new Map<number, SourceEvent[]>();
  let highest = -1;
  for (const one of sourceOf(after, digests).events) {
    const from = draft.from[one.event.number] ?? -1;
    if (from >= 0) became.set(from, [...(became.get(from) ?? []), one]);
    if (from >= 0 && from < highest) losses.add('order', from);
    highest = Math.max(highest, from);
  }
  const selected = new Set(selection.events.map(({ event }) => event.number));
  for (const one of source.events) {
    const { number } = one.event;
    if (selected.has(number)) addEventLosses(losses, one, became.get(number) ?? [], pair);
    else losses.add('register', number, one.register ?? '');
  }
  addLogLosses(losses, pair, name);
  return losses.all();
}
