/** One record of a text log: what it counts as, which value it states, and what is wrong with it. */
import { ALGORITHMS, isFilledWith, type AlgorithmName } from '@tsm/core';
import type { LOG_ISSUES } from '../issues.ts';
import type { TextDialect } from '../log.ts';
import { extendValue, isTrimmed, splitEvent, statedValue, type LineKind, type StatedValue } from './line.ts';

/** Kinds of lines that count. */
export type RecordKind = Exclude<LineKind, 'blank' | 'comment'>;

/** Longest name of an algorithm that is shown. */
const MAX_NAME = 32;

/** What is known of the log where the record stands. */
export interface RecordPlace {
  readonly dialect: TextDialect;
  /** Of the whole log: what its first line that states one says, or a default. */
  readonly algorithm: AlgorithmName;
  /** Kind of the record before; undefined for the first. */
  readonly before: RecordKind | undefined;
}

/** `value`: stated by SYNC and INIT, or extended by .EXTEND; undefined where it cannot be used. */
export interface ReadRecord {
  readonly kind: RecordKind;
  readonly value: Uint8Array | undefined;
}

/** Adds an issue of the line at hand. */
export type AddIssue = <C extends (typeof LOG_ISSUES.codes)[number]>(
  code: C,
  args: Parameters<typeof LOG_ISSUES.make<C>>[2],
) => void;

/** Reads the record of a line that `lineKind` calls `kind`; `text` is without its line feed. Never throws. */
export function readRecord(kind: RecordKind, text: string, place: RecordPlace, add: AddIssue): ReadRecord {
  const used = kind === 'init' && place.before !== undefined ? 'event' : kind;
  if (used !== kind) add('text.init-again', {});
  if (used === 'event') {
    checkEvent(text, place, add);
    return { kind: used, value: undefined };
  }
  if (used === 'extend') {
    add('replay.unlogged-extend', {});
    return { kind: used, value: sized('# .EXTEND', extendValue(text), place, add) };
  }
  return { kind: used, value: statedOf(used, text, place, add) };
}

function checkEvent(text: string, { dialect, before }: RecordPlace, add: AddIssue): void {
  const foreign = dialect === 'rfc' ? /^INIT[ /]/ : /^SYNC[ /]/;
  if (foreign.test(text)) add('text.dialect-mix', { word: text.slice(0, 4), dialect });
  if (dialect === 'rfc' && !isTrimmed(text)) add('text.untrimmed', {});
  if (dialect === 'rfc' && before === 'extend') add('text.missing-sync', {});
  if (dialect === 'aael' && !splitEvent(text)) add('text.not-an-event-line', {});
}

function statedOf(
  kind: 'sync' | 'init',
  text: string,
  place: RecordPlace,
  add: AddIssue,
): Uint8Array | undefined {
  const stated = statedValue(text);
  const { algorithm } = place;
  if (stated.algorithm === undefined) {
    add('text.unknown-algorithm', { name: stated.algorithmText.slice(0, MAX_NAME) });
    return undefined;
  }
  if (stated.algorithm !== algorithm) {
    add('text.algorithm-changed', { first: algorithm, here: stated.algorithm });
    return undefined;
  }
  const expected = 2 * ALGORITHMS[algorithm].size;
  const { length } = stated.hex;
  const short = kind === 'init' && stated.value && length < expected && isFilledWith(stated.value, 0);
  if (!short) return sized(kind === 'sync' ? 'SYNC' : 'INIT', stated, place, add);
  add('text.short-init', { expected, got: length });
  return new Uint8Array(expected / 2);
}

function sized(
  what: string,
  { hex, value }: Pick<StatedValue, 'hex' | 'value'>,
  { algorithm }: RecordPlace,
  add: AddIssue,
): Uint8Array | undefined {
  const { size } = ALGORITHMS[algorithm];
  if (value?.length === size) return value;
  add('text.bad-digest', { what, expected: 2 * size, got: hex.length });
  return undefined;
}
