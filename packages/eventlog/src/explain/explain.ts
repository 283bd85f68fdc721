/**
 * The mismatch solver: the smallest edit of a log that gives the value of a register. A hash chain cannot be walked
 * backwards, so candidates are tried: each goes on from a value that was computed once, cheapest class first.
 */
import { portableDigests } from '@tsm/core';
import type { EventLog } from '../log.ts';
import { mergeExplanations } from './merge.ts';
import { Stop, type Slices } from './meter.ts';
import type { Explanation, ExplainOptions, ExplainRun, Part, PartExplanation } from './model.ts';
import { Solver } from './solver.ts';

const WITHOUT_BACKEND: PartExplanation = {
  ...{ solutions: [], stretches: 0, searched: [], cost: { planned: 0, spent: 0 }, stopped: 'exhausted' },
  notSearched: [{ kind: 'replay', candidates: 1, extends: 0, reason: 'no-backend' }],
};

function* stoppedBy(solver: Solver): Slices<PartExplanation['stopped']> {
  try {
    return (yield* solver.solve()) ? 'found' : 'exhausted';
  } catch (error) {
    if (error instanceof Stop) return error.reason;
    throw error;
  }
}

/**
 * Searches one part of the candidates, in slices: yields its progress, stops when sent `true`, and returns what
 * {@link mergeExplanations} makes an explanation of. The parts cost about the same. Never throws on data.
 */
export function* explainPart(log: EventLog, options: ExplainOptions, part: Part): Slices<PartExplanation> {
  const { algorithm, digests = portableDigests } = options;
  if (!digests.has(algorithm)) return WITHOUT_BACKEND;
  const solver = new Solver(log, options, part);
  const stopped = yield* stoppedBy(solver);
  const { solutions, stretches, searched, notSearched, planned, extender } = solver.meter;
  return {
    ...{ solutions, stretches, searched, notSearched, stopped },
    cost: { planned, spent: extender.spent },
  };
}

/**
 * Explains a register, in slices: yields its progress, stops when sent `true`, and returns the explanation. Never throws
 * on data.
 */
export function* explainSteps(log: EventLog, options: ExplainOptions): Slices<Explanation> {
  return mergeExplanations(options, [yield* explainPart(log, options, { index: 0, of: 1 })]);
}

/** Explains a register: see {@link explainSteps}. An aborted signal ends it with what was searched until then. */
export async function explain(log: EventLog, options: ExplainRun): Promise<Explanation> {
  const { onProgress, signal, pause = () => Promise.resolve() } = options;
  const slices = explainSteps(log, options);
  let step = slices.next();
  while (!step.done) {
    onProgress?.(step.value);
    await pause();
    step = slices.next(signal?.aborted === true);
  }
  return step.value;
}
