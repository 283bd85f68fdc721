/**
 * Runs the classes of edits over one frame, cheapest first, within a budget of extends. A resumable generator: the host
 * drives it slice by slice, and stops when it likes.
 */
import { equalBytes } from '@tsm/core';
import type { Extender } from './extender.ts';
import { stateAt, type Frame } from './frame.ts';
import type { ExplainProgress, NotSearched, Searched } from './model.ts';
import { newTrial, trialCost, type Pool, type SearchClass, type Trial } from './trial.ts';

/** Extends between two chances to stop: 15 ms with a fast chain, 0.2 s with a slow one. */
const SLICE = 50_000;

/** What all frames of one explanation share. */
export interface Meter {
  readonly extender: Extender;
  readonly budget: number;
  readonly part: { readonly index: number; readonly of: number };
  readonly searched: Searched[];
  readonly notSearched: NotSearched[];
  planned: number;
}

/** Yields progress between slices; sent `true`, it stops. */
export type Slices<Result> = Generator<ExplainProgress, Result, boolean | undefined>;

export interface Hit {
  readonly found: SearchClass;
  readonly position: number;
  readonly index: number;
  readonly trial: Trial;
  /** What it recomputes to. */
  readonly value: Uint8Array;
}

/** A class with what it costs in all. */
interface Planned {
  readonly found: SearchClass;
  readonly candidates: number;
  readonly cost: number;
}

function plan(found: SearchClass, { part }: Meter): Planned {
  let candidates = 0;
  let cost = 0;
  for (let position = part.index; position < found.positions; position += part.of) {
    candidates += found.candidates(position);
    cost += found.cost(position);
  }
  return { found, candidates, cost };
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

/** Where the search through one class stands. */
class Progress implements Searched {
  candidates = 0;
  extends = 0;
  readonly kind: string;

  constructor(kind: string) {
    this.kind = kind;
  }

  done(): Searched {
    return { kind: this.kind, candidates: this.candidates, extends: this.extends };
  }

  rest({ candidates, cost }: Planned): Searched {
    return { kind: this.kind, candidates: candidates - this.candidates, extends: cost - this.extends };
  }
}

type Reason = NotSearched['reason'];

/** Searches one class; the answer is a hit, a reason to stop, or nothing. */
function* searchClass(
  frame: Frame,
  pool: Pool,
  meter: Meter,
  { found }: Planned,
  progress: Progress,
): Slices<Hit | Reason | undefined> {
  const { extender, part, budget } = meter;
  const trial = newTrial();
  const work = Math.ceil((found.positions - part.index) / part.of);
  let next = extender.spent + SLICE;
  for (let i = 0; i < work; i++) {
    const position = part.index + part.of * (found.fromFirst ? i : work - 1 - i);
    const candidates = found.candidates(position);
    for (let index = 0; index < candidates; index++) {
      trial.start = trial.row = undefined;
      found.fill(position, index, trial);
      const cost = trialCost(trial, frame.count);
      if (extender.spent + cost > budget) return 'budget';
      const value = replayTrial(extender, frame, pool, trial);
      progress.candidates++;
      progress.extends += cost;
      if (equalBytes(value, frame.expected)) return { found, position, index, trial, value };
      if (extender.spent < next) continue;
      const planned = Math.min(budget, meter.planned);
      if (yield { kind: found.kind, spent: extender.spent, planned }) return 'cancelled';
      next = extender.spent + SLICE;
    }
  }
  return undefined;
}

/** Searches the classes, cheapest first. What is left when it stops is noted with the reason. */
export function* search(
  frame: Frame,
  pool: Pool,
  meter: Meter,
  classes: readonly SearchClass[],
): Slices<Hit | Reason | undefined> {
  const planned = classes.map((one) => plan(one, meter)).filter(({ candidates }) => candidates > 0);
  planned.sort((a, b) => a.cost - b.cost);
  meter.planned += planned.reduce((sum, { cost }) => sum + cost, 0);
  let outcome: Hit | Reason | undefined;
  for (const one of planned) {
    const progress = new Progress(one.found.kind);
    outcome ??= yield* searchClass(frame, pool, meter, one, progress);
    if (progress.candidates > 0) meter.searched.push(progress.done());
    const left = progress.rest(one);
    const reason = typeof outcome === 'string' ? outcome : 'found';
    if (left.candidates > 0) meter.notSearched.push({ ...left, reason });
  }
  return outcome;
}
