/** A TDREPORT outside of its platform: its parts hold together, and its MAC cannot be checked. Source: Intel TDX Module ABI, TDREPORT_STRUCT. */
import type { Verdict } from '@tsm/core';
import { CheckList } from '@tsm/evidence';
import { decodeTdReport } from '../evidence.ts';
import { sizeOf } from '@tsm/core/layout';
import { ReportMac } from '../layout/td-report.ts';

const SPEC = 'Intel TDX Module ABI, TDREPORT_STRUCT';

/** Never passes. */
export function verifyTdReport(bytes: Uint8Array): Verdict {
  const checks = new CheckList();
  const issue = decodeTdReport(bytes).issues.find(({ severity }) => severity === 'error');
  checks.check('structure', 'the TDREPORT is whole, and its hashes are those of its parts', !issue, {
    spec: SPEC,
    ...(issue && { range: { offset: issue.offset, length: issue.length }, actual: issue.message }),
  });
  checks.skip('report.mac', 'the processor made the report', {
    ...{ spec: SPEC, range: { offset: 0, length: sizeOf(ReportMac) } },
    remedy: 'only the same processor can check the MAC: take a quote',
  });
  return checks.verdict('tdx');
}
