/** The TD quoting enclave: turns a TDREPORT into a quote. Spec: Intel TDX DCAP Quoting Library API, A.3. */
import { concat, type Launch, type ModelTools } from '@tsm/core';
import { encode, sizeOf, type Infer } from '@tsm/core/layout';
import { INTEL_QE_VENDOR_ID } from './evidence.ts';
import { derive, deriveKeyPair } from './keys.ts';
import {
  CERTIFICATION,
  QeReportCertificationData,
  type CertificationData,
} from './layout/certification-data.ts';
import {
  BODY_TYPE,
  KEY_TYPE,
  QuoteV4,
  QuoteV5,
  SignedQuoteV4,
  SignedQuoteV5,
  TdQuoteBody10,
  TdQuoteBody15,
  TEE_TYPE,
} from './layout/quote.ts';
import { SgxReportBody } from './layout/sgx-report.ts';
import type { TdReport } from './layout/td-report.ts';
import { createTestPki } from './pki.ts';
import { CPU_SVN, QUOTING_ENCLAVE } from './platform.ts';

/** Version of the quotes, and of the TD that a version 5 quote describes; version 4 always describes TD 1.0. */
export interface QuoteForm {
  readonly quoteVersion: 4 | 5;
  readonly tdVersion: '1.0' | '1.5';
}

/** The quote over a TDREPORT; one signature each. */
export type Quote = (report: Infer<typeof TdReport>) => Uint8Array;

const zeros = (size: number): Uint8Array => new Uint8Array(size);

/** The enclave's own report. `bound`: what its report data is the SHA-256 of. */
function qeReport(bound: Uint8Array, { digests }: ModelTools): Infer<typeof SgxReportBody> {
  const { isvProdId, isvSvn, miscSelect, attributes, mrEnclave, mrSigner } = QUOTING_ENCLAVE;
  return {
    cpuSvn: CPU_SVN,
    miscSelect,
    reserved1: zeros(12),
    isvExtProdId: zeros(16),
    attributes,
    mrEnclave: mrEnclave(digests),
    reserved2: zeros(32),
    mrSigner: mrSigner(digests),
    reserved3: zeros(32),
    configId: zeros(64),
    isvProdId,
    isvSvn,
    configSvn: 0,
    reserved4: zeros(42),
    isvFamilyId: zeros(16),
    reportData: concat(digests.digest('sha256', bound), zeros(32)),
  };
}

/** What every quote of this platform carries: the QE report that binds the attestation key, and its PCK chain. */
function certify(
  attestationKey: Uint8Array,
  launch: Launch,
  tools: ModelTools,
): Infer<typeof CertificationData> {
  const { chain, signWithPck } = createTestPki(launch, tools);
  const report = qeReport(concat(attestationKey, QUOTING_ENCLAVE.authData), tools);
  const data = {
    qeReport: report,
    qeReportSignature: signWithPck(encode(SgxReportBody, report)),
    qeAuthData: QUOTING_ENCLAVE.authData,
    certificationData: { type: CERTIFICATION.PCK_CERT_CHAIN, size: chain.length, data: chain },
  };
  return { type: CERTIFICATION.QE_REPORT, size: encode(QeReportCertificationData, data).length, data };
}

/** Keys and certificates are made here, once. */
export function createQuotingEnclave(
  launch: Launch,
  tools: ModelTools,
  { quoteVersion, tdVersion }: QuoteForm,
): Quote {
  const { point, sign } = deriveKeyPair(launch.seed, 'attestation key', tools.signer);
  const attestationKey = point.slice(1);
  const certificationData = certify(attestationKey, launch, tools);
  const header = {
    version: quoteVersion,
    keyType: KEY_TYPE.ECDSA_P256,
    teeType: TEE_TYPE.TDX,
    reserved: zeros(4),
    qeVendorId: INTEL_QE_VENDOR_ID,
    userData: concat(derive(launch.seed, 'QE platform id', 16), zeros(4)),
  };
  const kind =
    tdVersion === '1.0'
      ? { bodyType: BODY_TYPE.TD_1_0, bodySize: sizeOf(TdQuoteBody10) }
      : { bodyType: BODY_TYPE.TD_1_5, bodySize: sizeOf(TdQuoteBody15) };

  return ({ mac, teeTcbInfo, tdInfo }) => {
    const body = { ...teeTcbInfo, ...tdInfo, mrServiceTd: tdInfo.servtdHash, reportData: mac.reportData };
    const v4 = { header, body };
    const v5 = { header, ...kind, body };
    const signed = quoteVersion === 4 ? encode(SignedQuoteV4, v4) : encode(SignedQuoteV5, v5);
    const authData = { signature: sign(signed), attestationKey, certificationData };
    return quoteVersion === 4 ? encode(QuoteV4, { ...v4, authData }) : encode(QuoteV5, { ...v5, authData });
  };
}
