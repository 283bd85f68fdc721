/** Verifies TDX evidence to a trust root. Order of checks: Intel SGX DCAP QVL, sgxAttestationVerifyQuote. */
import { concat, conclude, toHex, type NotChecked, type Verdict, type VerifyOptions } from '@tsm/core';
import { CheckList } from '@tsm/evidence';
import { isTdReport } from '../evidence.ts';
import type { Part, QuoteParts } from '../quote-parts.ts';
import { tdBody } from '../td-body.ts';
import { contextOf, rangeOf, type TdxContext } from './context.ts';
import { platformOf, type Platform } from './platform.ts';
import { checkStructure } from './structure.ts';
import { checkTcb } from './tcb.ts';
import { NEVER } from './tcb-status.ts';
import { checkTdAttributes } from './td-attributes.ts';
import { verifyTdReport } from './td-report.ts';

const SPEC = 'Intel TDX DCAP Quoting Library API, A.3';

/** What no verdict on a quote alone can say. */
function noteUnchecked(checks: CheckList): void {
  checks.notChecked('policy', 'measurement registers: compare them with reference values (appraise)');
  checks.notChecked('event-log', 'what the runtime registers were extended with: replay the event log');
}

async function checkQuoteSignature(
  checks: CheckList,
  { signed, signature }: QuoteParts,
  { attestationKey }: Platform,
  { verifier }: TdxContext,
): Promise<boolean> {
  const good = await verifier.verify('ecdsa-p256-sha256', attestationKey, signature.bytes, signed.bytes);
  return checks.check('quote.signature', 'the attestation key signed header and body', good, {
    ...{ spec: SPEC, ...rangeOf(signed) },
    ...(!good && { expected: 'a signature of the attestation key', actual: toHex(signature.bytes) }),
    remedy: 'the quote was altered after it was signed: take a new one',
  });
}

/** Padded with zeros at the end, as configfs-tsm and quoting libraries do with short input. */
function checkReportData(checks: CheckList, part: Part, wanted: Uint8Array | undefined): void {
  if (!wanted) {
    checks.notChecked('report.data', 'no report data was given to compare with: freshness is not shown');
    return;
  }
  const size = part.bytes.length;
  const padded = concat(wanted, new Uint8Array(Math.max(0, size - wanted.length)));
  checks.equal('report.data', 'the quote binds the report data', padded, part.bytes, {
    ...{ spec: 'Intel TDX Module ABI, TDG.MR.REPORT', ...rangeOf(part) },
    remedy: 'the quote answers another request, or an older one: take a new one over this data',
  });
}

/** Statuses that pass: as the caller says, but never one that says that nothing can be relied on. */
function acceptedBy({ acceptTcb = ['UpToDate'] }: VerifyOptions): readonly string[] {
  return acceptTcb.filter((status) => !NEVER.has(status));
}

async function verifyQuote(bytes: Uint8Array, options: VerifyOptions): Promise<Verdict> {
  const unchecked: NotChecked[] = [];
  const checks = new CheckList(unchecked);
  const quote = checkStructure(checks, bytes);
  if (!quote) {
    checks.notChecked('quote', 'all else: what cannot be read cannot be checked');
    return checks.verdict('tdx');
  }
  const context = contextOf(options);
  const platform = await platformOf(quote, context, options.cache);
  unchecked.push(...platform.notChecked);
  const own = new CheckList(unchecked);
  const body = tdBody(quote);
  const signed = await checkQuoteSignature(own, quote, platform, context);
  const tcbStatus = checkTcb(own, body, { platform, signed, accepted: acceptedBy(options) });
  checkTdAttributes(own, body.tdAttributes, body.xfam);
  checkReportData(own, body.reportData, options.reportData);
  noteUnchecked(own);
  const all = [...checks.checks, ...platform.checks, ...own.checks];
  const verdict = { technology: 'tdx', ...conclude(all, unchecked) };
  return tcbStatus === undefined ? verdict : { ...verdict, tcbStatus };
}

/** A verdict on a quote or a TDREPORT. Never throws on data. */
export async function verifyTdx(bytes: Uint8Array, options: VerifyOptions): Promise<Verdict> {
  return isTdReport(bytes) ? verifyTdReport(bytes) : verifyQuote(bytes, options);
}
