/** Does the digest of a record cover its data? The common part of the rules that formats beside the TCG's have. */
import { equalBytes, isFilledWith, type AlgorithmName, type Digests } from '@tsm/core';
import { checkDigest, type DigestCandidate, type DigestCheck } from '../event-data/digest-check.ts';
import type { LogEvent } from '../log.ts';

/** Checks one digest of the event it belongs to. */
export type EventCheck = (digests: Digests, algorithm: AlgorithmName, digest: Uint8Array) => DigestCheck;

/**
 * A check against bytes the digest may be of, in order of likelihood. `external` says what else it may cover; without it
 * one of the candidates must match.
 */
export function checkAgainst(candidates: readonly DigestCandidate[], external?: string): EventCheck {
  return (digests, algorithm, digest) => {
    if (!digests.has(algorithm))
      return { state: 'cannotTell', covers: `unknown: no backend for ${algorithm}` };
    const found = candidates.find(({ bytes }) => equalBytes(digests.digest(algorithm, bytes), digest));
    if (found) return { state: 'matches', covers: found.covers };
    if (external !== undefined) return { state: 'cannotTell', covers: `external: ${external}` };
    return { state: 'contradicts', covers: candidates[0]?.covers ?? '' };
  };
}

/** A digest of zeros that says "violation", where IMA extends all ones instead. */
export const isViolation = (digest: Uint8Array): boolean => digest.length > 0 && isFilledWith(digest, 0);

/** Over all banks of an event, by the rule of its format: one contradiction counts, then one match. */
export function checkEvent(event: LogEvent, digests: Digests): DigestCheck {
  const nothing = { state: 'cannotTell', covers: 'nothing: the event extends nothing' } as const;
  if (!event.measured) return nothing;
  const checks = event.digests.flatMap(({ algorithm, digest }) => {
    if (algorithm === undefined) return [];
    const { type, data, check } = event;
    return [
      check
        ? check(digests, algorithm, digest)
        : digests.has(algorithm)
          ? checkDigest(type, data, digests, algorithm, digest)
          : ({ state: 'cannotTell', covers: `unknown: no backend for ${algorithm}` } as const),
    ];
  });
  const first = (state: DigestCheck['state']) => checks.find((one) => one.state === state);
  return first('contradicts') ?? first('matches') ?? checks[0] ?? nothing;
}
