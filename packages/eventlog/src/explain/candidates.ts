/**
 * Digests that a register may have been extended with although the log does not say so: from a known-good log, from a
 * dictionary, of events that firmware is known to measure, and of the other events of the log.
 * Source of the well-known ones: TCG PC Client Platform Firmware Profile 1.06 §10.4; Linux IMA (violations are all ones).
 */
import { ALGORITHMS, toHex, utf8Bytes, type AlgorithmName, type Digests } from '@tsm/core';
import type { EventLog } from '../log.ts';
import type { KnownDigest } from './model.ts';
import { digestAt, type Steps } from './steps.ts';
import { registerWords, theEvent } from './words.ts';

export interface Candidate {
  readonly digest: Uint8Array;
  /** What is known of it, made when asked for. */
  readonly name: () => string;
}

/** Bytes of separators. */
export const SEPARATORS: readonly { readonly name: string; readonly bytes: Uint8Array }[] = [
  { name: 'separator 00000000', bytes: Uint8Array.of(0, 0, 0, 0) },
  { name: 'separator ffffffff', bytes: Uint8Array.of(255, 255, 255, 255) },
  { name: 'separator of an error, 00000001', bytes: Uint8Array.of(1, 0, 0, 0) },
];

/** Actions that firmware measures and sometimes does not log. */
const ACTIONS: readonly string[] = [
  'Calling EFI Application from Boot Option',
  'Returning from EFI Application from Boot Option',
  'Exit Boot Services Invocation',
  'Exit Boot Services Returned with Success',
  'Exit Boot Services Returned with Failure',
  'Booting to Boot Option',
];

/** Adds candidates once each, by digest. */
class Unique {
  readonly list: Candidate[] = [];
  private readonly seen = new Set<string>();
  private readonly size: number;

  constructor(size: number) {
    this.size = size;
  }

  add(digest: Uint8Array, name: () => string): void {
    if (digest.length !== this.size) return;
    const key = toHex(digest);
    if (this.seen.has(key)) return;
    this.seen.add(key);
    this.list.push({ digest, name });
  }
}

function addWellKnown(unique: Unique, algorithm: AlgorithmName, digests: Digests): void {
  for (const { name, bytes } of SEPARATORS) unique.add(digests.digest(algorithm, bytes), () => name);
  for (const text of ACTIONS)
    unique.add(digests.digest(algorithm, utf8Bytes(text)), () => `action "${text}"`);
  const { size } = ALGORITHMS[algorithm];
  unique.add(digests.digest(algorithm, new Uint8Array(0)), () => 'the digest of no bytes');
  unique.add(new Uint8Array(size), () => 'a digest of zeros');
  unique.add(new Uint8Array(size).fill(0xff), () => 'a digest of ones');
}

/** The steps of the good log whose digests this log does not have; all of them when `steps` is undefined. */
function addGood(unique: Unique, good: Steps, steps: Steps): void {
  const mine = new Set<string>();
  const { size } = good;
  for (let i = 0; i < steps.events.length; i++) mine.add(toHex(digestAt(steps.digests, size, i)));
  good.events.forEach((event, i) => {
    const digest = digestAt(good.digests, size, i);
    if (!mine.has(toHex(digest)))
      unique.add(digest, () => `in the known-good log: ${theEvent(good.log, event)}`);
  });
}

/** What the log may lack: what the caller knows of, then what is well known. */
export function foreignCandidates(
  steps: Steps,
  good: Steps | undefined,
  known: readonly KnownDigest[],
  digests: Digests,
): { known: Candidate[]; wellKnown: Candidate[] } {
  const unique = new Unique(steps.size);
  if (good) addGood(unique, good, steps);
  for (const { digest, name } of known) unique.add(digest, () => `known as ${name}`);
  const count = unique.list.length;
  addWellKnown(unique, steps.algorithm, digests);
  return { known: unique.list.slice(0, count), wellKnown: unique.list.slice(count) };
}

/** Digests of all events of the log in this bank. */
export function ownCandidates({ log, register, algorithm, size }: Steps, digests: Digests): Candidate[] {
  const unique = new Unique(size);
  log.scan(digests, (event, at, bank, bytes, offset) => {
    if (bank !== algorithm) return;
    unique.add(bytes.subarray(offset, offset + size), () => ownName(log, event, at, register));
  });
  return unique.list;
}

function ownName(log: EventLog, event: number, at: number, register: number): string {
  const where = at === register ? '' : `, which the log has in ${registerWords(log, at)}`;
  return `that of ${theEvent(log, event)}${where}`;
}
