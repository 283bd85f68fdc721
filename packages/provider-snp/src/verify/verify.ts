/** Verification of SEV-SNP evidence, from its form to AMD's root. Spec: AMD SEV-SNP ABI (56860), §7.3; AMD KDS interface (57230). */
import { portableDigests, type Verdict, type VerifyOptions } from '@tsm/core';
import {
  checkCollateral,
  CheckList,
  orderChain,
  verifyChain,
  webCryptoVerifier,
  type Certificate,
  type ChainContext,
} from '@tsm/evidence';
import { allowsDebug } from '../claims.ts';
import { decodeEvidence, type SnpEvidence } from '../evidence.ts';
import { SIGNED_SIZE, type AttestationReport } from '../layout/report.ts';
import { rawSignature } from '../little-endian.ts';
import type { ReadReport } from '../reading.ts';
import { notAbove, tcbOf, tcbText } from '../tcb.ts';
import { vekKind } from '../vek-extension.ts';
import { checkAzure } from './azure.ts';
import { checkReportData } from './binding.ts';
import { collateralOf, ownCertificates, type SnpCollateralFiles } from './collateral.ts';
import { checkSigningKey } from './signing-key.ts';
import { checkStructure } from './structure.ts';
import { AMD_ROOTS } from './trust-anchors.ts';

const ABI = 'AMD SEV-SNP ABI (56860)';

type Context = Required<Pick<VerifyOptions, 'digests' | 'verifier'>> & { readonly options: VerifyOptions };

/** Names of the chain, and which of its issuers publishes a list: the ARK does. */
const NAMES = { vcek: ['VCEK', 'ASK', 'ARK'], vlek: ['VLEK', 'ASVK', 'ARK'] };
const CRLS = [undefined, 'crl'];

async function checkChain(
  checks: CheckList,
  vek: Certificate,
  pool: readonly Certificate[],
  { crls }: SnpCollateralFiles,
  { options, digests, verifier }: Context,
): Promise<void> {
  const { now, trustAnchors, cache, requireCrl = false } = options;
  // A list that was given counts: if it is not the root's, revocation is open, not passed over.
  const given = crls.some(({ signature }) => signature.scheme === 'rsa-pss-sha384');
  const context: ChainContext = {
    ...{ now, crls, verifier, cache, digests, requireCrl: requireCrl || given },
    revocation: 'optional',
    anchors: trustAnchors ?? AMD_ROOTS,
  };
  await verifyChain(checks, orderChain(pool, vek), context, {
    names: NAMES[vekKind(vek) ?? 'vcek'],
    crls: CRLS,
  });
}

/** Runs beside the chain: both are signatures, and neither waits for the other. */
function verifySignature(
  { source, offset }: SnpEvidence,
  report: AttestationReport,
  { publicKey }: Certificate,
  { verifier }: Context,
): Promise<boolean> {
  const signed = source.subarray(offset, offset + SIGNED_SIZE);
  return verifier.verify('ecdsa-p384-sha384', publicKey.spki, rawSignature(report.signature), signed);
}

/** `good`: undefined where there is no certificate to verify with. */
function checkSignature(checks: CheckList, { offset }: SnpEvidence, good: boolean | undefined): void {
  const title = 'the report is signed by that key';
  const details = { spec: `${ABI} §7.3`, range: { offset, length: SIGNED_SIZE } };
  if (good === undefined) {
    checks.skip('report.signature', title, { ...details, remedy: 'give the certificate of the signing key' });
    return;
  }
  checks.check('report.signature', title, good, {
    ...details,
    expected: 'ECDSA P-384 with SHA-384',
    actual: good ? 'verifies' : 'the signature does not verify',
    remedy: 'the report was altered, or the certificate is that of another key',
  });
}

/** What AMD's firmware guarantees of the three versions; none is a level of trust by itself. */
function checkTcb(checks: CheckList, report: AttestationReport, { rangeOf }: ReadReport): void {
  const [reported, committed, current] = [report.reportedTcb, report.committedTcb, report.currentTcb].map(
    tcbOf,
  );
  if (!reported || !committed || !current) return;
  const ordered = notAbove(reported, committed) && notAbove(committed, current);
  checks.check('tcb.level', 'REPORTED_TCB is not above COMMITTED_TCB, nor that above CURRENT_TCB', ordered, {
    ...{ spec: `${ABI} §3.3`, range: rangeOf('reportedTcb') },
    expected: `at most ${tcbText(committed)}, and that at most ${tcbText(current)}`,
    actual: tcbText(reported),
  });
  checks.notChecked('tcb.minimum', 'AMD publishes no list of levels: a policy must say which TCB is enough');
}

/** POLICY is the owner's choice and genuine either way: whether debugging is acceptable is for a policy to say. */
function checkDebug(checks: CheckList, report: AttestationReport, { rangeOf }: ReadReport): void {
  if (allowsDebug(report)) {
    const reason =
      'POLICY allows DEBUG: the host may read all of the guest; a policy refuses that by default';
    checks.notChecked('debug', reason);
    return;
  }
  checks.check('debug', 'the host may not debug the guest', true, {
    ...{ spec: `${ABI} §4.3`, range: rangeOf('policy') },
    ...{ expected: 'POLICY without DEBUG', actual: 'DEBUG is not allowed' },
  });
}

/** Verifies a report, alone or with certificates, or Azure's evidence. The default roots are AMD's. */
export async function verifySnp(bytes: Uint8Array, options: VerifyOptions): Promise<Verdict> {
  const { digests = portableDigests, cache } = options;
  const { verifier = cache ? webCryptoVerifier(cache) : webCryptoVerifier() } = options;
  const context: Context = { digests, verifier, options };
  const checks = new CheckList();
  const evidence = decodeEvidence(bytes);
  const report = checkStructure(checks, evidence);
  if (!report) return checks.verdict('snp');
  const collateral = collateralOf(options.collateral ?? [], digests, cache);
  if (options.collateral) checkCollateral(checks, collateral);
  // The caller's own certificates go before those that came with the evidence.
  const pool = [...collateral.certificates, ...ownCertificates(evidence, digests, cache)];
  const vek = checkSigningKey(checks, pool, report, evidence.report);
  const [good] = await Promise.all([
    vek && verifySignature(evidence, report, vek, context),
    vek && checkChain(checks, vek, pool, collateral, context),
  ]);
  checkSignature(checks, evidence, good);
  checkTcb(checks, report, evidence.report);
  checkDebug(checks, report, evidence.report);
  if (evidence.azure) await checkAzure(checks, evidence.azure, report, context);
  const { manifests } = collateral;
  checkReportData(checks, evidence, report, { given: options.reportData, manifests, digests });
  checks.notChecked(
    'policy',
    'no reference values: whether MEASUREMENT is a good one is for a policy to say',
  );
  return checks.verdict('snp');
}
