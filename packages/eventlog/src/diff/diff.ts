/**
 * Logs compared by what their events are about, not by position: per register the two sequences of events are aligned,
 * and each difference gets the word that people have for it. O((n + m) × differences).
 */
import { portableDigests, toHex, type Digests } from '@tsm/core';
import type { EventLog } from '../log.ts';
import { registerIdentity, replay } from '../replay.ts';
import { align, KeyNumbers } from './align.ts';
import { classOf } from './classify.ts';
import { fingerprint, identityOf } from './identity.ts';
import {
  DIFFERENCE_CLASSES,
  type Change,
  type DiffEvent,
  type Difference,
  type DifferenceClass,
  type FinalValues,
  type LogDiff,
  type LogsDiff,
  type RegisterDiff,
} from './model.ts';

export interface DiffOptions {
  readonly digests?: Digests;
  /** Register that text logs belong to. */
  readonly register?: string;
}

/** One event, and what it is compared by. */
interface Item {
  readonly event: DiffEvent;
  readonly register: string;
  readonly identity: string;
  readonly class: DifferenceClass;
  readonly digests: Readonly<Record<string, string>>;
}

/** One log, ready to be compared. */
interface Prepared {
  readonly items: ReadonlyMap<string, readonly Item[]>;
  /** Final values in hexadecimal: by register, then by bank. */
  readonly values: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly order: readonly string[];
}

/** A place in the alignment: an event of one log, or of both. */
interface Row {
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}

function nameOf(log: EventLog, register: number, options: DiffOptions): string {
  return registerIdentity(log, register, options.register).name ?? 'log';
}

function prepare(log: EventLog, options: DiffOptions): Prepared {
  const items = new Map<string, Item[]>();
  for (const event of log) {
    if (!event.measured) continue;
    const content = event.content();
    const register = nameOf(log, event.register, options);
    const list = items.get(register) ?? [];
    items.set(register, list);
    const digests = fingerprint(event);
    const { number, typeName } = event;
    list.push({
      event: { event: number, register: event.register, typeName, title: content.title, digests },
      ...{ register, digests, identity: identityOf(event, content), class: classOf(event, content) },
    });
  }
  const values = new Map<string, Map<string, string>>();
  for (const one of replay(log, { digests: options.digests ?? portableDigests }).registers) {
    const name = nameOf(log, one.register, options);
    const banks = values.get(name) ?? new Map<string, string>();
    values.set(name, banks.set(one.algorithm, toHex(one.value)));
  }
  const order = [...new Set([...values.keys(), ...items.keys()])];
  return { items, values, order };
}

/** Do the two measure the same, as far as the banks that both have tell? */
function sameDigests(a: Item, b: Item): boolean {
  const shared = Object.keys(a.digests).filter((bank) => b.digests[bank] !== undefined);
  return shared.length > 0 && shared.every((bank) => a.digests[bank] === b.digests[bank]);
}

/** The two sequences side by side. */
function sideBySide(before: readonly Item[], after: readonly Item[]): Row[] {
  const numbers = new KeyNumbers();
  const keys = (items: readonly Item[]): Int32Array =>
    Int32Array.from(items, ({ identity }) => numbers.of(identity));
  const rows: Row[] = [];
  let a = 0;
  let b = 0;
  const both = (end: number): void => {
    while (a < end) rows.push({ before: before[a++], after: after[b++] });
  };
  for (const { fromA, toA, toB } of align(keys(before), keys(after))) {
    both(fromA);
    while (a < toA) rows.push({ before: before[a++], after: undefined });
    while (b < toB) rows.push({ before: undefined, after: after[b++] });
  }
  both(before.length);
  return rows;
}

/** Events that stand in one log only, by what they are; each is taken once. */
class Leftovers {
  private readonly byIdentity = new Map<string, Item[]>();

  constructor(items: readonly Item[]) {
    for (const item of items) {
      const list = this.byIdentity.get(item.identity) ?? [];
      this.byIdentity.set(item.identity, list);
      list.push(item);
    }
  }

  /** Takes one that is the same event as this: with the same digests, or failing that of the same register. */
  take(item: Item): Item | undefined {
    const list = this.byIdentity.get(item.identity) ?? [];
    const same = list.findIndex((one) => sameDigests(one, item));
    const index = same >= 0 ? same : list.findIndex(({ register }) => register === item.register);
    return index < 0 ? undefined : list.splice(index, 1)[0];
  }
}

