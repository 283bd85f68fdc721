/** One verdict over all that was asked for beside the evidence's own verification. */
import { conclude, type Verdict } from '@tsm/core';

/** What was checked in an area, or in words why it was not. */
export type Part = Partial<Pick<Verdict, 'checks' | 'notChecked'>> | string;

/** What a part has checked is not among the unchecked any more. */
export function withParts(verdict: Verdict, parts: Readonly<Record<'log' | 'policy', Part>>): Verdict {
  const areas = Object.entries(parts);
  const unchecked = areas.flatMap(([id, part]) =>
    typeof part === 'string' ? [{ id, reason: part }] : (part.notChecked ?? []),
  );
  const before = verdict.notChecked.filter(({ id }) => id !== 'event-log' && !Object.hasOwn(parts, id));
  const checks = areas.flatMap(([, part]) => (typeof part === 'string' ? [] : (part.checks ?? [])));
  return { ...verdict, ...conclude([...verdict.checks, ...checks], [...before, ...unchecked]) };
}
