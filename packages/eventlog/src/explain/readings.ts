/**
 * All ways to tell one found edit. Two edits with the same final value have the same effect, or the hash would collide:
 * so whether another edit fits too is a question about the sequence of digests, and costs no extend.
 */
import { equalBytes } from '@tsm/core';
import type { Frame } from './frame.ts';
import type { Edit, EditKind } from './model.ts';
import type { Hit } from './search.ts';
import { newTrial, type Pool, type SearchClass, type Trial } from './trial.ts';

/** Kinds that tell the same effect from the same side: which of them it was is a matter of words. */
const FAMILIES: Readonly<Record<EditKind, string>> = {
  'past-evidence': 'end',
  'start-value': 'start',
  bank: 'chain',
  register: 'chain',
  'stated-value': 'replace',
  extra: 'remove',
  duplicate: 'remove',
  missing: 'insert',
  again: 'insert',
  swapped: 'order',
  moved: 'order',
  replaced: 'replace',
  'digest-of-data': 'replace',
  encoding: 'replace',
  separator: 'replace',
  'pre-hashed': 'replace',
  'bit-flip': 'replace',
};

/** More readings than this help nobody. */
const MAX_READINGS = 16;
/** Positions of a class that are compared. */
const MAX_POSITIONS = 100_000;

/** The sequence of digests that the hit makes. */
class Sequence {
  readonly length: number;
  private readonly pool: Pool;
  private readonly numbers: readonly number[];
  /** Digests at the start and at the end that are the log's own. */
  readonly prefix: number;
  readonly suffix: number;

  constructor(frame: Frame, pool: Pool, { from, resume, inserts }: Trial) {
    const own = (a: number, b: number): number[] => Array.from({ length: b - a }, (_, i) => a + i);
    this.pool = pool;
    this.numbers = [...own(0, from), ...inserts, ...own(resume, frame.count)];
    this.length = this.numbers.length;
    const most = Math.min(this.length, frame.count);
    let prefix = 0;
    while (prefix < most && this.is(prefix, prefix)) prefix++;
    let suffix = 0;
    while (suffix < most && this.is(this.length - 1 - suffix, frame.count - 1 - suffix)) suffix++;
    this.prefix = prefix;
    this.suffix = suffix;
  }

  /** Is the digest at `place` that of number `index` in the pool? */
  is(place: number, index: number): boolean {
    const number = this.numbers[place] ?? -1;
    return number === index || equalBytes(this.pool.at(number), this.pool.at(index));
  }

  /** Can candidates at the place of this trial make the sequence, whatever they insert? */
  fits({ from, resume, inserts }: Trial, count: number): boolean {
    if (from > this.prefix || count - resume > this.suffix) return false;
    return from + inserts.length + count - resume === this.length;
  }

  madeBy(trial: Trial, count: number): boolean {
    const { from, inserts, start, row } = trial;
    if (start !== undefined || row !== undefined || !this.fits(trial, count)) return false;
    return inserts.every((index, i) => this.is(from + i, index));
  }
}

/** The edits of every other candidate that makes the same sequence. */
function* same(frame: Frame, pool: Pool, classes: readonly SearchClass[], hit: Hit): Generator<Edit[]> {
  const sequence = new Sequence(frame, pool, hit.trial);
  const trial = newTrial();
  for (const one of classes) {
    const { resumes } = one;
    // Splices of different lengths: only those from the first difference to the last can fit.
    const first = resumes ? Math.max(0, sequence.prefix - 1) : 0;
    const end = Math.min(one.positions, resumes ? sequence.prefix + 1 : MAX_POSITIONS);
    const last = frame.count - sequence.suffix;
    for (let position = first; position < end; position++) {
      const candidates = one.candidates(position);
      for (let index = 0; index < candidates; index++) {
        const resume = resumes?.(position, index) ?? last;
        if (resume < last || resume > last + 1) continue;
        if (one === hit.found && position === hit.position && index === hit.index) continue;
        trial.start = trial.row = undefined;
        one.fill(position, index, trial);
        if (sequence.madeBy(trial, frame.count)) yield one.describe(position, index, trial);
        else if (!resumes && !sequence.fits(trial, frame.count)) break;
      }
    }
  }
}

/** A hit in words, with everything else that has the same effect. */
export function readingsOf(
  frame: Frame,
  pool: Pool,
  classes: readonly SearchClass[],
  hit: Hit,
): readonly Edit[] {
  // The scratch places of the pool hold the hit's digest; they are copied before others are tried.
  const trial = { ...hit.trial, inserts: hit.trial.inserts.map((index) => pool.add(pool.at(index))) };
  const main = hit.found.describe(hit.position, hit.index, hit.trial);
  if (trial.start ?? trial.row) return main;
  const readings: (readonly Edit[])[] = [main];
  for (const reading of same(frame, pool, classes, { ...hit, trial })) {
    if (readings.length < MAX_READINGS) readings.push(reading);
  }
  const fewest = Math.min(...readings.map(({ length }) => length));
  const [best = [], ...others] = readings.filter(({ length }) => length === fewest);
  const [edit] = best;
  return best.length === 1 && edit ? [withOthers(edit, others.flat())] : best;
}

function withOthers(edit: Edit, others: readonly Edit[]): Edit {
  const family = FAMILIES[edit.kind];
  const equivalent = new Set(
    others.filter(({ kind }) => FAMILIES[kind] === family).map(({ words }) => words),
  );
  equivalent.delete(edit.words);
  const seen = new Set([family]);
  const alternatives = others.filter(({ kind }) => {
    const other = FAMILIES[kind];
    return !seen.has(other) && seen.add(other);
  });
  return {
    ...edit,
    ...(equivalent.size > 0 ? { equivalent: [...equivalent] } : {}),
    ...(alternatives.length > 0 ? { alternatives } : {}),
  };
}
