/** Replay: what the registers must hold if the log is true. O(n) for n events. */
import {
  ALGORITHMS,
  equalBytes,
  numberingOfCcMr,
  portableDigests,
  REGISTER_NUMBERING,
  shortHex,
  type AlgorithmName,
  type Chain,
  type Digests,
  type Issue,
} from '@tsm/core';
import { NV_FIRST } from './cel/model.ts';
import { IssueList } from './issue-list.ts';
import type { EventLog, SyncVisitor } from './log.ts';

/** One register of one bank, replayed. */
export interface ReplayedRegister {
  /** Number in the log's numbering. */
  readonly register: number;
  /** `rtmr0`, `pcr7`; null for a text log of a register that nobody named. */
  readonly name: string | null;
  readonly ccMr?: number;
  readonly pcr?: number;
  readonly algorithm: AlgorithmName;
  readonly start: Uint8Array;
  readonly value: Uint8Array;
  /** How many events extended it. */
  readonly extends: number;
}

export interface Replay {
  /** By bank in the log's order, then by number. */
  readonly registers: readonly ReplayedRegister[];
  readonly issues: readonly Issue[];
}

export interface ReplayOptions {
  /** Default: the portable ones. A bank without a backend is an issue, not an error. */
  readonly digests?: Digests;
  /** Register that a text log belongs to. */
  readonly register?: string;
}

interface Running {
  readonly register: number;
  readonly algorithm: AlgorithmName;
  readonly start: Uint8Array;
  readonly chain: Chain;
  count: number;
}

/** All running values of one replay, made when first extended. */
export class Registers {
  private readonly running = new Map<AlgorithmName, Map<number, Running>>();
  private readonly log: EventLog;
  private readonly digests: Digests;

  /** `log` says where each register starts, and how it is called. */
  constructor(log: EventLog, digests: Digests) {
    this.log = log;
    this.digests = digests;
    for (const algorithm of log.algorithms) {
      if (digests.has(algorithm)) for (const register of expectedRegisters(log)) this.at(register, algorithm);
    }
  }

  private at(register: number, algorithm: AlgorithmName): Running {
    let bank = this.running.get(algorithm);
    if (!bank) this.running.set(algorithm, (bank = new Map<number, Running>()));
    let one = bank.get(register);
    if (!one) {
      const start = startOf(this.log, register, algorithm);
      one = { register, algorithm, start, chain: this.digests.chain(algorithm, start), count: 0 };
      bank.set(register, one);
    }
    return one;
  }

  /** Extends by every event of a log: the one it was made with, or a part of it. */
  extend(log: EventLog, sync?: SyncVisitor): void {
    log.scan(
      this.digests,
      (_event, register, algorithm, bytes, offset) => {
        if (!this.digests.has(algorithm)) return;
        const one = this.at(register, algorithm);
        one.chain.extend(bytes, offset);
        one.count++;
      },
      sync,
    );
  }

  /** The value now; undefined for a bank that has no digest backend. */
  value(register: number, algorithm: AlgorithmName): Uint8Array | undefined {
    return this.digests.has(algorithm) ? this.at(register, algorithm).chain.value() : undefined;
  }

  /** Everything, by bank in the log's order, then by number. */
  all(textRegister?: string): ReplayedRegister[] {
    return this.log.algorithms.flatMap((algorithm) => {
      const bank = [...(this.running.get(algorithm)?.values() ?? [])].sort((a, b) => a.register - b.register);
      return bank.map(({ register, start, chain, count }) => ({
        register,
        ...registerIdentity(this.log, register, textRegister),
        algorithm,
        start,
        value: chain.value(),
        extends: count,
      }));
    });
  }
}

/** The start value of a register: what the log says, else zero. */
export function startOf(log: EventLog, register: number, algorithm: AlgorithmName): Uint8Array {
  return log.start(register, algorithm) ?? new Uint8Array(ALGORITHMS[algorithm].size);
}

/** Name and numbers of a register of this log. */
export function registerIdentity(log: EventLog, register: number, textRegister?: string) {
  if (log.numbering === 'pcr' && register >= NV_FIRST) return { name: `nv0x${register.toString(16)}` };
  if (log.numbering === 'pcr') return { name: `pcr${String(register)}`, pcr: register };
  if (log.numbering === 'ccMr') {
    return { name: numberingOfCcMr(register)?.name ?? `ccmr${String(register)}`, ccMr: register };
  }
  const row = REGISTER_NUMBERING.find((one) => one.name === textRegister?.toLowerCase());
  return { name: textRegister?.toLowerCase() ?? null, ...(row ? { ccMr: row.ccMr } : {}) };
}

/** Registers that a log of this kind is about even where it extends none of them: the four runtime ones of a CCEL. */
function expectedRegisters(log: EventLog): readonly number[] {
  if (log.numbering === 'ccMr')
    return REGISTER_NUMBERING.filter((row) => row.rtmr !== undefined).map((row) => row.ccMr);
  return log.numbering === 'single' ? [0] : [];
}

/** Replays every bank of the log that has a digest backend. Never throws on data. */
export function replay(log: EventLog, options: ReplayOptions = {}): Replay {
  const { digests = portableDigests, register: textRegister } = options;
  const issues = new IssueList();
  for (const algorithm of log.algorithms) {
    if (!digests.has(algorithm)) issues.add('replay.no-backend', { algorithm }, '', 0, 0);
  }
  const registers = new Registers(log, digests);
  registers.extend(log, (event, register, algorithm, stated) => {
    const value = registers.value(register, algorithm);
    if (!value || equalBytes(value, stated)) return;
    const { offset, length } = log.event(event);
    const texts = { stated: shortHex(stated), replayed: shortHex(value) };
    issues.add('replay.sync-mismatch', texts, `events[${String(event)}]`, offset, length);
  });
  return { registers: registers.all(textRegister), issues: issues.issues };
}

/** Called with the value of the register after each of its extends. */
export type TraceVisitor = (event: number, digest: Uint8Array, value: Uint8Array) => void;

/** Follows one register of one bank through the log. */
export function trace(
  log: EventLog,
  register: number,
  algorithm: AlgorithmName,
  visit: TraceVisitor,
  digests = portableDigests,
): void {
  const chain = digests.chain(algorithm, startOf(log, register, algorithm));
  const { length } = chain.value();
  log.scan(digests, (event, at, bank, bytes, offset) => {
    if (at !== register || bank !== algorithm) return;
    chain.extend(bytes, offset);
    visit(event, bytes.subarray(offset, offset + length), chain.value());
  });
}
