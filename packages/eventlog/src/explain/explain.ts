/**
 * The mismatch solver: the smallest edit of a log that gives the value of a register. A hash chain cannot be walked
 * backwards, so candidates are tried: each goes on from a value that was computed once, cheapest class first.
 */
import { ALGORITHMS, portableDigests, type AlgorithmName } from '@tsm/core';
import type { EventLog } from '../log.ts';
import { foreignCandidates, ownCandidates } from './candidates.ts';
import { placeClasses, wholeClasses } from './classes.ts';
import { edit, type Context } from './context.ts';
import { Extender } from './extender.ts';
import { replays, segments, wholeFrame, type Frame } from './frame.ts';
import type { Edit, Explanation, ExplainOptions, ExplainRun, NotSearched, ProofStep } from './model.ts';
import { proofOf } from './proof.ts';
import { readingsOf } from './readings.ts';
import { search, type Meter, type Slices } from './search.ts';
import { stepsOf, type Steps } from './steps.ts';
import { Pool, type SearchClass } from './trial.ts';
import { registerWords } from './words.ts';

/** Some seconds with a fast chain. */
const DEFAULT_BUDGET = 20_000_000;

/** What was found in one frame. */
interface Solution {
  readonly edits: readonly Edit[];
  readonly proof: ProofStep;
}

type Outcome = readonly Solution[] | 'budget' | 'cancelled' | undefined;

/** One explanation under way. */
class Solver {
  readonly steps: Steps;
  readonly meter: Meter;
  private readonly options: ExplainOptions;
  private readonly digests;

  constructor(log: EventLog, options: ExplainOptions) {
    const { register, algorithm, digests = portableDigests, budget = DEFAULT_BUDGET } = options;
    this.options = options;
    this.digests = digests;
    this.steps = stepsOf(log, register, algorithm, digests);
    this.meter = {
      extender: new Extender(digests, algorithm, this.steps.start),
      budget,
      part: options.part ?? { index: 0, of: 1 },
      searched: [],
      notSearched: [],
      planned: 0,
    };
  }

  /** Takes this many extends from the budget, if they are left. */
  private affords(count: number): boolean {
    this.meter.planned += count;
    const { extender, budget } = this.meter;
    if (extender.spent + count <= budget) return true;
    this.meter.notSearched.push({ kind: 'replay', candidates: 1, extends: count, reason: 'budget' });
    return false;
  }

  private contextOf(frame: Frame): Context {
    const { steps, digests, options } = this;
    const { knownGood, known = [], maxEdits = 1 } = options;
    const good = knownGood && stepsOf(knownGood, steps.register, steps.algorithm, digests);
    return {
      frame,
      pool: new Pool(frame),
      digests,
      good,
      maxEdits,
      candidates: foreignCandidates(steps, good, known, digests),
      own: ownCandidates(steps, digests),
    };
  }

  private *solveFrame(frame: Frame, classesOf: (context: Context) => SearchClass[]): Slices<Outcome> {
    const context = this.contextOf(frame);
    const classes = classesOf(context);
    const hit = yield* search(frame, context.pool, this.meter, classes);
    if (hit === undefined || hit === 'budget' || hit === 'cancelled') return hit;
    if (typeof hit === 'string') return undefined;
    const proof = proofOf(frame, context.pool, hit);
    return [{ edits: readingsOf(frame, context.pool, classes, hit), proof }];
  }

  /** The value is that of a bank of another algorithm with digests of this size. */
  private otherAlgorithm(): Outcome {
    const { steps, digests, meter, options } = this;
    const { log, register, algorithm } = steps;
    const fits = (name: AlgorithmName): boolean =>
      name !== algorithm && ALGORITHMS[name].size === options.expected.length && digests.has(name);
    for (const name of log.algorithms.filter(fits)) {
      const other = stepsOf(log, register, name, digests);
      if (!this.affords(other.events.length)) return 'budget';
      const extender = new Extender(digests, name, other.start);
      const frame = wholeFrame(other, extender, options.expected);
      meter.extender.spent += extender.spent;
      meter.searched.push({ kind: 'other-algorithm', candidates: 1, extends: extender.spent });
      if (!replays(frame)) continue;
      const words = `the value is that of the ${name} bank of ${registerWords(log, register)}, not of ${algorithm}`;
      const proof = { after: null, from: other.start, extends: [], resumes: other.events[0] ?? null };
      const pool = new Pool(frame);
      const context = { frame, pool, digests, good: undefined, maxEdits: 1, candidates: [], own: [] };
      return [{ edits: [edit(context, 'bank', null, words)], proof: { ...proof, value: options.expected } }];
    }
    return undefined;
  }

