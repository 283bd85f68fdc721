/**
 * Where a log and a register part. A hash chain cannot be walked back from its final value, so this looks for what can be
 * told in time linear in the log: stated values, a prefix that fits, digests that contradict their data, a good log.
 */
import { ALGORITHMS, equalBytes, type AlgorithmName, type Digests } from '@tsm/core';
import { checkDigest, digestCandidates } from './event-data/digest-check.ts';
import type { EventLog, LogEvent } from './log.ts';
import { startOf, trace } from './replay.ts';

export type DivergenceReason =
  /** A SYNC line states another value than the replay. */
  | 'sync'
  /** The register has the value from just before this event: the log goes on past the evidence. */
  | 'after-evidence'
  /** The digest contradicts the event's data. */
  | 'digest'
  /** First event that is not as in the known-good log. */
  | 'known-good';

export interface Divergence {
  /** Number of the event. */
  readonly event: number;
  readonly offset: number;
  readonly length: number;
  readonly typeName: string;
  /** The event in words. */
  readonly title: string;
  readonly reason: DivergenceReason;
  /** True when undoing this divergence was replayed and gives the expected value. */
  readonly proven: boolean;
}

interface Search {
  readonly log: EventLog;
  readonly register: number;
  readonly algorithm: AlgorithmName;
  readonly expected: Uint8Array;
  readonly digests: Digests;
  readonly knownGood?: EventLog;
}

/** One extend of the register: its event, and where its digest stands. */
interface Step {
  readonly event: number;
  readonly bytes: Uint8Array;
  readonly offset: number;
}

/** Events whose digests are checked against their data one by one; keeps the search linear. */
const MAX_RESTORED = 32;

function at(log: EventLog, event: number, reason: DivergenceReason, proven: boolean): Divergence {
  const found = log.event(event);
  const { offset, length, typeName } = found;
  return { event, offset, length, typeName, title: found.content().title, reason, proven };
}

function stepsOf(log: EventLog, { register, algorithm, digests }: Search): Step[] {
  const steps: Step[] = [];
  log.scan(digests, (event, number, bank, bytes, offset) => {
    if (number === register && bank === algorithm) steps.push({ event, bytes, offset });
  });
  return steps;
}

function digestOf(step: Step, algorithm: AlgorithmName): Uint8Array {
  return step.bytes.subarray(step.offset, step.offset + ALGORITHMS[algorithm].size);
}

/** The final value of the steps, with the digest of one of them replaced. */
function chainOf(
  search: Search,
  steps: readonly Step[],
  replaced?: { index: number; digest: Uint8Array },
): Uint8Array {
  const chain = search.digests.chain(
    search.algorithm,
    startOf(search.log, search.register, search.algorithm),
  );
  steps.forEach(({ bytes, offset }, index) => {
    if (replaced?.index === index) chain.extend(replaced.digest);
    else chain.extend(bytes, offset);
  });
  return chain.value();
}

function bySync({ log, register, algorithm, digests }: Search): Divergence | undefined {
  let event: number | undefined;
  const chain = digests.chain(algorithm, startOf(log, register, algorithm));
  log.scan(
    digests,
    (_event, number, bank, bytes, offset) => {
      if (number === register && bank === algorithm) chain.extend(bytes, offset);
    },
    (sync, number, bank, stated) => {
      if (number === register && bank === algorithm && !equalBytes(chain.value(), stated)) event ??= sync;
    },
  );
  return event === undefined ? undefined : at(log, event, 'sync', false);
}

function byPrefix(search: Search, steps: readonly Step[]): Divergence | undefined {
  const { log, register, algorithm, expected, digests } = search;
  if (equalBytes(startOf(log, register, algorithm), expected) && steps[0])
    return at(log, steps[0].event, 'after-evidence', true);
  let fits: number | undefined;
  let index = 0;
  trace(
    log,
    register,
    algorithm,
    (_event, _digest, value) => {
      index++;
      if (equalBytes(value, expected)) fits = index;
    },
    digests,
  );
  const next = fits === undefined ? undefined : steps[fits];
  return next ? at(log, next.event, 'after-evidence', true) : undefined;
}

/** The digests that the event's data could have, if it is the digest that is wrong. */
function restored({ algorithm, digests }: Search, { type, data }: LogEvent): Uint8Array[] {
  return digestCandidates(type, data).map(({ bytes }) => digests.digest(algorithm, bytes));
}

function byDigest(search: Search, steps: readonly Step[]): Divergence | undefined {
  const { log, algorithm, digests, expected } = search;
  if (log.numbering === 'single') return undefined;
  const suspects = steps.flatMap((step, index) => {
    const { type, data } = log.event(step.event);
    const { state } = checkDigest(type, data, digests, algorithm, digestOf(step, algorithm));
    return state === 'contradicts' ? [{ index, event: step.event }] : [];
  });
  for (const { index, event } of suspects.slice(0, MAX_RESTORED)) {
    const right = restored(search, log.event(event)).some((digest) =>
      equalBytes(chainOf(search, steps, { index, digest }), expected),
    );
    if (right) return at(log, event, 'digest', true);
  }
  const [first] = suspects;
  return first && at(log, first.event, 'digest', false);
}

function byKnownGood(search: Search, steps: readonly Step[]): Divergence | undefined {
  const { log, knownGood, expected } = search;
  if (!knownGood) return undefined;
  const { algorithm } = search;
  const good = stepsOf(knownGood, search);
  const proven = equalBytes(chainOf({ ...search, log: knownGood }, good), expected);
  const same = (a: Step, b: Step | undefined): boolean =>
    b !== undefined && equalBytes(digestOf(a, algorithm), digestOf(b, algorithm));
  const differing = steps.find((step, i) => !same(step, good[i]));
  // All events are as in the good log, which goes on: the log was cut after its last one.
  const event = differing ?? (good.length > steps.length ? steps.at(-1) : undefined);
  return event && at(log, event.event, 'known-good', proven);
}

/** The first divergence of a register, or undefined when the final value alone does not tell. O(events). */
export function locate(search: Search): Divergence | undefined {
  const steps = stepsOf(search.log, search);
  const good = byKnownGood(search, steps);
  return good?.proven === true
    ? good
    : (byPrefix(search, steps) ?? bySync(search) ?? byDigest(search, steps) ?? good);
}
