/** Where the rules of a run are written: DSP0274 by version and section title, which unlike its numbers does not change. */
import type { Issue } from '@tsm/core';
import { isRequest, messageName, REQUEST, versionText } from '../spdm/codes.ts';

const DISCOVERY = 'PCIe 6.1 §6.30, Data Object Exchange (DOE): DOE discovery';

/** Sections that are not named after a request and its response. */
const SECTIONS: ReadonlyMap<number, string> = new Map([
  [REQUEST.VENDOR_DEFINED_REQUEST, 'VENDOR_DEFINED_REQUEST and VENDOR_DEFINED_RESPONSE messages'],
  [REQUEST.RESPOND_IF_READY, 'ERROR response message: RESPOND_IF_READY'],
]);

/** The section of a message. ERROR has one of its own. */
function sectionOf(code: number): string {
  const request = code | 0x80;
  if (code === 0x7f) return 'ERROR response message';
  const special = SECTIONS.get(request);
  if (special !== undefined) return special;
  return `${messageName(request)} request and ${messageName(request & 0x7f)} response messages`;
}

/** What signatures and HMACs of a message are over. */
const OVER: ReadonlyMap<number, string> = new Map([
  [0x03, 'M1/M2'],
  [0x60, 'L1/L2'],
  [0x64, 'TH for KEY_EXCHANGE_RSP'],
  [0x66, 'TH for PSK_EXCHANGE_RSP'],
  [0xe5, 'TH for FINISH'],
  [0x65, 'TH for FINISH'],
  [0xe7, 'TH for PSK_FINISH'],
]);

const over = (code: number): string => {
  const transcript = OVER.get(code);
  return transcript === undefined ? '' : ` over ${transcript}`;
};

type Clause = (code: number) => string;
const CAPABILITIES = sectionOf(REQUEST.GET_CAPABILITIES);

/** The clause that an issue breaks in a message, by the code of the issue. */
const CLAUSES: Readonly<Record<string, Clause>> = {
  'spdm.version': () => `${sectionOf(REQUEST.GET_VERSION)}: SPDMVersion`,
  'spdm.code': (code) => (isRequest(code) ? 'SPDM request codes' : 'SPDM response codes'),
  'spdm.message': sectionOf,
  'spdm.unexpected': sectionOf,
  'spdm.not-offered': () => `${sectionOf(REQUEST.NEGOTIATE_ALGORITHMS)}: selection`,
  'spdm.digest': () => `${sectionOf(REQUEST.GET_DIGESTS)}: Digest`,
  'spdm.chain': () => `${sectionOf(REQUEST.GET_CERTIFICATE)}: certificate chain format`,
  'spdm.signature': (code) => `${sectionOf(code)}: signature${over(code)}`,
  'spdm.verify-data': (code) => `${sectionOf(code)}: HMAC${over(code)}`,
  'spdm.echo': sectionOf,
  'spdm.secret': () => 'Key schedule; transcripts',
  'spdm.chunk': (code) => `Large SPDM message transfer mechanism: ${sectionOf(code)}`,
  'spdm.transfer-size': () => `${CAPABILITIES}: DataTransferSize`,
};

/**
 * The clause of an issue: of the document that its version is, where a message of SPDM broke it. `code`: of the message at
 * hand, undefined for what is none. Undefined where no document says so.
 */
export function clauseOf(
  { code, spec }: Issue,
  message: number | undefined,
  version?: number,
): string | undefined {
  const document = version === undefined ? 'DSP0274' : `DSP0274 ${versionText(version)}`;
  const clause = CLAUSES[code];
  if (clause) return `${document}, ${clause(message ?? 0)}`;
  if (!code.startsWith('layout.')) return spec;
  return message === undefined ? DISCOVERY : `${document}, ${sectionOf(message)}`;
}
