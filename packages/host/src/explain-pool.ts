/** The workers of one explanation: each searches its part once, so that there is nothing to queue. */
import { Worker } from 'node:worker_threads';
import { isBeaten, type ExplainProgress, type PartExplanation, type PartProgress } from '@tsm/eventlog';
import type { Task, Told } from './explain-messages.ts';

/** How long a worker that shall stop may take to answer, in milliseconds. A slice of its work takes some 20. */
const GRACE = 500;

/** One part under way. */
interface Running {
  readonly worker: Worker;
  /** What it told last. */
  last?: PartProgress;
  /** What it answered; a part that was ended before it did has what it had told. */
  done?: PartExplanation;
}

/** What a part that was ended in the middle leaves. */
function cut(last: PartProgress | undefined): PartExplanation {
  const { kind = 'replay', spent = 0, planned = 0, solutions = [], stretches = 0 } = last ?? {};
  const notSearched = [{ kind, candidates: 0, extends: 0, reason: 'cancelled' as const }];
  return { solutions, stretches, searched: [], notSearched, cost: { planned, spent }, stopped: 'cancelled' };
}

export interface PoolOptions {
  /** The file that a worker runs. */
  readonly file: URL;
  readonly onProgress: (progress: ExplainProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

class Pool {
  private readonly running: readonly Running[];
  private readonly options: PoolOptions;

  constructor(tasks: readonly Task[], options: PoolOptions) {
    this.options = options;
    this.running = tasks.map((task) => ({ worker: new Worker(options.file, { workerData: task }) }));
  }

  /** Resolves with all answers; rejects when a worker fails. Afterwards no worker is left. */
  async answers(): Promise<PartExplanation[]> {
    const { signal } = this.options;
    let timer: NodeJS.Timeout | undefined;
    const abort = (): void => {
      for (const { worker } of this.running) worker.postMessage('stop');
      timer = setTimeout(() => {
        this.end();
      }, GRACE);
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const all = this.running.map((one, index) => this.answerOf(one, index));
      if (signal?.aborted) abort();
      return await Promise.all(all);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      await Promise.all(this.running.map(({ worker }) => worker.terminate()));
    }
  }

  private end(): void {
    for (const one of this.running) {
      one.done ??= cut(one.last);
      void one.worker.terminate();
    }
  }

  private answerOf(one: Running, index: number): Promise<PartExplanation> {
    const fault = (why: string, cause?: unknown): Error =>
      new Error(`worker ${index + 1} of ${this.running.length} ${why}`, { cause });
    return new Promise((resolve, reject) => {
      one.worker.on('message', (told: Told) => {
        if ('done' in told) one.done = told.done;
        else one.last = told.progress;
        this.stopBeaten();
        this.report(told);
      });
      one.worker.on('error', (error) => {
        reject(fault(`failed: ${error instanceof Error ? error.message : String(error)}`, error));
      });
      one.worker.on('exit', (code) => {
        if (one.done) resolve(one.done);
        else reject(fault(`ended without an answer, with code ${code}`));
      });
    });
  }

  /** Stops the parts that can no longer change the answer. */
  private stopBeaten(): void {
    const standing = {
      solutions: this.running.flatMap(({ last, done }) => (done ?? last)?.solutions ?? []),
      stretches: Math.max(...this.running.map(({ last, done }) => (done ?? last)?.stretches ?? 0)),
    };
    if (standing.solutions.length === 0) return;
    for (const { worker, last, done } of this.running)
      if (!done && last && isBeaten(last.rank, standing)) worker.postMessage('stop');
  }

  private report(told: Told): void {
    if (!('progress' in told)) return;
    const sum = (of: 'planned' | 'spent'): number =>
      this.running.reduce((all, { last }) => all + (last?.[of] ?? 0), 0);
    this.options.onProgress({ kind: told.progress.kind, spent: sum('spent'), planned: sum('planned') });
  }
}

/** Runs each task in a worker of its own, and gives their answers in the order of the tasks. */
export function runInWorkers(tasks: readonly Task[], options: PoolOptions): Promise<PartExplanation[]> {
  return new Pool(tasks, options).answers();
}
