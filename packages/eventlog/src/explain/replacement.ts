/** Edits that give one event another digest, computed from what the log has of it. */
import { edit, eventOf, eventText, type Context } from './context.ts';
import type { EditKind } from './model.ts';
import { splice, type SearchClass } from './trial.ts';
import { digestWords } from './words.ts';

/** One other digest of an event. */
export interface Replacement {
  readonly kind: EditKind;
  /** What it is the digest of. */
  readonly words: string;
  readonly digest: () => Uint8Array;
}

/** The replacements of the event of extend `index`: made without hashing, as their number is asked for first. */
export type ReplacementsOf = (index: number) => readonly Replacement[];

/** Keeps the answer for the last index: candidates of one event are asked for one after the other. */
function lastOf(replacementsOf: ReplacementsOf): ReplacementsOf {
  let last = -1;
  let list: readonly Replacement[] = [];
  return (index) => {
    if (index !== last) list = replacementsOf(index);
    last = index;
    return list;
  };
}

/** A class over the extends `indices`, with some replacements each. */
export function replacement(
  context: Context,
  kind: string,
  indices: readonly number[],
  replacementsOf: ReplacementsOf,
): SearchClass {
  const { frame, pool } = context;
  const scratch = pool.add(new Uint8Array(pool.size));
  const list = lastOf(replacementsOf);
  const at = (position: number): number => indices[position] ?? 0;
  return {
    kind,
    positions: indices.length,
    candidates: (position) => list(at(position)).length,
    cost: (position) => list(at(position)).length * (frame.count - at(position)),
    fill: (position, index, trial) => {
      const digest = list(at(position))[index]?.digest();
      if (digest) pool.row.set(digest, scratch * pool.size);
      splice(trial, at(position), at(position) + 1, scratch);
    },
    describe: (position, index) => {
      const found = list(at(position))[index];
      if (!found) return [];
      const digest = found.digest().slice();
      const words = `${eventText(context, at(position))}: the register was extended with ${digestWords(digest)}, ${found.words}`;
      return [edit(context, found.kind, eventOf(context, at(position)), words, { digest })];
    },
  };
}

/** Any one bit of the digests of the extends `indices`. */
export function bitFlips(context: Context, kind: string, indices: readonly number[]): SearchClass {
  const { frame, pool } = context;
  const { size } = pool;
  const scratch = pool.add(new Uint8Array(size));
  const at = (position: number): number => indices[position] ?? 0;
  return {
    kind,
    positions: indices.length,
    candidates: () => 8 * size,
    cost: (position) => 8 * size * (frame.count - at(position)),
    fill: (position, index, trial) => {
      const { row } = pool;
      const byte = scratch * size + (index >> 3);
      row.copyWithin(scratch * size, at(position) * size, (at(position) + 1) * size);
      row[byte] = (row[byte] ?? 0) ^ (1 << (index & 7));
      splice(trial, at(position), at(position) + 1, scratch);
    },
    describe: (position, index) => {
      const digest = pool.at(scratch).slice();
      const words = `one bit of the digest of ${eventText(context, at(position))} differs (byte ${index >> 3}, bit ${index & 7}): the register was extended with ${digestWords(digest)}`;
      return [edit(context, 'bit-flip', eventOf(context, at(position)), words, { digest })];
    },
  };
}
