/** Is what the caller asked for bound into the evidence? */
import { concat, toHex } from '@tsm/core';
import type { CheckDetails, CheckList } from '@tsm/evidence';

/** Pads the expectation with zeros to the field; one that is longer than the field is never bound. */
export function checkReportData(
  checks: CheckList,
  expected: Uint8Array | undefined,
  actual: Uint8Array,
  { title, ...details }: CheckDetails & { readonly title: string },
): void {
  if (!expected) {
    checks.notChecked('report.data', 'none given');
    return;
  }
  const remedy = 'ask for new evidence over this challenge';
  if (expected.length > actual.length) {
    const found = { expected: toHex(expected), actual: toHex(actual) };
    checks.check('report.data', title, false, { ...details, ...found, remedy });
    return;
  }
  const padded = concat(expected, new Uint8Array(actual.length - expected.length));
  checks.equal('report.data', title, padded, actual, { ...details, remedy });
}
