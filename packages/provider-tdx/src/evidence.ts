/** TDX evidence, decoded: quotes of version 4 and 5, and TDREPORTs. Nothing is verified here: every value is a claim. */
import {
  equalBytes,
  fromHex,
  isFilledWith,
  portableDigests,
  toHex,
  type Claims,
  type Evidence,
  type EvidenceFormat,
  type Issue,
} from '@tsm/core';
import { decode, encode, nodeOf, type Decoded, type Layout, type Node } from '@tsm/core/layout';
import { parseCertificates, type Certificate } from '@tsm/evidence';
import { quoteClaims, tdClaims } from './claims.ts';
import { TDX_ISSUES } from './issues.ts';
import { CERTIFICATION } from './layout/certification-data.ts';
import { BODY_TYPE, KEY_TYPE, OtherQuote, QuoteHeader, QuoteV4, QuoteV5, TEE_TYPE } from './layout/quote.ts';
import { ReportMac, TDX_REPORT_TYPE, TdInfo, TdReport, TeeTcbInfo } from './layout/td-report.ts';
import { readQuoteParts } from './quote-parts.ts';
import { REGISTERS } from './registers.ts';

/** QE vendor id of Intel's quoting enclaves. */
export const INTEL_QE_VENDOR_ID = fromHex('939a7233f79c4ca9940a0db3957f0607') ?? new Uint8Array(16);

/** Where a quote says how its PCK key is certified. */
const PCK_CERTIFICATION = 'authData.data.certificationData.data.certificationData';

const QUOTES: ReadonlyMap<number | undefined, Layout<unknown>> = new Map<number, Layout<unknown>>([
  [4, QuoteV4],
  [5, QuoteV5],
]);

/** A field that decides how the rest is read, and what it may hold. */
interface Expectation {
  readonly path: string;
  readonly values: readonly unknown[];
  readonly code:
    'tdx.not-tdx' | 'tdx.quote-version' | 'tdx.key-type' | 'tdx.body-type' | 'tdx.certification-data';
}

/** What is not as said here is not read beyond its header. */
const READABLE: readonly Expectation[] = [
  { path: 'header.teeType', values: [TEE_TYPE.TDX], code: 'tdx.not-tdx' },
  { path: 'header.version', values: [...QUOTES.keys()], code: 'tdx.quote-version' },
];

const COMPLETE: readonly Expectation[] = [
  { path: 'header.keyType', values: [KEY_TYPE.ECDSA_P256], code: 'tdx.key-type' },
  { path: 'bodyType', values: [BODY_TYPE.TD_1_0, BODY_TYPE.TD_1_5], code: 'tdx.body-type' },
  {
    path: 'authData.data.certificationData.type',
    values: [CERTIFICATION.QE_REPORT],
    code: 'tdx.certification-data',
  },
];

function found({ value, meaning }: Node): string {
  const text = String(value);
  return meaning === undefined ? text : `${text} ${meaning}`;
}

function violations(tree: Node, expectations: readonly Expectation[]): Issue[] {
  return expectations.flatMap(({ path, values, code }) => {
    const node = nodeOf(tree, path);
    if (node?.value === undefined || values.includes(node.value)) return [];
    return [TDX_ISSUES.make(code, node, { found: found(node) })];
  });
}

/** `owner`: path of the structure that holds the registers; `reportData`: path of the report data. */
function evidenceOf(
  format: string,
  bytes: Uint8Array,
  { tree, value, length, issues }: Decoded<unknown>,
  { owner, reportData }: { owner: string; reportData: string },
): Evidence {
  const registers = REGISTERS.flatMap(({ name, field }) => {
    const node = nodeOf(tree, `${owner}.${field}`);
    return node?.value instanceof Uint8Array ? [{ name, value: node.value, offset: node.offset }] : [];
  });
  const data = nodeOf(tree, reportData)?.value;
  return {
    technology: 'tdx',
    format,
    registers,
    reportData: data instanceof Uint8Array ? data : new Uint8Array(0),
    tree,
    issues,
    trailing: value === undefined ? 0 : bytes.length - length,
  };
}

/** Claims are worked out when they are asked for: those of a certificate cost more than the rest of the quote. */
function withClaims(evidence: Evidence, make: () => Claims): Evidence {
  let made: Claims | undefined;
  return {
    ...evidence,
    get claims() {
      return (made ??= make());
    },
  };
}

/**
 * A quote: format `quote-v4` or `quote-v5`. A quote that is not TDX's, or of another version, is read up to its header
 * (format `quote`); what is cut short, up to the cut. Never throws on data.
 */
