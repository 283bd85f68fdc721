/** What the parts of a verification share. */
import type { Digests, Issue, SignatureVerifier, VerifyCache } from '@tsm/core';
import type { CheckDetails, CheckList } from '@tsm/evidence';
import { CLAIMS_SPEC } from '../issues.ts';
import type { SignedToken } from '../token.ts';

export interface Context {
  readonly digests: Digests;
  readonly verifier: SignatureVerifier;
  readonly cache: VerifyCache | undefined;
}

/** Where something stands in the evidence. */
export const rangeOf = ({
  offset,
  length,
}: {
  readonly offset: number;
  readonly length: number;
}): CheckDetails => ({
  range: { offset, length },
});

/** The first error of a list as the answer of a check; how many more there are. */
export function errorDetails(issues: readonly Issue[]): CheckDetails {
  const errors = issues.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (!first) return {};
  const more = errors.length > 1 ? ` (and ${String(errors.length - 1)} more)` : '';
  return {
    ...rangeOf(first),
    actual: `${first.path === '' ? '' : `${first.path}: `}${first.message}${more}`,
    ...(first.spec === undefined ? {} : { spec: first.spec }),
  };
}

export const hasErrors = (issues: readonly Issue[]): boolean =>
  issues.some(({ severity }) => severity === 'error');

/** Every mandatory claim is there, of its type and size. */
export function checkClaims(checks: CheckList, token: SignedToken): void {
  const { role, claims, claimIssues, sign1 } = token;
  const ok = claims !== undefined && !hasErrors(claimIssues);
  checks.check(`token.${role}.claims`, `Mandatory claims of the ${role} token, of their type and size`, ok, {
    spec: CLAIMS_SPEC,
    ...rangeOf({ offset: sign1.payloadOffset, length: sign1.payload.length }),
    ...errorDetails(claimIssues),
    remedy: 'Get a new token: this one is not as the specification has it.',
  });
}
