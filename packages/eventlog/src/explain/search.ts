/** Runs the classes of edits over one frame, cheapest first, within a budget of extends. A resumable generator. */
import { equalBytes } from '@tsm/core';
import type { Extender } from './extender.ts';
import { stateAt, type Frame } from './frame.ts';
import { Stop, type Meter, type Slices } from './meter.ts';
import type { NotSearched, Part, Rank, Searched } from './model.ts';
import { newTrial, trialCost, type Pool, type SearchClass, type Trial } from './trial.ts';

export interface Hit {
  readonly found: SearchClass;
  readonly position: number;
  readonly index: number;
  readonly trial: Trial;
  /** What it recomputes to. */
  readonly value: Uint8Array;
  readonly rank: Rank;
}

/** A class with what it costs in all, and what the share of this part is. */
interface Planned {
  readonly found: SearchClass;
  readonly total: number;
  readonly candidates: number;
  readonly cost: number;
}

function plan(found: SearchClass, { index, of }: Part): Planned {
  let total = 0;
  let candidates = 0;
  let cost = 0;
  for (let position = 0; position < found.positions; position++) {
    const extendsHere = found.cost(position);
    total += extendsHere;
    if (position % of !== index) continue;
    candidates += found.candidates(position);
    cost += extendsHere;
  }
  return { found, total, candidates, cost };
}

/** Continues the chain as the trial says. */
function replayTrial(extender: Extender, frame: Frame, pool: Pool, trial: Trial): Uint8Array {
  const { from, resume, inserts, start, row } = trial;
  extender.set(start ?? stateAt(frame, from));
  if (row) extender.run(row.digests, 0, row.count);
  else {
    for (const index of inserts) extender.run(pool.row, index, index + 1);
    extender.run(pool.row, resume, frame.count);
  }
  return extender.value();
}

/** What was tried of one class until now. */
class Tried implements Searched {
  candidates = 0;
  extends = 0;
  readonly kind: string;

  constructor(kind: string) {
    this.kind = kind;
  }

  add(cost: number): void {
    this.candidates++;
    this.extends += cost;
  }

  done(): Searched {
    return { kind: this.kind, candidates: this.candidates, extends: this.extends };
  }

  rest({ candidates, cost }: Planned, reason: NotSearched['reason']): NotSearched {
    const left = { candidates: candidates - this.candidates, extends: cost - this.extends };
    return { kind: this.kind, ...left, reason };
  }
}

/** Searches one class, of which this is number `at` in the order of the search. */
function* searchClass(
  frame: Frame,
  pool: Pool,
  meter: Meter,
  found: SearchClass,
  tried: Tried,
  at: Rank,
): Slices<Hit | undefined> {
  const { extender, part } = meter;
  const { positions, fromFirst = false } = found;
  const trial = newTrial();
  const mine = Math.ceil((positions - part.index) / part.of);
  for (let i = 0; i < mine; i++) {
    const position = part.index + part.of * (fromFirst ? i : mine - 1 - i);
    const order = fromFirst ? position : positions - 1 - position;
    const candidates = found.candidates(position);
    for (let index = 0; index < candidates; index++) {
      trial.start = trial.row = undefined;
      found.fill(position, index, trial);
      const cost = trialCost(trial, frame.count);
      if (!meter.affords(cost)) throw new Stop('budget');
      const value = replayTrial(extender, frame, pool, trial);
      tried.add(cost);
      if (equalBytes(value, frame.expected))
        return { found, position, index, trial, value, rank: [...at, order, index] };
      if (meter.isDue()) yield* meter.pause(found.kind, [...at, order, index]);
    }
  }
  return undefined;
}

function stopOf(error: unknown): Stop {
  if (error instanceof Stop) return error;
  throw error;
}

/**
 * Searches the classes, cheapest first: the order is the same whatever part of the candidates is searched. What is left
 * when it stops is noted with the reason.
 */
export function* search(
  frame: Frame,
  pool: Pool,
  meter: Meter,
  classes: readonly SearchClass[],
  round: Rank,
): Slices<Hit | undefined> {
  const planned = classes.map((one) => plan(one, meter.part));
  planned.sort((a, b) => a.total - b.total);
  meter.planned += planned.reduce((sum, { cost }) => sum + cost, 0);
  yield* meter.prepare('plan', round);
  let hit: Hit | undefined;
  let stop: Stop | undefined;
  for (const [number, one] of planned.entries()) {
    const tried = new Tried(one.found.kind);
    try {
      if (!hit && !stop) hit = yield* searchClass(frame, pool, meter, one.found, tried, [...round, number]);
    } catch (error) {
      stop = stopOf(error);
    }
    if (tried.candidates > 0) meter.searched.push(tried.done());
    const left = tried.rest(one, stop?.reason ?? 'found');
    if (left.candidates > 0) meter.notSearched.push(left);
  }
  if (stop) throw stop;
  return hit;
}
