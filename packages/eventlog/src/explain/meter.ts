/** What one search may spend and has spent, what it found until now, and its chances to stop. */
import type { Extender } from './extender.ts';
import type { NotSearched, Part, PartProgress, Rank, Searched, Solution } from './model.ts';

/** Extends between two chances to stop: 15 ms with a fast chain, 0.2 s with a slow one. */
const SLICE = 50_000;

/** Yields progress between slices; sent `true`, it stops. */
export type Slices<Result> = Generator<PartProgress, Result, boolean | undefined>;

/** Ends a search early. */
export class Stop extends Error {
  readonly reason: 'budget' | 'cancelled';

  constructor(reason: 'budget' | 'cancelled') {
    super(reason);
    this.reason = reason;
  }
}

/** What all frames of one search share. */
export class Meter {
  readonly extender: Extender;
  readonly budget: number;
  readonly part: Part;
  readonly searched: Searched[] = [];
  readonly notSearched: NotSearched[] = [];
  readonly solutions: Solution[] = [];
  /** Stretches between stated values that do not replay, once they are known. */
  stretches = 0;
  planned = 0;
  private next = SLICE;

  constructor(extender: Extender, budget: number, part: Part) {
    this.extender = extender;
    this.budget = budget;
    this.part = part;
  }

  /** Plans a replay of this many extends; without so many left, the search ends. */
  planReplay(count: number): void {
    this.planned += count;
    if (this.affords(count)) return;
    this.notSearched.push({ kind: 'replay', candidates: 1, extends: count, reason: 'budget' });
    throw new Stop('budget');
  }

  affords(count: number): boolean {
    return this.extender.spent + count <= this.budget;
  }

  /** A slice is over. */
  isDue(): boolean {
    return this.extender.spent >= this.next;
  }

  /** A chance to stop in the search for a class. */
  *pause(kind: string, rank: Rank): Slices<void> {
    const { extender, solutions, stretches } = this;
    const planned = Math.min(this.budget, this.planned);
    this.next = extender.spent + SLICE;
    if (yield { kind, spent: extender.spent, planned, rank, solutions, stretches })
      throw new Stop('cancelled');
  }

  /** A chance to stop before anything is searched, in work that is no search. */
  *prepare(kind: 'replay' | 'set-up' | 'plan', rank: Rank): Slices<void> {
    try {
      yield* this.pause(kind, rank);
    } catch (error) {
      this.notSearched.push({ kind, candidates: 0, extends: 0, reason: 'cancelled' });
      throw error;
    }
  }
}
