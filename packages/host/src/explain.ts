/** The mismatch solver on all cores. Short searches are done before a worker would have started. */
import { availableParallelism } from 'node:os';
import { mergeExplanations, type Explanation, type ExplainProgress } from '@tsm/eventlog';
import type { LogSource, Question } from './explain-messages.ts';
import { runInWorkers } from './explain-pool.ts';
import { runTask } from './explain-task.ts';

/** Extends that are computed here before workers start: a third of a second. */
const ALONE = 1_000_000;
const DEFAULT_BUDGET = 20_000_000;

/** Threads that run at the same time here. */
export function coreCount(): number {
  return availableParallelism();
}

export interface ExplainOnCores extends Question {
  /** Workers at most. Default: one for each core. */
  readonly jobs?: number;
  readonly onProgress?: (progress: ExplainProgress) => void;
  readonly signal?: AbortSignal;
  /** Extends that are computed in this thread before workers start. Default: a million. */
  readonly alone?: number;
  /** The module that a worker runs. Default: the one of this package. */
  readonly worker?: URL;
}

/**
 * Explains a register as `explain` of `@tsm/eventlog` does, and with the same answer, on as many cores as there are. The
 * budget is that of all workers together. An aborted signal ends it, in any phase, with what was searched until then.
 * Rejects with an Error when a worker fails; never because of the data.
 */
export async function explainOnCores(log: LogSource, options: ExplainOnCores): Promise<Explanation> {
  const { jobs = coreCount(), onProgress, signal, alone = ALONE, worker, ...question } = options;
  if (!Number.isInteger(jobs) || jobs < 1)
    throw new RangeError(`jobs: expected a whole number from 1 on, got ${jobs}`);
  const stopped = (): boolean => signal?.aborted === true;
  const { budget = DEFAULT_BUDGET } = question;
  const state = { enough: false };
  const first = await runTask({ log, question, part: { index: 0, of: 1 } }, (progress) => {
    onProgress?.(progress);
    state.enough = jobs > 1 && progress.spent >= alone && progress.planned > 2 * alone;
    return state.enough || stopped();
  });
  if (first.stopped !== 'cancelled' || !state.enough || stopped())
    return mergeExplanations(question, [first]);
  const { spent } = first.cost;
  const share = Math.floor((budget - spent) / jobs);
  const tasks = Array.from({ length: jobs }, (_, index) => ({
    ...{ log, question: { ...question, budget: share }, part: { index, of: jobs } },
  }));
  const parts = await runInWorkers(tasks, {
    file: worker ?? new URL('./explain-worker.js', import.meta.url),
    onProgress: ({ kind, ...sums }) =>
      onProgress?.({ kind, spent: spent + sums.spent, planned: spent + sums.planned }),
    signal,
  });
  const merged = mergeExplanations(question, parts);
  // What was computed here was computed again by the workers.
  return { ...merged, cost: { planned: merged.cost.planned + spent, spent: merged.cost.spent + spent } };
}
