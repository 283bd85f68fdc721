/** Comparing a replayed log with the registers that evidence vouches for. */
import { equalBytes, portableDigests, type AlgorithmName } from '@tsm/core';
import { locate, type Divergence } from './divergence.ts';
import type { EventLog } from './log.ts';
import { replay, type Replay, type ReplayedRegister, type ReplayOptions } from './replay.ts';

/** A register value to compare with, from evidence or given by hand. */
export interface ExpectedRegister {
  /** `rtmr0`, `pcr7`, `rem0`. */
  readonly name: string;
  /** What logs call it, where that is not its name: a CCEL numbers the registers of all technologies as RTMRs. */
  readonly inLog?: string;
  readonly value: Uint8Array;
  /** Bank; default: the one bank of the log whose digests are as long as the value. */
  readonly algorithm?: AlgorithmName;
}

/**
 * `match`: the log explains the value. `differs`: it gives another. `notExplained`: the value differs from the start
 * value, and the log extends the register not at all: a log is missing.
 */
export type ComparisonStatus = 'match' | 'differs' | 'notExplained';

export interface RegisterComparison {
  readonly name: string;
  readonly algorithm: AlgorithmName;
  readonly expected: Uint8Array;
  readonly replayed: Uint8Array;
  readonly match: boolean;
  readonly status: ComparisonStatus;
  /** How many events of the log extend the register. */
  readonly extends: number;
  /** Where log and register part, as far as a final value tells. */
  readonly firstDivergence?: Divergence;
}

export interface CompareOptions extends ReplayOptions {
  /** A log that is known to be right, of the same kind: tells the first event that differs. */
  readonly knownGood?: EventLog;
}

export interface Comparison {
  readonly registers: readonly RegisterComparison[];
  /** Registers of the evidence that this log says nothing about, by name. */
  readonly notInLog: readonly string[];
  readonly replay: Replay;
}

function compareOne(
  log: EventLog,
  one: ReplayedRegister,
  { name, value: expected }: ExpectedRegister,
  options: CompareOptions,
): RegisterComparison {
  const { algorithm, value: replayed, start } = one;
  const match = equalBytes(replayed, expected);
  const status = match
    ? 'match'
    : one.extends === 0 && !equalBytes(expected, start)
      ? 'notExplained'
      : 'differs';
  const result = {
    name: name.toLowerCase(),
    algorithm,
    expected,
    replayed,
    match,
    status,
    extends: one.extends,
  } as const;
  if (status !== 'differs') return result;
  const { digests = portableDigests, knownGood } = options;
  const place = { log, register: one.register, algorithm, expected, digests };
  const firstDivergence = locate(knownGood ? { ...place, knownGood } : place);
  return firstDivergence ? { ...result, firstDivergence } : result;
}

/** Compares every register that both the log and `expected` have. Never throws on data. */
export function compare(
  log: EventLog,
  expected: readonly ExpectedRegister[],
  options: CompareOptions = {},
): Comparison {
  const replayed = replay(log, options);
  const registers: RegisterComparison[] = [];
  const notInLog: string[] = [];
  for (const register of expected) {
    const { name, inLog = name, value, algorithm } = register;
    const found = replayed.registers.find(
      (one) =>
        one.name === inLog.toLowerCase() &&
        (algorithm ? one.algorithm === algorithm : one.value.length === value.length),
    );
    if (found) registers.push(compareOne(log, found, register, options));
    else notInLog.push(name);
  }
  return { registers, notInLog, replay: replayed };
}
