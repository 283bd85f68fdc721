/** CoVE evidence, verified to a trust anchor: by the specification's form, or by that of salus. */
import type { Verdict, VerifyOptions } from '@tsm/core';
import { CheckList } from '@tsm/evidence';
import { readEvidence } from '../evidence.ts';
import { checkGiven, contextOf } from './authority.ts';
import { verifySalus } from './salus.ts';
import { verifySpec } from './spec.ts';
import { checkStructure } from './structure.ts';

/**
 * The verdict over evidence in any of its forms; nothing here throws on data. There is no published root for CoVE:
 * without a trust anchor, or a key or certificate in the collateral, the verdict is inconclusive.
 */
export async function verifyEvidence(bytes: Uint8Array, options: VerifyOptions): Promise<Verdict> {
  const checks = new CheckList();
  const read = readEvidence(bytes);
  checkStructure(checks, read.issues, bytes.length);
  const context = contextOf(options);
  checkGiven(checks, context);
  if (read.spec) await verifySpec(checks, read.spec, context);
  if (read.salus) await verifySalus(checks, read.salus, context);
  checks.notChecked('policy', 'none given');
  checks.notChecked('event-log', 'none given');
  return checks.verdict('cove');
}