export function decodeQuote(bytes: Uint8Array): Evidence {
  const header = decode(QuoteHeader, bytes).value;
  const layout = header?.teeType === TEE_TYPE.TDX ? QUOTES.get(header.version) : undefined;
  const decoded = decode(layout ?? OtherQuote, bytes);
  const broken = layout ? violations(decoded.tree, COMPLETE) : violations(decoded.tree, READABLE).slice(0, 1);
  const format = layout && header ? `quote-v${String(header.version)}` : 'quote';
  const all = { ...decoded, issues: [...decoded.issues, ...broken] };
  const evidence = evidenceOf(format, bytes, all, { owner: 'body', reportData: 'body.reportData' });
  const parts = readQuoteParts(bytes);
  return parts ? withClaims(evidence, () => quoteClaims(parts)) : evidence;
}

function reportIssues({ tree, value }: Decoded<ReturnType<typeof TdReport.read>>): Issue[] {
  const type = nodeOf(tree, 'mac.reportType.type');
  if (type?.value !== undefined && type.value !== TDX_REPORT_TYPE) {
    return [TDX_ISSUES.make('tdx.report-type', type, { found: found(type) })];
  }
  if (!value) return [];
  const { mac, teeTcbInfo, tdInfo } = value;
  const hashed = [
    {
      path: 'mac.teeTcbInfoHash',
      is: mac.teeTcbInfoHash,
      of: 'TEE_TCB_INFO',
      bytes: encode(TeeTcbInfo, teeTcbInfo),
    },
    { path: 'mac.teeInfoHash', is: mac.teeInfoHash, of: 'TDINFO', bytes: encode(TdInfo, tdInfo) },
  ];
  return hashed.flatMap(({ path, is, of, bytes }) => {
    const expected = portableDigests.digest('sha384', bytes);
    const node = nodeOf(tree, path);
    if (!node || equalBytes(is, expected)) return [];
    return [TDX_ISSUES.make('tdx.report-hash', node, { of, found: toHex(is), expected: toHex(expected) })];
  });
}

/**
 * A TDREPORT, 1024 bytes: format `tdreport`. Its two hashes are recomputed, because they bind the parts together; its MAC
 * can be checked on the same processor only.
 */
export function decodeTdReport(bytes: Uint8Array): Evidence {
  const decoded = decode(TdReport, bytes);
  const all = { ...decoded, issues: [...decoded.issues, ...reportIssues(decoded)] };
  const evidence = evidenceOf('tdreport', bytes, all, { owner: 'tdInfo', reportData: 'mac.reportData' });
  if (!decoded.value) return evidence;
  return withClaims(evidence, () =>
    tdClaims((name) => {
      const owner = ['tdAttributes', 'xfam'].includes(name) ? 'tdInfo' : 'teeTcbInfo';
      const node = nodeOf(decoded.tree, `${owner}.${name}`);
      return node && bytes.subarray(node.offset, node.offset + node.length);
    }),
  );
}

export function isTdReport(bytes: Uint8Array): boolean {
  const mac =
    bytes[0] === TDX_REPORT_TYPE && bytes.length >= (TdReport.size ?? 0)
      ? decode(ReportMac, bytes).value
      : undefined;
  if (!mac) return false;
  const { type, subtype } = mac.reportType;
  return type === TDX_REPORT_TYPE && subtype === 0 && isFilledWith(mac.reserved1, 0);
}

/** Any Intel quote, so that an SGX quote is said to be one instead of being unknown. */
function isQuote(bytes: Uint8Array): boolean {
  const header = decode(QuoteHeader, bytes).value;
  if (!header) return false;
  return (
    equalBytes(header.qeVendorId, INTEL_QE_VENDOR_ID) ||
    (QUOTES.has(header.version) && header.teeType === TEE_TYPE.TDX)
  );
}

export const tdxEvidence: EvidenceFormat = {
  recognise: (bytes) => isTdReport(bytes) || isQuote(bytes),
  decode: (bytes) => (isTdReport(bytes) ? decodeTdReport(bytes) : decodeQuote(bytes)),
};

/** The PCK certificates in a decoded quote: leaf, CA, root. Not verified. */
export function pckChain({ tree }: Pick<Evidence, 'tree'>): {
  certificates: readonly Certificate[];
  issues: readonly Issue[];
} {
  const type = nodeOf(tree, `${PCK_CERTIFICATION}.type`);
  const data = nodeOf(tree, `${PCK_CERTIFICATION}.data`);
  if (type?.value === CERTIFICATION.PCK_CERT_CHAIN && data?.value instanceof Uint8Array) {
    return parseCertificates(data.value, data);
  }
  const why = type?.value === undefined ? 'no certification data' : `certification data type ${found(type)}`;
  return { certificates: [], issues: [TDX_ISSUES.make('tdx.no-pck-chain', type ?? tree, { found: why })] };
}
