/** What Intel's services publish for a platform, made for the simulated one under the test root. Spec: Intel PCS API v4. */
import { concat, toHex, utf8Bytes, type Launch, type MintedCollateral, type ModelTools } from '@tsm/core';
import { encode } from '@tsm/core/layout';
import {
  authorityKeyIdentifier,
  basicConstraints,
  encodeCrl,
  encodeDer,
  keyUsage,
  parseCertificate,
} from '@tsm/evidence';
import type { Sign } from './keys.ts';
import { SgxAttributes } from './layout/attributes.ts';
import { certificate, party, pemOf, type Party, type TestPki } from './pki.ts';
import { FMSPC, NEWEST_TCB, PCE_ID, QUOTING_ENCLAVE, type TdxPlatform } from './platform.ts';

/** How long Intel's collateral holds. */
const DAYS = 30;
const DAY_MS = 86_400_000;
const CRL_NUMBER = '2.5.29.20';
const EVALUATION_DATA_NUMBER = 17;
/** Advisories with numbers that Intel does not give. */
const ADVISORIES = ['TSM-SA-00001'];

/** What each PCESVN below the newest stands for, so that every status can be minted. Below the last: no level. */
const LEVELS_BY_PCE = [
  { pceSvn: NEWEST_TCB.pceSvn, tcbStatus: 'UpToDate' },
  { pceSvn: 10, tcbStatus: 'SWHardeningNeeded' },
  { pceSvn: 9, tcbStatus: 'ConfigurationNeeded' },
  { pceSvn: 8, tcbStatus: 'ConfigurationAndSWHardeningNeeded' },
  { pceSvn: 7, tcbStatus: 'OutOfDate' },
  { pceSvn: 6, tcbStatus: 'OutOfDateConfigurationNeeded' },
  { pceSvn: 5, tcbStatus: 'Revoked' },
] as const;

/** The same for the ISVSVN of the TDX module and of the quoting enclave, counted from the newest down. */
const LEVELS_BY_SVN = ['UpToDate', 'OutOfDate', 'Revoked'] as const;

/** As Intel writes dates: to the second. */
function dateText(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}

const upperHex = (bytes: Uint8Array): string => toHex(bytes).toUpperCase();

interface Period {
  readonly from: Date;
  readonly to: Date;
}

function dated({ from, to }: Period) {
  return { issueDate: dateText(from), nextUpdate: dateText(to) };
}

function level(tcb: object, tcbStatus: string, { from }: Period) {
  const advisories = tcbStatus === 'UpToDate' ? {} : { advisoryIDs: ADVISORIES };
  return { tcb, tcbDate: dateText(from), tcbStatus, ...advisories };
}

function svnLevels(newest: number, period: Period) {
  return LEVELS_BY_SVN.map((status, i) => level({ isvsvn: newest - i }, status, period));
}

/** Signer and attributes of Intel's modules. */
const TDX_MODULE = {
  mrsigner: '0'.repeat(96),
  attributes: '0'.repeat(16),
  attributesMask: 'F'.repeat(16),
};

function tcbInfo(period: Period) {
  const { cpuSvn, teeTcbSvn } = NEWEST_TCB;
  const [isvSvn = 0, majorVersion = 0] = teeTcbSvn;
  const components = (svns: Uint8Array) => Array.from(svns, (svn) => ({ svn }));
  // A module of this major version has levels of its own, so that the platform's ask for none.
  const tdx = teeTcbSvn.map((svn, i) => (i === 1 ? 0 : svn));
  const svns = { sgxtcbcomponents: components(cpuSvn), tdxtcbcomponents: components(tdx) };
  return {
    ...{ id: 'TDX', version: 3, ...dated(period), fmspc: upperHex(FMSPC), pceId: upperHex(PCE_ID) },
    ...{ tcbType: 0, tcbEvaluationDataNumber: EVALUATION_DATA_NUMBER, tdxModule: TDX_MODULE },
    tdxModuleIdentities: [
      { id: `TDX_0${String(majorVersion)}`, ...TDX_MODULE, tcbLevels: svnLevels(isvSvn, period) },
    ],
    tcbLevels: LEVELS_BY_PCE.map(({ pceSvn, tcbStatus }) =>
      level({ ...svns, pcesvn: pceSvn }, tcbStatus, period),
    ),
  };
}

