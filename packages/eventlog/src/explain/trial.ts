/**
 * Candidates of the search. Each is one splice of the chain: go on from the value before extend `from`, extend by other
 * digests, and resume with the log's own at `resume`. It costs as many extends as it inserts and resumes.
 */
import type { Frame } from './frame.ts';
import type { Edit } from './model.ts';
import { digestAt } from './steps.ts';

/** One candidate; filled again and again, so that trying one allocates nothing. */
export interface Trial {
  from: number;
  resume: number;
  /** Numbers of digests in the pool: the frame's own from 0, then those that candidates bring. */
  readonly inserts: number[];
  /** Begins with this value instead of the frame's; `from` is 0 then. */
  start: Uint8Array | undefined;
  /** Is this the whole chain, instead of a splice? Another bank or register. */
  row: { readonly digests: Uint8Array; readonly count: number } | undefined;
}

export function newTrial(): Trial {
  return { from: 0, resume: 0, inserts: [], start: undefined, row: undefined };
}

/** Sets the splice and its inserts. */
export function splice(trial: Trial, from: number, resume: number, ...inserts: readonly number[]): void {
  trial.from = from;
  trial.resume = resume;
  trial.inserts.length = 0;
  for (const one of inserts) trial.inserts.push(one);
}

/** One class of edits: `positions` independent pieces of work, each with some candidates. */
export interface SearchClass {
  readonly kind: string;
  /** Positions are tried from the last one, whose candidates cost least; or from the first, where that is the likeliest. */
  readonly fromFirst?: true;
  /**
   * Where a candidate resumes; only for classes whose candidates splice stretches of different lengths, which all begin at
   * their position, and keep the number of extends.
   */
  readonly resumes?: (position: number, index: number) => number;
  readonly positions: number;
  /** Number of candidates at a position. */
  readonly candidates: (position: number) => number;
  /** Extends that all candidates of a position cost. */
  readonly cost: (position: number) => number;
  readonly fill: (position: number, index: number, trial: Trial) => void;
  /** The edits in words. The trial is filled. */
  readonly describe: (position: number, index: number, trial: Trial) => Edit[];
}

/** Digests by number: those of the frame, then others. The last one is a scratch place. */
export class Pool {
  readonly size: number;
  row: Uint8Array;
  private length: number;

  constructor({ steps, from, to }: Frame) {
    const { size } = steps;
    this.size = size;
    const own = steps.digests.subarray(from * size, to * size);
    this.row = new Uint8Array(own.length + 64 * size);
    this.row.set(own);
    this.length = own.length / size;
  }

  add(digest: Uint8Array): number {
    return this.addAll(digest);
  }

  /** Adds digests that stand one after the other; the number of the first. */
  addAll(digests: Uint8Array): number {
    const at = this.length;
    this.length += digests.length / this.size;
    if (this.length * this.size > this.row.length) {
      const grown = new Uint8Array(Math.max(2 * this.row.length, this.length * this.size));
      grown.set(this.row);
      this.row = grown;
    }
    this.row.set(digests, at * this.size);
    return at;
  }

  at(index: number): Uint8Array {
    return digestAt(this.row, this.size, index);
  }
}

/** Extends that a candidate costs. */
export function trialCost({ inserts, resume, row }: Trial, count: number): number {
  return row ? row.count : inserts.length + count - resume;
}
