/** Is the evidence what its format wants? */
import type { Issue } from '@tsm/core';
import type { CheckList } from '@tsm/evidence';

/** Passed without errors; the first error decides what is said. */
export function checkStructure(checks: CheckList, issues: readonly Issue[], length: number): boolean {
  const error = issues.find(({ severity }) => severity === 'error');
  return checks.check('structure', 'reads as its format wants', !error, {
    range: error ? { offset: error.offset, length: error.length } : { offset: 0, length },
    ...(error?.spec === undefined ? {} : { spec: error.spec }),
    expected: 'no errors',
    actual: error?.message ?? `${String(length)} bytes, 0 unread`,
    remedy: 'get the evidence again, whole and unchanged',
  });
}
