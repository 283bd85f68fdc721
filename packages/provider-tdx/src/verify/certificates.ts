/** The PCK certificate and its chain. Source: Intel SGX PCK Certificate and CRL Profile Specification; Intel SGX DCAP QVL, verifyPCKCertificate. */
import { equalBytes } from '@tsm/core';
import { orderChain, parseCertificates, verifyChain, type Certificate, type CheckList } from '@tsm/evidence';
import { CERTIFICATION } from '../layout/certification-data.ts';
import { pckExtension, SGX_EXTENSION, type PckExtension } from '../pck-extension.ts';
import type { QuoteParts } from '../quote-parts.ts';
import { rangeOf, type TdxContext } from './context.ts';

const PCK_NAME = 'SGX PCK Certificate';
const PROFILE = 'Intel SGX PCK Certificate and CRL Profile Specification, §1.3';

/** The PCK certificate of a quote, not verified yet, and what it says about the platform. */
export interface Pck {
  readonly certificate: Certificate;
  readonly extension: PckExtension | undefined;
  /** Why the certificate, or the chain that the quote carries, cannot be used. */
  readonly reason: string | undefined;
  /** The certificate first, then those above it. */
  readonly chain: readonly Certificate[];
  /** It stands in the quote, and not in the collateral. */
  readonly carried: boolean;
}

/** What the quote carries: with type 5 a chain, with type 4 a leaf. Nothing where the data is no PEM at all. */
function carriedBy({ pckType, pckData }: QuoteParts) {
  const none = { certificates: [], issues: [] };
  if (pckType !== CERTIFICATION.PCK_CERT_CHAIN && pckType !== CERTIFICATION.PCK_CLEARTEXT) return none;
  const read = parseCertificates(pckData.bytes, { path: 'pckData', offset: pckData.offset });
  return read.certificates.length > 0 ? read : none;
}

/** Of several PCK certificates in the collateral, the one whose key signed the QE report. */
async function signerOf(
  candidates: readonly Certificate[],
  { qeReport, qeReportSignature }: QuoteParts,
  { verifier }: TdxContext,
): Promise<Certificate | undefined> {
  for (const candidate of candidates) {
    const { spki } = candidate.publicKey;
    if (await verifier.verify('ecdsa-p256-sha256', spki, qeReportSignature.bytes, qeReport.bytes))
      return candidate;
  }
  return candidates[0];
}

/** Intel's quoting library puts leaf, CA and root into a quote: fewer or others were put there by somebody else. */
function chainBreach(carried: readonly Certificate[], chain: readonly Certificate[]): string | undefined {
  const root = chain.at(-1);
  if (carried.length < 2 || !root) return undefined;
  if (chain.length !== carried.length)
    return `of ${String(carried.length)} certificates in the quote only ${String(chain.length)} are a chain`;
  return equalBytes(root.subjectDer, root.issuerDer) ? undefined : 'the chain in the quote ends below a root';
}

/** What the quote carries goes first; only without it does the collateral decide. Undefined where neither has one. */
export async function findPck(quote: QuoteParts, context: TdxContext): Promise<Pck | undefined> {
  const inQuote = carriedBy(quote);
  const [leaf, ...above] = inQuote.certificates;
  const others = context.collateral.certificates;
  const known = others.filter(({ extensions }) => extensions.has(SGX_EXTENSION));
  const certificate = leaf ?? (await signerOf(known, quote, context));
  if (!certificate) return undefined;
  const { extension, issues } = pckExtension(certificate);
  // A chain that is carried stands for itself: nothing from elsewhere repairs it.
  const chain = orderChain(above.length > 0 ? above : others, certificate);
  const reason = [...inQuote.issues, ...issues][0]?.message ?? chainBreach(inQuote.certificates, chain);
  return { certificate, extension, chain, reason, carried: leaf !== undefined };
}

/** Chain, revocation, and what makes the leaf a PCK certificate. True when it leads to an anchor and nothing failed. */
export async function checkPckChain(
  checks: CheckList,
  pck: Pck | undefined,
  { pckData }: QuoteParts,
  { chain: context }: TdxContext,
): Promise<boolean> {
  const anchored = await verifyChain(checks, pck?.chain ?? [], context, { crls: ['pck-crl', 'root-crl'] });
  if (!pck) return false;
  const { certificate, reason, carried } = pck;
  const named = certificate.subject.includes(PCK_NAME);
  const good = checks.check(
    'certificates.pck',
    'the leaf is a PCK certificate',
    named && reason === undefined,
    {
      ...{
        spec: PROFILE,
        ...(carried && rangeOf(pckData)),
        expected: `CN with "${PCK_NAME}", and the SGX extension`,
      },
      actual: reason ?? certificate.subject,
    },
  );
  return anchored && good;
}
