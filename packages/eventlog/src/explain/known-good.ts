/**
 * Edits that a known-good log suggests: the differences between the two, each alone, in pairs, and all together. Both
 * sequences of digests are aligned, so this costs a few replays and no search.
 */
import { toHex } from '@tsm/core';
import { align, KeyNumbers, type Hunk } from '../diff/align.ts';
import { edit, eventOf, eventText, type Context } from './context.ts';
import { eventAt } from './frame.ts';
import type { Edit } from './model.ts';
import { digestAt, type Steps } from './steps.ts';
import { splice, type SearchClass, type Trial } from './trial.ts';
import { digestWords, gapWords, theEvent } from './words.ts';

/** One difference. A deletion and an insertion of the same digest in two places are one: a move. */
type Difference = readonly Hunk[];

/** More differences than this are not tried in pairs. */
const MAX_PAIRED = 64;

function keysOf(row: Uint8Array, size: number, numbers: KeyNumbers): Int32Array {
  return Int32Array.from({ length: row.length / size }, (_, i) => numbers.of(toHex(digestAt(row, size, i))));
}

/** Hunks of one item each: a hunk of several is as many edits; what is replaced is paired in order. */
function single({ fromA, toA, fromB, toB }: Hunk): Hunk[] {
  const length = Math.max(toA - fromA, toB - fromB);
  return Array.from({ length }, (_, i) => ({
    fromA: Math.min(fromA + i, toA),
    toA: Math.min(fromA + i + 1, toA),
    fromB: Math.min(fromB + i, toB),
    toB: Math.min(fromB + i + 1, toB),
  }));
}

const isDeletion = ({ fromB, toB }: Hunk): boolean => fromB === toB;
const isInsertion = ({ fromA, toA }: Hunk): boolean => fromA === toA;

/** Joins a deletion and an insertion of the same digest to a move. */
function joinMoves(hunks: readonly Hunk[], a: Int32Array, b: Int32Array): Difference[] {
  const insertions = new Map<number, number[]>();
  hunks.forEach((hunk, i) => {
    if (!isInsertion(hunk)) return;
    const key = b[hunk.fromB] ?? -1;
    insertions.set(key, [...(insertions.get(key) ?? []), i]);
  });
  const used = new Set<number>();
  const partner = hunks.map((hunk) => {
    const other = isDeletion(hunk) ? insertions.get(a[hunk.fromA] ?? -1)?.shift() : undefined;
    if (other !== undefined) used.add(other);
    return other;
  });
  return hunks.flatMap((hunk, i) => {
    if (used.has(i)) return [];
    const other = hunks[partner[i] ?? -1];
    return [other ? inOrder([hunk, other]) : [hunk]];
  });
}

function inOrder(hunks: readonly Hunk[]): Hunk[] {
  return [...hunks].sort((one, two) => one.fromA - two.fromA || one.fromB - two.fromB);
}

/** Fills the trial with these hunks: everything between them is the log's own. */
function fillHunks(trial: Trial, hunks: readonly Hunk[], goodAt: number): void {
  const [first] = hunks;
  if (!first) return;
  splice(trial, first.fromA, first.fromA);
  let at = first.fromA;
  for (const { fromA, toA, fromB, toB } of hunks) {
    for (; at < fromA; at++) trial.inserts.push(at);
    for (let i = fromB; i < toB; i++) trial.inserts.push(goodAt + i);
    at = toA;
  }
  trial.resume = at;
}

function costOf(hunks: readonly Hunk[], count: number): number {
  const [first] = hunks;
  const grown = hunks.reduce((sum, { fromA, toA, fromB, toB }) => sum + toB - fromB - (toA - fromA), 0);
  return first ? count - first.fromA + grown : 0;
}

function describeMove(context: Context, difference: Difference): Edit {
  const deleted = difference.find(isDeletion)?.fromA ?? 0;
  const place = difference.find(isInsertion)?.fromA ?? 0;
  const { frame } = context;
  const where = gapWords(frame.steps.log, eventAt(frame, place - 1), eventAt(frame, place));
  const words = `the register was extended with ${eventText(context, deleted)} ${where} as in the known-good log`;
  return edit(context, 'moved', eventOf(context, deleted), words);
}

function describeOne(context: Context, good: Steps, difference: Difference): Edit {
  const [hunk] = difference;
  if (difference.length > 1 || !hunk) return describeMove(context, difference);
  const { frame } = context;
  if (isDeletion(hunk)) {
    const words = `${eventText(context, hunk.fromA)} is in the log, and the register was not extended with it; the known-good log does not have it there`;
    return edit(context, 'extra', eventOf(context, hunk.fromA), words);
  }
  const digest = digestAt(good.digests, good.size, hunk.fromB).slice();
  const name = `in the known-good log: ${theEvent(good.log, good.events[hunk.fromB] ?? 0)}`;
  const told = `the register was extended with ${digestWords(digest)} — ${name}`;
  if (!isInsertion(hunk)) {
    const words = `instead of ${eventText(context, hunk.fromA)} ${told}`;
    return edit(context, 'replaced', eventOf(context, hunk.fromA), words, { digest, name });
  }
  const before = eventAt(frame, hunk.fromA - 1);
  const where = gapWords(frame.steps.log, before, eventAt(frame, hunk.fromA));
  const words = `an event is missing from the log: ${where} ${told}`;
  return edit(context, 'missing', before, words, { digest, name });
}

/** Combinations of `differences`: each alone and all together, or in pairs. */
function combinations(differences: readonly Difference[], paired: boolean): (readonly Difference[])[] {
  if (paired) return differences.flatMap((one, i) => differences.slice(i + 1).map((two) => [one, two]));
  const alone = differences.map((one) => [one]);
  return differences.length > 1 ? [...alone, differences] : alone;
}

/** No class without a good log, or where only a stretch of the log is searched. */
export function knownGoodClasses(context: Context): SearchClass[] {
  const { frame, good, pool, maxEdits } = context;
  if (!good || !frame.whole) return [];
  const numbers = new KeyNumbers();
  const a = keysOf(frame.steps.digests, good.size, numbers);
  const b = keysOf(good.digests, good.size, numbers);
  const differences = joinMoves(align(a, b).flatMap(single), a, b);
  const goodAt = pool.addAll(good.digests);
  const scripts = (kind: string, paired: boolean): SearchClass => {
    const list = combinations(differences, paired);
    const hunksOf = (position: number): Hunk[] => inOrder((list[position] ?? []).flat());
    return {
      kind,
      fromFirst: true,
      positions: list.length,
      candidates: () => 1,
      cost: (position) => costOf(hunksOf(position), frame.count),
      fill: (position, _index, trial) => fillHunks(trial, hunksOf(position), goodAt),
      describe: (position) => (list[position] ?? []).map((one) => describeOne(context, good, one)),
    };
  };
  const pairs = maxEdits > 1 && differences.length > 2 && differences.length <= MAX_PAIRED;
  return [scripts('known-good', false), ...(pairs ? [scripts('known-good-pairs', true)] : [])];
}
