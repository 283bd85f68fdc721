/** Registers that differ from their log by known edits, and chains that count. */
import { ALGORITHMS, concat, createDigests, type AlgorithmName, type Chain, type Digests } from '@tsm/core';
import {
  decodeLog,
  encodeAgileLog,
  explainSteps,
  type EventLog,
  type Explanation,
  type ExplainOptions,
} from '../../src/index.ts';
import { EV, event, nodeDigests } from './logs.ts';

export const CC: readonly AlgorithmName[] = ['sha384'];

/** A CCEL of these texts as actions of one register. */
export function actions(texts: readonly string[], register = 1): EventLog {
  const events = texts.map((text) => event(register, EV.action, text, CC));
  return decodeLog(encodeAgileLog(CC, events, { headerRegister: 1 }));
}

/** What {@link countingChains} extends by: all words of value and digest mixed, which is no hash. */
function mixing(start: Uint8Array): Chain {
  const value = new Uint32Array(start.slice().buffer);
  return {
    extend: (bytes, offset = 0) => {
      let carry = 0x9e3779b9;
      for (let i = 0; i < start.length; i++)
        carry = Math.imul(carry ^ (bytes[offset + i] ?? 0) ^ (carry >>> 15), 0x01000193);
      for (let i = 0; i < 2 * value.length; i++) {
        const word = value[i % value.length] ?? 0;
        carry = Math.imul(carry ^ word ^ (word >>> 16), 0x85ebca6b) + i;
        value[i % value.length] = Math.imul(word, 0xc2b2ae35) + (carry ^ (carry >>> 13));
      }
    },
    value: () => new Uint8Array(value.slice().buffer),
  };
}

/** A chain of SHA-384, extend by extend. */
function hashing(start: Uint8Array): Chain {
  let value: Uint8Array = start.slice();
  return {
    extend: (bytes, offset = 0) => {
      value = nodeDigests.digest('sha384', concat(value, bytes.subarray(offset, offset + value.length)));
    },
    value: () => value.slice(),
  };
}

/** Digests whose chains count their extends. `cheap`: the chains are not of a hash, for tests that only count. */
export function countingChains(cheap = false): { digests: Digests; extends: () => number } {
  let count = 0;
  const chain = (start: Uint8Array): Chain => {
    const inner = cheap ? mixing(start) : hashing(start);
    return {
      extend: (bytes, offset) => {
        count++;
        inner.extend(bytes, offset);
      },
      value: () => inner.value(),
    };
  };
  const hash = (bytes: Uint8Array): Uint8Array => nodeDigests.digest('sha384', bytes);
  return { digests: createDigests({ sha384: { hash, chain } }), extends: () => count };
}

/** The digests of one register, in order. */
export function digestsOf(
  log: EventLog,
  register: number,
  algorithm: AlgorithmName = 'sha384',
): Uint8Array[] {
  const found: Uint8Array[] = [];
  log.scan(nodeDigests, (_event, at, bank, bytes, offset) => {
    if (at === register && bank === algorithm)
      found.push(bytes.slice(offset, offset + ALGORITHMS[algorithm].size));
  });
  return found;
}

/** What a register holds after these digests. */
export function valueOf(
  digests: readonly Uint8Array[],
  start: Uint8Array = new Uint8Array(48),
  algorithm: AlgorithmName = 'sha384',
): Uint8Array {
  return digests.reduce((value, digest) => nodeDigests.digest(algorithm, concat(value, digest)), start);
}

/** Runs to the end. */
export function explained(
  log: EventLog,
  options: Partial<ExplainOptions> & { expected: Uint8Array },
): Explanation {
  const slices = explainSteps(log, { register: 1, algorithm: 'sha384', digests: nodeDigests, ...options });
  for (;;) {
    const step = slices.next();
    if (step.done) return step.value;
  }
}
