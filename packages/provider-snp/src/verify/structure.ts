/** Is it a report, whole and of a form that is known? Spec: AMD SEV-SNP ABI (56860), §7.3. */
import type { Issue } from '@tsm/core';
import type { CheckDetails, CheckList } from '@tsm/evidence';
import { keyInfoOf } from '../claims.ts';
import type { SnpEvidence } from '../evidence.ts';
import { ECDSA_P384_SHA384 } from '../layout/ecdsa.ts';
import { POLICY_FLAGS } from '../layout/policy.ts';
import { REPORT_SIZE, type AttestationReport } from '../layout/report.ts';

const SPEC = 'AMD SEV-SNP ABI (56860) §7.3, table 22';

/** The first issue of this kind, as details of a check. */
function detailsOf(issues: readonly Issue[], code?: string): CheckDetails {
  const issue = issues.find((one) => (code === undefined ? one.severity === 'error' : one.code === code));
  if (!issue) return {};
  const { offset, length, path, message } = issue;
  return { range: { offset, length }, actual: `${path}: ${message}` };
}

/** Checks the form of the report; the report where it can be read to its end. */
export function checkStructure(checks: CheckList, evidence: SnpEvidence): AttestationReport | undefined {
  const list = checks.group('structure', 'Structure', { spec: SPEC });
  const { report, offset, source, envelope = [] } = evidence;
  const { value, clean, version, rangeOf } = report;
  const left = Math.min(REPORT_SIZE, source.length - offset);
  list.check('structure.length', 'the report is complete', value !== undefined, {
    ...{ spec: SPEC, range: { offset, length: left } },
    expected: `${String(REPORT_SIZE)} bytes`,
    actual: `${String(left)} bytes`,
    remedy: 'take the report anew: it was cut short',
  });
  const broken = envelope.some(({ severity }) => severity === 'error');
  if (envelope.length > 0 || evidence.azure) {
    list.check('structure.envelope', 'what carries the report can be read', !broken, {
      ...{ ...detailsOf(envelope), remedy: 'take the evidence anew' },
    });
  }
  if (!value) return undefined;
  const rule = (id: string, title: string, ok: boolean, details: CheckDetails): void => {
    list.check(`structure.${id}`, title, ok, { spec: SPEC, ...details });
  };
  rule('version', 'the version is known', version >= 2 && version <= 5, {
    ...{ range: rangeOf('version'), expected: '2 to 5', actual: String(version) },
    remedy: 'use a verifier that knows the version',
  });
  rule(
    'algorithm',
    'the signature algorithm is ECDSA P-384 with SHA-384',
    value.signatureAlgo === ECDSA_P384_SHA384,
    {
      ...{ range: rangeOf('signatureAlgo'), expected: '1', actual: String(value.signatureAlgo) },
    },
  );
  rule('reserved', 'reserved bytes are zero', clean, {
    ...(clean ? {} : detailsOf(report.decoded.issues, 'layout.reserved-not-zero')),
    remedy: 'the report was altered, or its version has fields that are not known',
  });
  rule('policy', 'bit 17 of POLICY is one', (value.policy.flags & (1 << POLICY_FLAGS.MUST_BE_ONE)) !== 0, {
    ...{ range: rangeOf('policy'), remedy: 'no firmware makes such a report' },
  });
  const { signingKey } = keyInfoOf(value);
  rule('signing-key', 'a VCEK or VLEK signed', signingKey === 'vcek' || signingKey === 'vlek', {
    ...{ range: rangeOf('keyInfo'), expected: 'vcek or vlek', actual: signingKey },
    remedy: 'let the host use a VCEK or load a VLEK: MASK_CHIP_KEY leaves reports unsigned',
  });
  rule('vmpl', 'the privilege level exists', value.vmpl <= 3, {
    ...{ range: rangeOf('vmpl'), expected: '0 to 3', actual: String(value.vmpl) },
  });
  return value;
}