/** Removed and added events that are the same one are moved; what remains is removed, added, changed or equal. */
function pairMoves(all: ReadonlyMap<string, readonly Row[]>): Map<string, Row[]> {
  const rows = [...all.values()].flat();
  const added = new Leftovers(rows.flatMap(({ before, after }) => (before || !after ? [] : [after])));
  const taken = new Set<Item>();
  const partners = new Map<Item, Item>();
  for (const { before, after } of rows) {
    const partner = before && !after ? added.take(before) : undefined;
    if (!partner || !before) continue;
    taken.add(partner);
    partners.set(before, partner);
  }
  return new Map(
    [...all].map(([name, list]) => [
      name,
      list.flatMap((row) => {
        if (row.after && taken.has(row.after)) return [];
        return [row.before && !row.after ? { ...row, after: partners.get(row.before) } : row];
      }),
    ]),
  );
}

function wordsOf(
  what: DifferenceClass,
  change: Change,
  before: Item | undefined,
  after: Item | undefined,
): string {
  const noun = DIFFERENCE_CLASSES[what];
  const [from = '', to = ''] = [before?.event.title, after?.event.title];
  if (change === 'changed') return `${noun} changed: ${from === to ? from : `${from} → ${to}`}`;
  if (change !== 'moved') return `${noun} ${change}: ${from || to}`;
  const where =
    before?.register === after?.register ? '' : ` (${before?.register ?? ''} → ${after?.register ?? ''})`;
  return `${noun} ${where === '' ? 'reordered' : 'moved'}: ${from}${where}`;
}

function differenceOf({ before, after }: Row, aligned: ReadonlySet<Item>): Difference | undefined {
  const what = (after ?? before)?.class ?? 'other';
  const same = before && after && sameDigests(before, after);
  if (same && aligned.has(before)) return undefined;
  const change: Change = same ? 'moved' : before && after ? 'changed' : before ? 'removed' : 'added';
  return {
    class: what,
    change,
    before: before?.event ?? null,
    after: after?.event ?? null,
    words: wordsOf(what, change, before, after),
  };
}

function valuesOf(name: string, before: Prepared, after: Prepared): FinalValues[] {
  const a = before.values.get(name);
  const b = after.values.get(name);
  return [...new Set([...(a?.keys() ?? []), ...(b?.keys() ?? [])])].map((algorithm) => {
    const [one = null, two = null] = [a?.get(algorithm), b?.get(algorithm)];
    return { algorithm, before: one, after: two, equal: one !== null && one === two };
  });
}

function registerDiff(
  name: string,
  rows: readonly Row[],
  aligned: ReadonlySet<Item>,
  before: Prepared,
  after: Prepared,
): RegisterDiff {
  const differences = rows.flatMap((row) => differenceOf(row, aligned) ?? []);
  const values = valuesOf(name, before, after);
  const shared = values.filter((one) => one.before !== null && one.after !== null);
  return {
    name,
    events: { before: before.items.get(name)?.length ?? 0, after: after.items.get(name)?.length ?? 0 },
    differences,
    firstDivergence: differences[0] ?? null,
    values,
    sameValue: shared.length > 0 && shared.every(({ equal }) => equal),
  };
}

function compareTwo(before: Prepared, after: Prepared, log: number): LogDiff {
  const names = [...new Set([...before.order, ...after.order])];
  const rows = new Map(
    names.map((name) => [name, sideBySide(before.items.get(name) ?? [], after.items.get(name) ?? [])]),
  );
  const aligned = new Set(
    [...rows.values()].flat().flatMap((row) => (row.before && row.after ? [row.before] : [])),
  );
  const paired = pairMoves(rows);
  const registers = names.map((name) => registerDiff(name, paired.get(name) ?? [], aligned, before, after));
  const equal = registers.every(
    ({ differences, sameValue, values }) => differences.length === 0 && (sameValue || values.length === 0),
  );
  return { log, equal, registers };
}

/** Numbers of the logs by what their registers hold at the end. */
function groupsOf(logs: readonly Prepared[]): number[][] {
  const groups = new Map<string, number[]>();
  logs.forEach(({ values }, i) => {
    const banks = [...values].map(([name, one]) => [name, [...one].sort()] as const);
    const key = JSON.stringify(banks.sort(([a], [b]) => (a < b ? -1 : 1)));
    groups.set(key, [...(groups.get(key) ?? []), i]);
  });
  return [...groups.values()];
}

/** Compares every log with the first. Never throws on data. */
export function diffLogs(logs: readonly EventLog[], options: DiffOptions = {}): LogsDiff {
  const prepared = logs.map((log) => prepare(log, options));
  const [first] = prepared;
  const diffs = prepared.flatMap((one, i) => (first && i > 0 ? [compareTwo(first, one, i)] : []));
  return { groups: groupsOf(prepared), diffs };
}
