/** Certificate tables, read and written: what follows a report, and what `auxblob` holds. Spec: AMD GHCB (56421), §4.1.8.1. */
import {
  concatAll,
  fromHex,
  guidText,
  isFilledWith,
  toHex,
  type Issue,
  type Node,
  type Place,
} from '@tsm/core';
import { decode, encode, sizeOf } from '@tsm/core/layout';
import { SNP_ISSUES } from './issues.ts';
import { CERTIFICATE_GUID, CertificateTableEntry } from './layout/certificate-table.ts';

export type CertificateRole = keyof typeof CERTIFICATE_GUID;

export interface TableCertificate {
  /** Undefined for a GUID that is not known. */
  readonly role: CertificateRole | undefined;
  readonly der: Uint8Array;
  readonly place: Place;
}

export interface CertificateTable {
  readonly certificates: readonly TableCertificate[];
  /** Bytes from the start of the table to the end of its last certificate. */
  readonly length: number;
  readonly tree: Node;
  readonly issues: readonly Issue[];
}

const ROW = sizeOf(CertificateTableEntry);
/** The kernel's buffer holds no more: 16 KiB. */
const MAX_ROWS = 0x4000 / ROW;

const textual = (guid: string): string => guid.replaceAll('-', '');
const ROLES = Object.keys(CERTIFICATE_GUID) as CertificateRole[];

/** GUIDs are in the order of their text; some writers have the mixed order of UEFI. */
function roleOf(guid: Uint8Array): CertificateRole | undefined {
  return ROLES.find((role) => {
    const known = CERTIFICATE_GUID[role];
    return toHex(guid) === textual(known) || guidText(guid) === known;
  });
}

/** Cheap: does a table with a known certificate start here? */
export function isCertificateTable(bytes: Uint8Array, offset = 0): boolean {
  return bytes.length >= offset + 2 * ROW && roleOf(bytes.subarray(offset, offset + 16)) !== undefined;
}

function node(
  name: string,
  offset: number,
  length: number,
  doc: string,
  children: Node[],
  value?: unknown,
): Node {
  return { name, path: `certificates${name}`, offset, length, doc, children, value };
}

interface TableRow {
  readonly tree: Node;
  readonly guid: Uint8Array;
  readonly offset: number;
  readonly length: number;
}

/** The rows up to the row of zeros; undefined where there is none. */
function readRows(bytes: Uint8Array, start: number): TableRow[] | undefined {
  const rows: TableRow[] = [];
  for (let at = start; rows.length < MAX_ROWS; at += ROW) {
    const path = `certificates.rows[${String(rows.length)}]`;
    const { value, tree } = decode(CertificateTableEntry, bytes, { offset: at, path });
    if (!value) return undefined;
    if (isFilledWith(bytes.subarray(at, at + ROW), 0)) return rows;
    rows.push({ tree, ...value });
  }
  return undefined;
}

/** Reads the table that starts at `start`. A certificate outside of the bytes is an issue, and is left out. */
export function readCertificateTable(bytes: Uint8Array, start = 0): CertificateTable {
  const rows = readRows(bytes, start);
  const all = { path: 'certificates', offset: start, length: bytes.length - start };
  if (!rows) {
    const issue = SNP_ISSUES.make('snp.certificate-table', all, { reason: 'no row of zeros ends it' });
    return {
      certificates: [],
      length: bytes.length - start,
      tree: node('', start, all.length, 'Not read', []),
      issues: [issue],
    };
  }
  const issues: Issue[] = [];
  const certificates: TableCertificate[] = [];
  const first = ROW * (rows.length + 1);
  for (const { tree, guid, offset, length } of rows) {
    if (offset < first || offset + length > all.length) {
      const reason = `bytes ${String(offset)} to ${String(offset + length)} are not among its ${String(all.length)}`;
      issues.push(SNP_ISSUES.make('snp.certificate-table', tree, { reason }));
      continue;
    }
    const place = { path: `certificates[${String(certificates.length)}]`, offset: start + offset, length };
    const der = bytes.subarray(place.offset, place.offset + length);
    certificates.push({ role: roleOf(guid), der, place });
  }
  const used = Math.max(first, ...certificates.map(({ place }) => place.offset - start + place.length));
  const shown = certificates.map(({ role, der, place }, i) =>
    node(`[${String(i)}]`, place.offset, place.length, role ?? 'Unknown GUID', [], der),
  );
  const end = node('.end', start + first - ROW, ROW, 'Row of zeros, which ends the table', []);
  const children = [...rows.map(({ tree }) => tree), end, ...shown];
  return { certificates, length: used, tree: node('', start, used, 'Certificate table', children), issues };
}

/** The table of these certificates, DER. */
export function encodeCertificateTable(
  certificates: readonly (readonly [CertificateRole, Uint8Array])[],
): Uint8Array {
  let offset = ROW * (certificates.length + 1);
  const rows = certificates.map(([role, { length }]) => {
    const guid = fromHex(textual(CERTIFICATE_GUID[role])) ?? new Uint8Array(16);
    const row = encode(CertificateTableEntry, { guid, offset, length });
    offset += length;
    return row;
  });
  return concatAll([...rows, new Uint8Array(ROW), ...certificates.map(([, der]) => der)]);
}