function qeIdentity(period: Period, { digests }: ModelTools) {
  const { isvProdId, attributes, mrSigner } = QUOTING_ENCLAVE;
  return {
    ...{ id: 'TD_QE', version: 2, ...dated(period), tcbEvaluationDataNumber: EVALUATION_DATA_NUMBER },
    ...{ miscselect: '0'.repeat(8), miscselectMask: 'F'.repeat(8) },
    // The mask is Intel's: all of FLAGS but its reserved bit 2, nothing of XFRM.
    attributes: upperHex(encode(SgxAttributes, { flags: attributes.flags & ~4n, xfrm: new Uint8Array(8) })),
    attributesMask: `FB${'F'.repeat(14)}${'0'.repeat(16)}`,
    ...{ mrsigner: upperHex(mrSigner(digests)), isvprodid: isvProdId },
    tcbLevels: svnLevels(NEWEST_TCB.qeIsvSvn, period),
  };
}

/** `{"name":{…},"signature":"…"}`, signed over the text of the inner object. */
function signedJson(name: string, value: object, sign: Sign): Uint8Array {
  const text = JSON.stringify(value);
  return utf8Bytes(`{"${name}":${text},"signature":"${toHex(sign(utf8Bytes(text)))}"}`);
}

function revocationList(issuer: Party, { from, to }: Period, serials: readonly bigint[]): Uint8Array {
  const number = { oid: CRL_NUMBER, critical: false, value: encodeDer({ kind: 'integer', value: 1n }) };
  const template = {
    ...{ issuer: issuer.name, thisUpdate: from, nextUpdate: to },
    revoked: serials.map((serial) => ({ serial, date: from })),
    extensions: [number, authorityKeyIdentifier(issuer.keyId)],
  };
  return encodeCrl(template, issuer.sign);
}

/** TCB info, QE identity, both revocation lists and the chains that sign them; each signature is made anew. */
export function mintCollateral(
  { root, platformCa, pck, issuers }: TestPki,
  { seed, now }: Launch,
  tools: ModelTools,
  { pckRevoked, certification }: TdxPlatform,
): MintedCollateral {
  const period = { from: now, to: new Date(now.getTime() + DAYS * DAY_MS) };
  const signer = party(seed, 'TSM test SGX TCB Signing', tools);
  const use = [keyUsage('digitalSignature', 'nonRepudiation'), basicConstraints(false)];
  const signing = certificate(signer, issuers.root, now, 7, use);
  const tcbChain = concat(pemOf(signing), pemOf(root));
  const serial = parseCertificate(pck).certificate?.serial;
  const revoked = pckRevoked && serial !== undefined ? [serial] : [];
  const files = {
    'tcb.json': signedJson('tcbInfo', tcbInfo(period), signer.sign),
    'tcb-info-issuer-chain.pem': tcbChain,
    'qe-identity.json': signedJson('enclaveIdentity', qeIdentity(period, tools), signer.sign),
    'sgx-enclave-identity-issuer-chain.pem': tcbChain,
    'pckcrl.der': revocationList(issuers.ca, period, revoked),
    'sgx-pck-crl-issuer-chain.pem': concat(pemOf(platformCa), pemOf(root)),
    'rootcacrl.der': revocationList(issuers.root, period, []),
  };
  // A quote without the certificate leaves it to the PCK certificate service.
  const pckCert = certification === 5 ? {} : { 'pckcert.pem': pemOf(pck) };
  return { files: { ...files, ...pckCert }, trustAnchors: [root] };
}
