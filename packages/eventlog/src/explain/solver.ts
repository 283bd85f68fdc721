/**
 * One search, or one part of it, step by step: another bank's value, the whole log, each stretch between stated values that
 * does not replay, and single places of the whole log. The steps are the first number of the ranks of what is found.
 */
import { ALGORITHMS, portableDigests, type AlgorithmName } from '@tsm/core';
import type { EventLog } from '../log.ts';
import { foreignCandidates, ownCandidates, type Candidate } from './candidates.ts';
import { placeClasses, wholeClasses } from './classes.ts';
import { edit, type Context } from './context.ts';
import { Extender } from './extender.ts';
import { replays, segments, wholeFrame, type Frame } from './frame.ts';
import { STEP } from './merge.ts';
import { Meter, type Slices } from './meter.ts';
import type { ExplainOptions, Part, ProofStep, Rank } from './model.ts';
import { proofOf } from './proof.ts';
import { readingsOf } from './readings.ts';
import { search } from './search.ts';
import { stepsOf, type Steps } from './steps.ts';
import { Pool, type SearchClass } from './trial.ts';
import { registerWords } from './words.ts';

/** Some seconds with a fast chain. */
const DEFAULT_BUDGET = 20_000_000;

type ClassesOf = (context: Context) => Slices<SearchClass[]>;

/** What is known besides the frame: the same for all frames. */
interface Knowledge {
  readonly good: Steps | undefined;
  readonly known: readonly Candidate[];
  readonly wellKnown: readonly Candidate[];
  readonly own: readonly Candidate[];
}

const NOTHING: Knowledge = { good: undefined, known: [], wellKnown: [], own: [] };

export class Solver {
  readonly meter: Meter;
  private readonly steps: Steps;
  private readonly options: ExplainOptions;
  private readonly digests;
  private knowledge: Knowledge | undefined;

  constructor(log: EventLog, options: ExplainOptions, part: Part) {
    const { register, algorithm, digests = portableDigests, budget = DEFAULT_BUDGET } = options;
    this.options = options;
    this.digests = digests;
    this.steps = stepsOf(log, register, algorithm, digests);
    this.meter = new Meter(new Extender(digests, algorithm, this.steps.start), budget, part);
  }

  private *knows(round: Rank): Slices<Knowledge> {
    if (this.knowledge) return this.knowledge;
    const { steps, digests, options, meter } = this;
    const { knownGood, known = [] } = options;
    const good = knownGood && stepsOf(knownGood, steps.register, steps.algorithm, digests);
    yield* meter.prepare('set-up', round);
    const foreign = foreignCandidates(steps, good, known, digests);
    const own = ownCandidates(steps, digests);
    yield* meter.prepare('set-up', round);
    return (this.knowledge = { good, own, ...foreign });
  }

  private contextOf(frame: Frame, round: Rank, knowledge: Knowledge): Context {
    const { digests, meter, options } = this;
    const pause = (): Slices<void> => meter.prepare('set-up', round);
    return { frame, pool: new Pool(frame), digests, maxEdits: options.maxEdits ?? 1, pause, ...knowledge };
  }

  /** Keeps those classes that were asked for, and notes the others. */
  private asked(classes: readonly SearchClass[]): readonly SearchClass[] {
    const { classes: only } = this.options;
    if (!only) return classes;
    for (const { kind } of classes.filter((one) => !only.includes(one.kind)))
      this.meter.notSearched.push({ kind, candidates: 0, extends: 0, reason: 'not-asked' });
    return classes.filter(({ kind }) => only.includes(kind));
  }

  private *solveFrame(frame: Frame, round: Rank, classesOf: ClassesOf): Slices<boolean> {
    const { meter } = this;
    const context = this.contextOf(frame, round, yield* this.knows(round));
    const { pool } = context;
    const classes = yield* classesOf(context);
    const hit = yield* search(frame, pool, meter, this.asked(classes), round);
    if (!hit) return false;
    const proof = [proofOf(frame, pool, hit)];
    meter.solutions.push({ rank: hit.rank, edits: readingsOf(frame, pool, classes, hit), proof });
    return true;
  }

  /** The value is that of a bank of another algorithm with digests of this size. */
  private *otherBank(): Slices<boolean> {
    const { steps, digests, meter, options } = this;
    const { log, register, algorithm } = steps;
    const { expected } = options;
    const round = [STEP.otherBank, 0];
    const fits = (name: AlgorithmName): boolean =>
      name !== algorithm && ALGORITHMS[name].size === expected.length && digests.has(name);
    for (const [number, name] of log.algorithms.filter(fits).entries()) {
      const other = stepsOf(log, register, name, digests);
      meter.planReplay(other.events.length);
      const extender = new Extender(digests, name, other.start);
      const frame = yield* wholeFrame(other, extender, expected, meter, round);
      meter.extender.spent += extender.spent;
      meter.searched.push({ kind: 'other-algorithm', candidates: 1, extends: extender.spent });
      if (!replays(frame)) continue;
      const words = `the value is that of the ${name} bank of ${registerWords(log, register)}, not of ${algorithm}`;
      const proof: ProofStep = {
        ...{ after: null, from: other.start, extends: [], resumes: other.events[0] ?? null, value: expected },
      };
      const context = this.contextOf(frame, round, NOTHING);
      const edits = [edit(context, 'bank', null, words)];
      meter.solutions.push({ rank: [...round, number], edits, proof: [proof] });
      return true;
    }
    return false;
  }

  /** The stretches between stated values that do not replay: each holds an error of its own. */
  private *solveStretches(bad: readonly Frame[]): Slices<boolean> {
    const { meter } = this;
    meter.stretches = bad.length;
    let all = true;
    for (const [number, frame] of bad.entries()) {
      const found = yield* this.solveFrame(frame, [STEP.stretch, number], placeClasses);
      all &&= found;
      // Another part may find what this one does not.
      if (!all && meter.part.of === 1) break;
    }
    return all;
  }

  /** The log as it stands gives the value. */
  private agrees(): boolean {
    this.meter.solutions.push({ rank: [STEP.whole, 0], edits: [], proof: [] });
    return true;
  }

  /** Searches until something is found; the solutions are in the meter. */
  *solve(): Slices<boolean> {
    const { steps, meter, options } = this;
    const { expected } = options;
    const whole = [STEP.whole, 0];
    if (meter.part.index === 0 && (yield* this.otherBank())) return true;
    if (expected.length !== steps.size) return false;
    meter.planReplay(steps.events.length);
    const log = yield* wholeFrame(steps, meter.extender, expected, meter, whole);
    if (!steps.anchors.some(({ at }) => at > 0))
      return replays(log) ? this.agrees() : yield* this.solveFrame(log, whole, allClasses);
    meter.planReplay(steps.events.length);
    const frames = yield* segments(steps, meter.extender, expected, meter, whole);
    const bad = frames.filter((frame) => !replays(frame));
    if (bad.length === 0) return this.agrees();
    if (yield* this.solveFrame(log, whole, wholeClasses)) return true;
    if (yield* this.solveStretches(bad)) return true;
    // The statements are the log's own words: where no stretch explains the value, they are not trusted.
    return yield* this.solveFrame(log, [STEP.place, 0], placeClasses);
  }
}

function* allClasses(context: Context): Slices<SearchClass[]> {
  return [...(yield* wholeClasses(context)), ...(yield* placeClasses(context))];
}
