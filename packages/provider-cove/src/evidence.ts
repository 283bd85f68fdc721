/** CoVE evidence, decoded: bare tokens, CBOR and X.509 certificates, and the certificates of salus. Every value is a claim. */
import type { Evidence, EvidenceFormat, Issue, Node } from '@tsm/core';
import { parseCertificate, readCbor, type CborItem, type Certificate } from '@tsm/evidence';
import { evidenceTree, type TreeSource } from './decode/evidence-tree.ts';
import { COVE_ISSUES } from './issues.ts';
import { readSalus, type SalusEvidence } from './decode/salus-evidence.ts';
import {
  readCborCertificate,
  readUccs,
  readX509Certificate,
  type SpecEvidence,
} from './decode/spec-evidence.ts';
import { DICE_OID } from './decode/tcb-info.ts';

/** What the bytes are: at most one of the two forms. */
export interface Read {
  readonly spec?: SpecEvidence;
  readonly salus?: SalusEvidence;
  readonly issues: readonly Issue[];
  readonly trailing: number;
  /** For the tree: it is built when it is asked for. */
  readonly source: TreeSource;
}

const SEQUENCE = 0x30;

/** Of bytes after the evidence, which `trailing` counts. */
const TRAILING: readonly string[] = ['cbor.trailing', 'certificate.trailing'];

const withoutTrailing = (issues: readonly Issue[]): Issue[] =>
  issues.filter(({ code }) => !TRAILING.includes(code));

function readCertificate(bytes: Uint8Array): Read {
  const { certificate, issues: found } = parseCertificate(bytes);
  if (!certificate) return { issues: found, trailing: 0, source: { bytes } };
  const trailing = bytes.length - certificate.der.length;
  const source = { bytes, certificate };
  const uccs = certificate.extensions.get(DICE_OID.uccsEvidence);
  if (uccs) {
    const offset = uccs.value.byteOffset - certificate.der.byteOffset;
    const spec = readX509Certificate(bytes, certificate, { value: uccs.value, offset });
    return { spec, issues: withoutTrailing(spec.issues), trailing, source };
  }
  const salus = readSalus(certificate);
  const issues = withoutTrailing([...found, ...(salus?.issues ?? [])]);
  if (salus) return { salus, issues, trailing, source };
  const place = { path: 'certificate.extensions', offset: 0, length: certificate.der.length };
  issues.push(COVE_ISSUES.make('cove.evidence-missing', place, { found: 'the certificate' }));
  return { issues, trailing, source };
}

/** A COSE_Sign1, tagged or not, is taken for a CBOR certificate. */
function specOf(bytes: Uint8Array, item: CborItem): SpecEvidence | undefined {
  const { length } = item;
  const isSign1 = item.kind === 'array' || (item.kind === 'tag' && item.tag === 18);
  return isSign1 ? readCborCertificate(bytes.subarray(0, length)) : readUccs(bytes, item);
}

function readCborEvidence(bytes: Uint8Array): Read {
  const { item, length, issues: found } = readCbor(bytes);
  if (!item) return { issues: found, trailing: 0, source: { bytes } };
  const spec = specOf(bytes, item);
  const source = { bytes, item };
  const issues = withoutTrailing(found);
  if (spec) return { spec, issues: [...issues, ...spec.issues], trailing: bytes.length - length, source };
  const kind = item.kind === 'tag' ? `CBOR tag ${String(item.tag)}` : `a CBOR ${item.kind}`;
  issues.push(COVE_ISSUES.make('cove.not-evidence', { path: '', offset: 0, length }, { found: kind }));
  return { issues, trailing: bytes.length - length, source };
}

/** Never throws on data. */
export function readEvidence(bytes: Uint8Array): Read {
  return bytes[0] === SEQUENCE ? readCertificate(bytes) : readCborEvidence(bytes);
}

/** Formats `uccs`, `cbor-certificate`, `x509-certificate`, `salus-certificate`; `unknown` for none of them. */
export function decodeEvidence(bytes: Uint8Array): Evidence {
  const read = readEvidence(bytes);
  const { spec, salus, issues, trailing } = read;
  let tree: Node | undefined;
  return {
    technology: 'cove',
    format: spec?.format ?? (salus ? 'salus-certificate' : 'unknown'),
    registers: spec?.registers ?? salus?.registers ?? [],
    reportData: spec?.reportData ?? salus?.certificate.publicKey.point ?? new Uint8Array(0),
    claims: spec?.claims ?? salus?.claims ?? { debug: false },
    issues,
    trailing,
    get tree() {
      return (tree ??= evidenceTree(read));
    },
  };
}

/** TcbInfo is not CoVE's alone: under TCG's own identifiers it counts with the registers of salus only. */
function isCove(certificate: Certificate): boolean {
  const { extensions } = certificate;
  if (extensions.has(DICE_OID.uccsEvidence) || extensions.has(DICE_OID.arc)) return true;
  return readSalus(certificate)?.registers.some(({ name }) => name === 'pcr17') ?? false;
}

/** First bytes of a COSE_Sign1 (tagged or not), of tag 601, and of maps: what else is CBOR need not be read to the end. */
function mayBeEvidence([first = 0, second, third]: Uint8Array): boolean {
  const tag601 = first === 0xd9 && second === 0x02 && third === 0x59;
  return tag601 || first === 0xd2 || first === 0x84 || first >> 5 === 5;
}

function recognise(bytes: Uint8Array): boolean {
  if (bytes[0] === SEQUENCE) {
    const { certificate } = parseCertificate(bytes);
    return certificate !== undefined && isCove(certificate);
  }
  const { item } = mayBeEvidence(bytes) ? readCbor(bytes) : {};
  return item !== undefined && specOf(bytes, item) !== undefined;
}

export const coveEvidence: EvidenceFormat = { recognise, decode: decodeEvidence };
