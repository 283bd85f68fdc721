/** Verdicts: a tree of checks that says what was looked at, what was found, and what was not looked at. */

export type CheckStatus = 'pass' | 'fail' | 'skipped' | 'notApplicable';

/** One check. `expected` and `actual` are text for people; byte strings as lower-case hex. */
export interface Check {
  /** Stable and dotted, such as `quote.signature`. */
  readonly id: string;
  readonly title: string;
  readonly status: CheckStatus;
  /** Document and section that demands the check. */
  readonly spec?: string;
  /** Bytes of the evidence that were checked. */
  readonly range?: { readonly offset: number; readonly length: number };
  readonly expected?: string;
  readonly actual?: string;
  /** What to do when it fails or was skipped. */
  readonly remedy?: string;
  readonly checks?: readonly Check[];
}

/** Something a reader may believe was checked, and was not. */
export interface NotChecked {
  readonly id: string;
  readonly reason: string;
}

export interface Verdict {
  readonly verdict: 'pass' | 'fail' | 'inconclusive';
  readonly checks: readonly Check[];
  readonly notChecked: readonly NotChecked[];
}

function statuses(checks: readonly Check[]): CheckStatus[] {
  return checks.flatMap((check) => [check.status, ...statuses(check.checks ?? [])]);
}

/** One failed check anywhere fails the whole; else one skipped check makes it inconclusive; no check at all never passes. */
export function conclude(checks: readonly Check[], notChecked: readonly NotChecked[] = []): Verdict {
  const found = new Set(statuses(checks));
  const verdict = found.has('fail')
    ? 'fail'
    : found.has('skipped') || !found.has('pass')
      ? 'inconclusive'
      : 'pass';
  return { verdict, checks, notChecked };
}

/** The first failed check, outermost first, or undefined. */
export function firstFailure(checks: readonly Check[]): Check | undefined {
  for (const check of checks) {
    const inner = firstFailure(check.checks ?? []);
    if (inner) return inner;
    if (check.status === 'fail') return check;
  }
  return undefined;
}