  /** The stretches between stated values that do not replay: each holds an error of its own. */
  private *solveSegments(bad: readonly Frame[]): Slices<Outcome> {
    const solutions: Solution[] = [];
    for (const frame of bad) {
      const outcome = yield* this.solveFrame(frame, placeClasses);
      if (!outcome || typeof outcome === 'string') return outcome;
      solutions.push(...outcome);
    }
    return solutions;
  }

  *solve(): Slices<Outcome> {
    const { steps, meter, options } = this;
    const { expected } = options;
    const other = this.otherAlgorithm();
    if (other || expected.length !== steps.size) return other;
    const count = steps.events.length;
    if (!this.affords(count)) return 'budget';
    const whole = wholeFrame(steps, meter.extender, expected);
    const anchored = steps.anchors.some(({ at }) => at > 0);
    if (!anchored) return replays(whole) ? [] : yield* this.solveFrame(whole, allClasses);
    if (!this.affords(count)) return 'budget';
    const bad = segments(steps, meter.extender, expected).filter((frame) => !replays(frame));
    if (bad.length === 0) return [];
    const cheap = yield* this.solveFrame(whole, wholeClasses);
    if (cheap) return cheap;
    const local = yield* this.solveSegments(bad);
    // The statements are the log's own words: where no stretch explains the value, they are not trusted.
    if (local) return local;
    return yield* this.solveFrame(whole, placeClasses);
  }
}

function allClasses(context: Context): SearchClass[] {
  return [...wholeClasses(context), ...placeClasses(context)];
}

/** What cannot be searched at all, said where nothing was found. */
function beyond({ maxEdits = 1 }: ExplainOptions): NotSearched[] {
  const unknown = { kind: 'unknown-extend', candidates: 0, extends: 0, reason: 'cannot-be-known' } as const;
  const two = { kind: 'two-edits', candidates: 0, extends: 0, reason: 'max-edits' } as const;
  return maxEdits === 1 ? [unknown, two] : [unknown];
}

function* explained(log: EventLog, options: ExplainOptions): Slices<Explanation> {
  const solver = new Solver(log, options);
  const outcome = yield* solver.solve();
  const { searched, notSearched, planned, extender } = solver.meter;
  const solutions = Array.isArray(outcome) ? (outcome as readonly Solution[]) : undefined;
  const edits = solutions?.flatMap((one) => one.edits) ?? [];
  return {
    register: options.register,
    algorithm: options.algorithm,
    expected: options.expected,
    found: solutions !== undefined,
    edits,
    unique: solutions !== undefined && edits.every(({ alternatives }) => alternatives === undefined),
    proof: solutions?.map(({ proof }) => proof) ?? [],
    searched,
    notSearched: solutions ? notSearched : [...notSearched, ...beyond(options)],
    cost: { planned, spent: extender.spent },
    stopped: solutions ? 'found' : outcome === 'budget' || outcome === 'cancelled' ? outcome : 'exhausted',
  };
}

function withoutBackend({ register, algorithm, expected }: ExplainOptions): Explanation {
  return {
    ...{ register, algorithm, expected, found: false, edits: [], unique: false, proof: [], searched: [] },
    notSearched: [{ kind: 'replay', candidates: 1, extends: 0, reason: 'no-backend' }],
    cost: { planned: 0, spent: 0 },
    stopped: 'exhausted',
  };
}

/**
 * Explains a register, in slices: yields its progress, stops when sent `true`, and returns the explanation. Never throws
 * on data.
 */
export function* explainSteps(log: EventLog, options: ExplainOptions): Slices<Explanation> {
  const { algorithm, digests = portableDigests } = options;
  return digests.has(algorithm) ? yield* explained(log, options) : withoutBackend(options);
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
