/** What TDX evidence says beside its registers, for policies; nothing of it is verified here. Names: those of the layout tables. */
import type { Claims, ClaimValue } from '@tsm/core';
import { decodeStrict } from '@tsm/core/layout';
import { parseCertificates } from '@tsm/evidence';
import { TD_ATTRIBUTES, XFAM } from './layout/attributes.ts';
import { CERTIFICATION } from './layout/certification-data.ts';
import { SgxReportBody } from './layout/sgx-report.ts';
import { pckExtension } from './pck-extension.ts';
import type { QuoteParts } from './quote-parts.ts';
import { tdBody } from './td-body.ts';

type Bits = Readonly<Record<string, number>>;

/** Fields of the TD report that are no registers. */
const FIELDS = [
  ...['teeTcbSvn', 'mrSeam', 'mrSignerSeam', 'seamAttributes', 'tdAttributes', 'xfam'],
  ...['teeTcbSvn2', 'mrServiceTd'],
];

/** `name.BIT` for each bit that has a name; `bytes` little-endian. */
function bitClaims(name: string, bytes: Uint8Array, bits: Bits): [string, boolean][] {
  return Object.entries(bits).map(([bit, at]) => [
    `${name}.${bit}`,
    (((bytes[at >> 3] ?? 0) >> (at & 7)) & 1) === 1,
  ]);
}

/** Claims of the TD and its module. `field`: the bytes of a field of the TD report, where it is there. */
export function tdClaims(field: (name: string) => Uint8Array | undefined): Claims {
  const [attributes, xfam, svn] = ['tdAttributes', 'xfam', 'teeTcbSvn'].map((name) => field(name));
  const plain = FIELDS.flatMap((name): [string, ClaimValue][] => {
    const bytes = field(name);
    return bytes ? [[name, bytes.slice()]] : [];
  });
  return {
    // TUD, bits 7:0 of ATTRIBUTES: any of them puts the TD under debug.
    debug: attributes?.[0] !== 0,
    ...Object.fromEntries(plain),
    ...(attributes && Object.fromEntries(bitClaims('tdAttributes', attributes, TD_ATTRIBUTES))),
    ...(xfam && Object.fromEntries(bitClaims('xfam', xfam, XFAM))),
    ...(svn && { 'tdxModule.isvSvn': svn[0] ?? 0, 'tdxModule.majorVersion': svn[1] ?? 0 }),
    ...(svn && { 'tcb.tdxComponents': [...svn] }),
  };
}

/** Claims of the PCK certificate, where the quote carries it. */
function pckClaims({ pckType, pckData }: QuoteParts): Claims {
  if (pckType !== CERTIFICATION.PCK_CERT_CHAIN && pckType !== CERTIFICATION.PCK_CLEARTEXT) return {};
  const [leaf] = parseCertificates(pckData.bytes).certificates;
  const { extension } = leaf ? pckExtension(leaf) : {};
  if (!extension) return {};
  const { fmspc, pceId, ppid, cpuSvn, pceSvn, tcbComponents } = extension;
  return {
    ...{ fmspc, pceId, ppid },
    ...{ 'tcb.cpuSvn': cpuSvn, 'tcb.pceSvn': pceSvn, 'tcb.sgxComponents': tcbComponents },
  };
}

/** Everything a whole quote says. */
export function quoteClaims(quote: QuoteParts): Claims {
  const body = tdBody(quote) as Readonly<Record<string, { bytes: Uint8Array } | undefined>>;
  const { mrEnclave, mrSigner, isvProdId, isvSvn } = decodeStrict(SgxReportBody, quote.qeReport.bytes);
  return {
    ...tdClaims((name) => body[name]?.bytes),
    ...{ 'quote.version': quote.version, 'td.version': quote.tdVersion },
    ...{ 'qe.mrEnclave': mrEnclave, 'qe.mrSigner': mrSigner },
    ...{ 'qe.isvProdId': isvProdId, 'qe.isvSvn': isvSvn },
    ...pckClaims(quote),
  };
}
