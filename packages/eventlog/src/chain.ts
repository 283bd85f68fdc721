/**
 * Several logs of one machine, replayed as one: firmware log, then text logs at their `SYNC`, IMA, application logs.
 * Says which log owns which part of a register, and where the register moved without any log.
 */
import {
  ALGORITHMS,
  equalBytes,
  portableDigests,
  type AlgorithmName,
  type Chain,
  type Digests,
} from '@tsm/core';
import type { ExpectedRegister } from './compare.ts';
import type { EventLog } from './log.ts';
import { registerIdentity } from './replay.ts';

/** One log of the chain, in the order in which the logs were written. */
export interface ChainLink {
  /** What people call it: a file name. */
  readonly name: string;
  readonly log: EventLog;
  /** Register of a log that does not name one. */
  readonly register?: string;
}

/** A part of a register's history that one log accounts for. */
export interface LoggedPart {
  readonly kind: 'logged';
  /** Name of the link. */
  readonly link: string;
  readonly events: number;
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

/**
 * A part that no log accounts for: the register went from one value to the other by extends that nobody wrote down.
 * Both values are known; the digests between cannot be.
 */
export interface UnloggedPart {
  readonly kind: 'unlogged';
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

export type ChainPart = LoggedPart | UnloggedPart;

export interface ChainedRegister {
  readonly name: string;
  readonly algorithm: AlgorithmName;
  readonly start: Uint8Array;
  readonly parts: readonly ChainPart[];
  /** Value after the last part that is known from the logs alone. */
  readonly value: Uint8Array;
  readonly expected?: Uint8Array;
  /** Without `expected`: `replayed`. An unlogged part inside does not spoil a match; one at the end is `notExplained`. */
  readonly status: 'replayed' | 'match' | 'notExplained';
}

export interface ChainReplay {
  readonly registers: readonly ChainedRegister[];
  /** Registers of `expected` that no log is about and that do not have their start value of zero. */
  readonly notInLogs: readonly string[];
}

/** History of one register of one bank while the links are walked. */
interface History {
  readonly name: string;
  readonly algorithm: AlgorithmName;
  readonly start: Uint8Array;
  readonly parts: ChainPart[];
  value: Uint8Array;
}

/** One register of one link, while that link is scanned. */
interface Running {
  readonly history: History;
  readonly from: Uint8Array;
  readonly chain: Chain;
  events: number;
}

class ChainWalk {
  readonly histories = new Map<string, History>();
  private readonly digests: Digests;

  constructor(digests: Digests) {
    this.digests = digests;
  }

  /** Replays one link on top of what came before. */
  add(link: ChainLink): void {
    const running = new Map<string, Running>();
    const at = (register: number, algorithm: AlgorithmName): Running => {
      const name = registerIdentity(link.log, register, link.register).name ?? link.name;
      const key = `${name}:${algorithm}`;
      let one = running.get(key);
      if (!one) running.set(key, (one = this.open(link, name, register, algorithm)));
      return one;
    };
    link.log.scan(this.digests, (_event, register, algorithm, bytes, offset) => {
      if (!this.digests.has(algorithm)) return;
      const one = at(register, algorithm);
      one.chain.extend(bytes, offset);
      one.events++;
    });
    for (const one of running.values()) close(one, link.name);
  }

  /** Begins a link on a register: where the log states another start than the register has, something went unlogged. */
  private open({ log }: ChainLink, name: string, register: number, algorithm: AlgorithmName): Running {
    const key = `${name}:${algorithm}`;
    const stated = log.start(register, algorithm);
    let history = this.histories.get(key);
    if (!history) {
      const start = stated ?? new Uint8Array(ALGORITHMS[algorithm].size);
      history = { name, algorithm, start, parts: [], value: start };
      this.histories.set(key, history);
    } else if (log.numbering === 'single' && stated && !equalBytes(stated, history.value)) {
      history.parts.push({ kind: 'unlogged', from: history.value, to: stated });
      history.value = stated;
    }
    return { history, from: history.value, chain: this.digests.chain(algorithm, history.value), events: 0 };
  }
}

function close({ history, from, chain, events }: Running, link: string): void {
  history.value = chain.value();
  history.parts.push({ kind: 'logged', link, events, from, to: history.value });
}

function finish(history: History, expected: Uint8Array | undefined): ChainedRegister {
  const { name, algorithm, start, parts, value } = history;
  if (!expected) return { name, algorithm, start, parts, value, status: 'replayed' };
  if (equalBytes(value, expected)) return { name, algorithm, start, parts, value, expected, status: 'match' };
  const rest: UnloggedPart = { kind: 'unlogged', from: value, to: expected };
  return { name, algorithm, start, parts: [...parts, rest], value, expected, status: 'notExplained' };
}

function expectedFor(history: History, expected: readonly ExpectedRegister[]): Uint8Array | undefined {
  return expected.find(
    ({ name, value, algorithm }) =>
      name.toLowerCase() === history.name &&
      (algorithm ? algorithm === history.algorithm : value.length === history.value.length),
  )?.value;
}

/**
 * Replays the links in order, each on the registers that the one before left. A text log begins where its `SYNC` or `INIT`
 * says; any other log begins where the register is. With `expected`, each register is held against it at the end.
 * O(events). Never throws on data.
 */
export function replayChain(
  links: readonly ChainLink[],
  options: { readonly digests?: Digests; readonly expected?: readonly ExpectedRegister[] } = {},
): ChainReplay {
  const { digests = portableDigests, expected = [] } = options;
  const walk = new ChainWalk(digests);
  for (const link of links) walk.add(link);
  const histories = [...walk.histories.values()];
  const known = new Set(histories.map((history) => history.name));
  const moved = expected.filter(
    ({ name, value }) => !known.has(name.toLowerCase()) && value.some((byte) => byte !== 0),
  );
  return {
    registers: histories.map((history) => finish(history, expectedFor(history, expected))),
    notInLogs: moved.map(({ name }) => name),
  };
}
