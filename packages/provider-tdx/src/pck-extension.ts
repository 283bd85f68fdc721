/**
 * The SGX extension of a PCK certificate: which platform, at which security versions.
 * Spec: Intel SGX PCK Certificate and CRL Profile Specification, §1.3.5.
 */
import type { Issue } from '@tsm/core';
import {
  encodeDer,
  parseDer,
  type Certificate,
  type CertificateExtension,
  type DerValue,
} from '@tsm/evidence';
import { TDX_ISSUES } from './issues.ts';

export const SGX_EXTENSION = '1.2.840.113741.1.13.1';

export interface PckExtension {
  /** Provisioning platform id, 16 bytes. */
  readonly ppid: Uint8Array;
  /** SVNs of the 16 TCB components; compare by `cpuSvn`, which holds the same. */
  readonly tcbComponents: readonly number[];
  readonly pceSvn: number;
  /** 16 bytes. */
  readonly cpuSvn: Uint8Array;
  /** 2 bytes. */
  readonly pceId: Uint8Array;
  /** Family, model, stepping, platform type, custom SKU: 6 bytes. */
  readonly fmspc: Uint8Array;
}

const COMPONENTS = Array.from({ length: 16 }, (_, i) => `2.${String(i + 1)}`);
const OID = {
  ppid: '1',
  tcb: '2',
  pceSvn: '2.17',
  cpuSvn: '2.18',
  pceId: '3',
  fmspc: '4',
  sgxType: '5',
} as const;
/** SGX type 0: standard. */
const STANDARD = 0;

/** Every `SEQUENCE { OID, value }` row, also those inside a row's value. */
function* rowsOf(value: DerValue): Generator<[oid: string, value: DerValue]> {
  if (value.kind !== 'sequence') return;
  for (const row of value.value) {
    const [oid, content] = row.kind === 'sequence' ? row.value : [];
    if (oid?.kind !== 'oid' || !content) continue;
    yield [oid.value, content];
    yield* rowsOf(content);
  }
}

/** Reads rows as the type that the profile gives them; what does not fit becomes an issue. */
class Rows {
  readonly issues: Issue[] = [];
  private readonly rows: ReadonlyMap<string, DerValue>;
  private readonly certificate: Certificate;

  constructor(value: DerValue, certificate: Certificate) {
    this.rows = new Map(rowsOf(value));
    this.certificate = certificate;
  }

  octets(field: string, oid: string, size: number): Uint8Array {
    const row = this.rows.get(`${SGX_EXTENSION}.${oid}`);
    if (row?.kind === 'octets' && row.value.length === size) return row.value;
    this.refuse(field, oid, `an OCTET STRING of ${String(size)} bytes`);
    return new Uint8Array(size);
  }

  integer(field: string, oid: string): number {
    const row = this.rows.get(`${SGX_EXTENSION}.${oid}`);
    if (row?.kind === 'integer' && row.value >= 0n && row.value <= 0xffffn) return Number(row.value);
    this.refuse(field, oid, 'an INTEGER of 16 bits');
    return 0;
  }

  private refuse(field: string, oid: string, expected: string): void {
    const args = { field, oid: `${SGX_EXTENSION}.${oid}`, expected };
    this.issues.push(TDX_ISSUES.make('tdx.pck-field', this.certificate.place, args));
  }
}

/** What a PCK certificate says about its platform; undefined, with issues, when it does not say all of it. */
export function pckExtension(certificate: Certificate): {
  extension?: PckExtension;
  issues: readonly Issue[];
} {
  const { place, subject } = certificate;
  const found = certificate.extensions.get(SGX_EXTENSION);
  if (!found) return { issues: [TDX_ISSUES.make('tdx.pck-no-extension', place, { subject })] };
  const { value, reason } = parseDer(found.value);
  if (reason !== undefined) return { issues: [TDX_ISSUES.make('tdx.pck-malformed', place, { reason })] };
  const rows = new Rows(value, certificate);
  const extension: PckExtension = {
    ppid: rows.octets('PPID', OID.ppid, 16),
    tcbComponents: COMPONENTS.map((oid, i) => rows.integer(`TCB component ${String(i + 1)}`, oid)),
    pceSvn: rows.integer('PCESVN', OID.pceSvn),
    cpuSvn: rows.octets('CPUSVN', OID.cpuSvn, 16),
    pceId: rows.octets('PCEID', OID.pceId, 2),
    fmspc: rows.octets('FMSPC', OID.fmspc, 6),
  };
  return rows.issues.length > 0 ? { issues: rows.issues } : { extension, issues: [] };
}

function row(oid: string, value: DerValue): DerValue {
  return { kind: 'sequence', value: [{ kind: 'oid', value: `${SGX_EXTENSION}.${oid}` }, value] };
}

function integer(value: number): DerValue {
  return { kind: 'integer', value: BigInt(value) };
}

function octets(value: Uint8Array): DerValue {
  return { kind: 'octets', value };
}

/** The extension of a certificate to mint; SGX type standard. */
export function encodePckExtension(extension: PckExtension): CertificateExtension {
  const tcb: DerValue = {
    kind: 'sequence',
    value: [
      ...COMPONENTS.map((oid, i) => row(oid, integer(extension.tcbComponents[i] ?? 0))),
      row(OID.pceSvn, integer(extension.pceSvn)),
      row(OID.cpuSvn, octets(extension.cpuSvn)),
    ],
  };
  const value = encodeDer({
    kind: 'sequence',
    value: [
      row(OID.ppid, octets(extension.ppid)),
      row(OID.tcb, tcb),
      row(OID.pceId, octets(extension.pceId)),
      row(OID.fmspc, octets(extension.fmspc)),
      row(OID.sgxType, { kind: 'enumerated', value: STANDARD }),
    ],
  });
  return { oid: SGX_EXTENSION, critical: false, value };
}
