/** Edits of the order and number of events: too many, twice, swapped, moved, and a log that goes on too long. */
import { edit, eventOf, eventText, type Context } from './context.ts';
import { equalBytes } from '@tsm/core';
import type { Edit } from './model.ts';
import { splice, type SearchClass, type Trial } from './trial.ts';
import { plural } from './words.ts';

/** Swaps and moves up to this distance are tried before those further away. */
export const WINDOW = 64;

const one = (): number => 1;

/** The value is that of an earlier event; comparing costs no extend. */
export function pastEvidence(context: Context): SearchClass {
  const { count } = context.frame;
  return {
    kind: 'past-evidence',
    positions: count,
    candidates: one,
    cost: () => 0,
    fill: (position, _index, trial) => splice(trial, position, count),
    describe: (position) => {
      const words = `the value is from before ${eventText(context, position)}: the log goes on past the evidence by ${plural(count - position, 'event')}`;
      return [edit(context, 'past-evidence', eventOf(context, position), words)];
    },
  };
}

function neighbourOf({ frame, pool }: Context, index: number): number | undefined {
  const digest = pool.at(index);
  if (index > 0 && equalBytes(digest, pool.at(index - 1))) return index - 1;
  if (index + 1 < frame.count && equalBytes(digest, pool.at(index + 1))) return index + 1;
  return undefined;
}

function describeExtra(context: Context, position: number): Edit[] {
  const event = eventOf(context, position);
  const what = eventText(context, position);
  const neighbour = neighbourOf(context, position);
  if (neighbour === undefined)
    return [
      edit(context, 'extra', event, `${what} is in the log, and the register was not extended with it`),
    ];
  const other = eventOf(context, neighbour);
  return [
    edit(context, 'duplicate', event, `${what} stands twice in the log (also event ${other}); once is right`),
  ];
}

export function extra(context: Context): SearchClass {
  const { count } = context.frame;
  return {
    kind: 'extra',
    positions: count,
    candidates: one,
    cost: (position) => count - position - 1,
    fill: (position, _index, trial) => splice(trial, position, position + 1),
    describe: (position) => describeExtra(context, position),
  };
}

export function again(context: Context): SearchClass {
  const { count } = context.frame;
  return {
    kind: 'again',
    positions: count,
    candidates: one,
    cost: (position) => count - position,
    fill: (position, _index, trial) => splice(trial, position + 1, position + 1, position),
    describe: (position) => {
      const words = `the register was extended twice with ${eventText(context, position)}, which the log has once`;
      return [edit(context, 'again', eventOf(context, position), words)];
    },
  };
}

function describeSwap(context: Context, low: number, high: number): Edit[] {
  const words = `${eventText(context, low)} and ${eventText(context, high)} are in the other order in the register`;
  return [edit(context, 'swapped', eventOf(context, low), words)];
}

/** Swaps of two events whose distance is `first`…`last`. */
export function swap(context: Context, kind: string, first: number, last: number): SearchClass {
  const { count } = context.frame;
  const candidates = (position: number): number =>
    Math.max(0, Math.min(last, count - 1 - position) - first + 1);
  return {
    kind,
    resumes: (position, index) => position + first + index + 1,
    positions: Math.max(0, count - first),
    candidates,
    cost: (position) => candidates(position) * (count - position),
    fill: (position, index, trial) => fillSwap(trial, position, position + first + index),
    describe: (position, index) => describeSwap(context, position, position + first + index),
  };
}

function fillSwap(trial: Trial, low: number, high: number): void {
  splice(trial, low, high + 1, high);
  for (let i = low + 1; i < high; i++) trial.inserts.push(i);
  trial.inserts.push(low);
}

function fillMove(trial: Trial, low: number, high: number, up: boolean): void {
  splice(trial, low, high + 1);
  const { inserts } = trial;
  if (!up) inserts.push(high);
  for (let i = up ? low + 1 : low; i < (up ? high + 1 : high); i++) inserts.push(i);
  if (up) inserts.push(low);
}

function describeMove(context: Context, low: number, high: number, up: boolean): Edit[] {
  const [event, place] = up ? [low, high] : [high, low];
  const words = `the register was extended with ${eventText(context, event)} ${up ? 'after' : 'before'} ${eventText(context, place)}`;
  return [edit(context, 'moved', eventOf(context, event), words)];
}

/** Moves of one event over `first`…`last` others, both ways: over one other is a swap. */
export function move(context: Context, kind: string, first: number, last: number): SearchClass {
  const { count } = context.frame;
  const distances = (position: number): number =>
    Math.max(0, Math.min(last, count - 1 - position) - first + 1);
  const far = (position: number, index: number): number => position + first + (index >> 1);
  const up = (index: number): boolean => (index & 1) === 0;
  return {
    kind,
    resumes: (position, index) => far(position, index) + 1,
    positions: Math.max(0, count - first),
    candidates: (position) => 2 * distances(position),
    cost: (position) => 2 * distances(position) * (count - position),
    fill: (position, index, trial) => fillMove(trial, position, far(position, index), up(index)),
    describe: (position, index) => describeMove(context, position, far(position, index), up(index)),
  };
}
