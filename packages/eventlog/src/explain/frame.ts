/**
 * A stretch of a register's chain whose first and last value are known, and which does not replay: what the search works
 * on. All its values are computed once; each candidate goes on from one of them.
 */
import { equalBytes } from '@tsm/core';
import type { Extender } from './extender.ts';
import type { Meter, Slices } from './meter.ts';
import type { Rank } from './model.ts';
import { digestAt, type Steps } from './steps.ts';

export interface Frame {
  readonly steps: Steps;
  /** First extend of the stretch, and the one after its last. */
  readonly from: number;
  readonly to: number;
  /** Number of extends. */
  readonly count: number;
  readonly start: Uint8Array;
  readonly expected: Uint8Array;
  /** Values before each extend, and after the last: `count` + 1. */
  readonly states: Uint8Array;
  /** The stretch is the whole log. */
  readonly whole: boolean;
}

/** Value before extend number `index` of the frame. */
export function stateAt({ states, steps }: Frame, index: number): Uint8Array {
  return digestAt(states, steps.size, index);
}

/** Number of the event of extend `index` of the frame; null outside of it and of the log. */
export function eventAt({ steps, from }: Frame, index: number): number | null {
  return steps.events[from + index] ?? null;
}

interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly start: Uint8Array;
  readonly expected: Uint8Array;
}

/** Computes the values of a stretch: `to` − `from` extends. */
function* frameOf(
  steps: Steps,
  extender: Extender,
  { from, to, start, expected }: Stretch,
  meter: Meter,
  round: Rank,
): Slices<Frame> {
  const count = to - from;
  const { size, digests } = steps;
  const states = new Uint8Array((count + 1) * size);
  states.set(start);
  extender.set(start);
  for (let i = 0; i < count; i++) {
    extender.run(digests, from + i, from + i + 1);
    states.set(extender.value(), (i + 1) * size);
    if (meter.isDue()) yield* meter.prepare('replay', round);
  }
  const whole = from === 0 && to === steps.events.length;
  return { steps, from, to, count, start, expected, states, whole };
}

/** Does the stretch replay to what is expected? */
export function replays(frame: Frame): boolean {
  return equalBytes(stateAt(frame, frame.count), frame.expected);
}

/** The whole log, whatever values it states. */
export function wholeFrame(
  steps: Steps,
  extender: Extender,
  expected: Uint8Array,
  meter: Meter,
  round: Rank,
): Slices<Frame> {
  const all = { from: 0, to: steps.events.length, start: steps.start, expected };
  return frameOf(steps, extender, all, meter, round);
}

/**
 * The stretches between the stated values; the last ends with the expected value. All of them together cost one replay.
 * With right statements, only the stretches that do not replay hold an error.
 */
export function* segments(
  steps: Steps,
  extender: Extender,
  expected: Uint8Array,
  meter: Meter,
  round: Rank,
): Slices<Frame[]> {
  const { anchors, events, start } = steps;
  const inner = anchors.filter(({ at }) => at > 0 && at < events.length);
  const bounds = [{ at: 0, value: start }, ...inner, { at: events.length, value: expected }];
  const frames: Frame[] = [];
  for (const [i, next] of bounds.slice(1).entries()) {
    const { at = 0, value = start } = bounds[i] ?? {};
    const stretch = { from: at, to: next.at, start: value, expected: next.value };
    frames.push(yield* frameOf(steps, extender, stretch, meter, round));
  }
  return frames;
}
