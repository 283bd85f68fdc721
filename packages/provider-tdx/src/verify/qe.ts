/** The quoting enclave: its report is signed by the PCK key, binds the attestation key, and is of the identity that Intel publishes. Source: Intel TDX DCAP Quoting Library API, A.3; Intel SGX DCAP QVL, QuoteVerifier. */
import { concat, toHex } from '@tsm/core';
import { decodeStrict, encode } from '@tsm/core/layout';
import type { CheckList } from '@tsm/evidence';
import { SgxReportBody } from '../layout/sgx-report.ts';
import { SgxAttributes } from '../layout/attributes.ts';
import type { QuoteParts } from '../quote-parts.ts';
import type { Pck } from './certificates.ts';
import { rangeOf, type TdxContext } from './context.ts';
import { masked, qeStatus, sameUnderMask, type QeIdentity } from './qe-identity.ts';
import { svnLevel, type SvnLevel } from './tcb-info.ts';
import type { ModuleStatus } from './tcb-status.ts';

const SPEC = 'Intel TDX DCAP Quoting Library API, A.3';
const IDENTITY = 'Intel PCS API v4, Enclave Identity v2';

/** The PCK key signs the QE report. */
export async function checkQeSignature(
  checks: CheckList,
  { qeReport, qeReportSignature }: QuoteParts,
  pck: Pck | undefined,
  { verifier }: TdxContext,
): Promise<void> {
  const title = 'the PCK key signed the QE report';
  const details = { spec: SPEC, ...rangeOf(qeReport) };
  if (!pck) {
    checks.skip('qe.signature', title, { ...details, remedy: 'give the PCK certificate chain' });
    return;
  }
  const { spki } = pck.certificate.publicKey;
  const good = await verifier.verify('ecdsa-p256-sha256', spki, qeReportSignature.bytes, qeReport.bytes);
  checks.check('qe.signature', title, good, {
    ...{ ...details, expected: `a signature of ${pck.certificate.subject}` },
    actual: toHex(qeReportSignature.bytes),
    remedy: 'the QE report was altered, or is of another platform: take a new quote',
  });
}

/** The QE report binds the attestation key. */
export function checkQeBinding(
  checks: CheckList,
  { qeReport, attestationKey, qeAuthData }: QuoteParts,
  { digests }: TdxContext,
): void {
  const bound = digests.digest('sha256', concat(attestationKey.bytes, qeAuthData.bytes));
  const { reportData } = decodeStrict(SgxReportBody, qeReport.bytes);
  checks.equal(
    'qe.binding',
    'the QE report binds the attestation key',
    concat(bound, new Uint8Array(32)),
    reportData,
    {
      ...{ spec: SPEC, range: { offset: qeReport.offset + 320, length: 64 } },
      remedy: 'the attestation key or the QE authentication data was exchanged: take a new quote',
    },
  );
}

/** Status of the quoting enclave, and the level that it reaches. */
export interface QeTcb {
  readonly status: ModuleStatus | 'NotSupported';
  readonly level: SvnLevel | undefined;
}

/** The enclave is the one of the identity: then its status. */
export function checkQeIdentity(
  checks: CheckList,
  { qeReport }: QuoteParts,
  identity: QeIdentity | undefined,
): QeTcb | undefined {
  const title = 'the quoting enclave is the one that Intel publishes';
  if (!identity) {
    checks.skip('qe.identity', title, { spec: IDENTITY, remedy: 'give the QE identity, signed by Intel' });
    return undefined;
  }
  const list = checks.group('qe.identity', title, { spec: IDENTITY, ...rangeOf(qeReport) });
  const report = decodeStrict(SgxReportBody, qeReport.bytes);
  const fields = [
    {
      ...{ name: 'miscselect', actual: qeReport.bytes.slice(16, 20) },
      ...{ mask: identity.miscSelectMask, expected: identity.miscSelect },
    },
    {
      ...{ name: 'attributes', actual: encode(SgxAttributes, report.attributes) },
      ...{ mask: identity.attributesMask, expected: identity.attributes },
    },
    {
      ...{ name: 'mrsigner', actual: report.mrSigner },
      ...{ mask: new Uint8Array(32).fill(0xff), expected: identity.mrSigner },
    },
  ];
  for (const { name, actual, mask, expected } of fields) {
    list.check(`qe.identity.${name}`, `${name} is as published`, sameUnderMask(actual, mask, expected), {
      ...{ spec: IDENTITY, expected: toHex(expected), actual: toHex(masked(actual, mask)) },
    });
  }
  const { isvProdId, isvSvn } = report;
  list.check('qe.identity.isvprodid', 'isvprodid is as published', isvProdId === identity.isvProdId, {
    ...{ spec: IDENTITY, expected: String(identity.isvProdId), actual: String(isvProdId) },
  });
  if (list.failed) return undefined;
  const level = svnLevel(identity.levels, isvSvn);
  return { status: qeStatus(level), level };
}
