/** A seeded random source, so that a failing check can be run again. */

/** Whole numbers from 0 to `below` − 1. */
export type Random = (below: number) => number;

/** One check: run it inside a test of any runner. It throws, or rejects, when the check fails. */
export interface Check {
  readonly name: string;
  readonly run: () => void | Promise<void>;
}

/** Mulberry32: 32 bits of state, the same sequence for the same seed everywhere. Not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
