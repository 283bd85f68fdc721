/** The TD quoting enclave: turns a TDREPORT into a quote. Spec: Intel TDX DCAP Quoting Library API, A.3. */
import { concat, type Launch, type ModelTools } from '@tsm/core';
import { encode, sizeOf, type Infer } from '@tsm/core/layout';
import { INTEL_QE_VENDOR_ID } from './evidence.ts';
import { derive, deriveKeyPair } from './keys.ts';
import {
  CERTIFICATION,
  PpidCleartext,
  PpidRsa2048,
  PpidRsa3072,
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
import type { TestPki } from './pki.ts';
import { QUOTING_ENCLAVE, type PlatformTcb, type TdxPlatform } from './platform.ts';

/** Version of the quotes, and of the TD that a version 5 quote describes; version 4 always describes TD 1.0. */
export interface QuoteForm {
  readonly quoteVersion: 4 | 5;
  readonly tdVersion: '1.0' | '1.5';
}

/** The quote over a TDREPORT; one signature each. */
export type Quote = (report: Infer<typeof TdReport>) => Uint8Array;

const zeros = (size: number): Uint8Array => new Uint8Array(size);

/** The enclave's own report. `bound`: what its report data is the SHA-256 of. */
function qeReport(bound: Uint8Array, tcb: PlatformTcb, { digests }: ModelTools): Infer<typeof SgxReportBody> {
  const { isvProdId, miscSelect, attributes, mrEnclave, mrSigner } = QUOTING_ENCLAVE;
  return {
    cpuSvn: tcb.cpuSvn,
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
    isvSvn: tcb.qeIsvSvn,
    configSvn: 0,
    reserved4: zeros(42),
    isvFamilyId: zeros(16),
    reportData: concat(digests.digest('sha256', bound), zeros(32)),
  };
}

/** The platform as its quotes show it. */
interface Enclave {
  readonly form: QuoteForm;
  readonly platform: TdxPlatform;
  readonly pki: TestPki;
}

/** What the quote says of its PCK certificate. Encrypted PPIDs and the manifest are random: only Intel can read them. */
function pckData({ tcb, certification }: TdxPlatform, pki: TestPki, seed: Uint8Array) {
  const opaque = (size: number): Uint8Array =>
    derive(seed, `certification data ${String(certification)}`, size);
  const whole = (data: Uint8Array) => ({ size: data.length, data });
  const named = (layout: typeof PpidCleartext, ppid: Uint8Array) => ({
    size: sizeOf(layout),
    data: { ppid, cpuSvn: tcb.cpuSvn, pceSvn: tcb.pceSvn, pceId: 0 },
  });
  switch (certification) {
    case CERTIFICATION.PPID_CLEARTEXT:
      return named(PpidCleartext, pki.ppid);
    case CERTIFICATION.PPID_RSA2048_ENCRYPTED:
      return named(PpidRsa2048, opaque(256));
    case CERTIFICATION.PPID_RSA3072_ENCRYPTED:
      return named(PpidRsa3072, opaque(384));
    case CERTIFICATION.PCK_CLEARTEXT:
      return whole(pki.pckPem);
    case CERTIFICATION.PCK_CERT_CHAIN:
      return whole(pki.chain);
    case CERTIFICATION.PLATFORM_MANIFEST:
      return whole(opaque(128));
  }
}

/** What every quote of this platform carries: the QE report that binds the attestation key, and its PCK certificate. */
function certify(
  attestationKey: Uint8Array,
  { seed }: Launch,
  tools: ModelTools,
  { platform, pki }: Enclave,
): Infer<typeof CertificationData> {
  const report = qeReport(concat(attestationKey, QUOTING_ENCLAVE.authData), platform.tcb, tools);
  const data = {
    qeReport: report,
    qeReportSignature: pki.signWithPck(encode(SgxReportBody, report)),
    qeAuthData: QUOTING_ENCLAVE.authData,
    certificationData: { type: platform.certification, ...pckData(platform, pki, seed) },
  };
  return { type: CERTIFICATION.QE_REPORT, size: encode(QeReportCertificationData, data).length, data };
}

/** Keys and certificates are made here, once. */
export function createQuotingEnclave(launch: Launch, tools: ModelTools, enclave: Enclave): Quote {
  const { quoteVersion, tdVersion } = enclave.form;
  const { point, sign } = deriveKeyPair(launch.seed, 'attestation key', tools.signer);
  const attestationKey = point.slice(1);
  const certificationData = certify(attestationKey, launch, tools, enclave);
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
