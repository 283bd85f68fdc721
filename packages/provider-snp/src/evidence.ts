/** SEV-SNP evidence, decoded: reports, alone or with certificates, and what Azure wraps them in. Nothing is verified here. */
import type { Claims, Evidence, EvidenceFormat, EvidenceRegister, Issue, Node } from '@tsm/core';
import { decode } from '@tsm/core/layout';
import {
  HCL_REPORT_OFFSET,
  isAzureJson,
  isHclBlob,
  quotedPcrs,
  readAzureJson,
  readHclBlob,
  type AzureEvidence,
} from './azure.ts';
import { isCertificateTable, readCertificateTable, type TableCertificate } from './certificate-table.ts';
import { claimsOf } from './claims.ts';
import { HclHeader, HclRuntimeData } from './layout/hcl.ts';
import { REPORT_SIZE } from './layout/report.ts';
import { readReport, type ReadReport } from './reading.ts';
import { REGISTERS } from './registers.ts';

/** Evidence, and what its verification reads beside the contract. */
export interface SnpEvidence extends Evidence {
  readonly report: ReadReport;
  /** The bytes that the report stands in, and where: the input, but for JSON. */
  readonly source: Uint8Array;
  readonly offset: number;
  /** What is wrong with what carries the report. */
  readonly envelope?: readonly Issue[];
  /** Certificates that came with the report. */
  readonly certificates: readonly TableCertificate[];
  readonly azure?: AzureEvidence;
}

function registersOf({ value, rangeOf }: ReadReport): EvidenceRegister[] {
  return value
    ? REGISTERS.map(({ name, field }) => ({ name, value: value[field], offset: rangeOf(field).offset }))
    : [];
}

/** Registers of the report at their places in the JSON, and the PCRs that its quote vouches for. */
function azureRegisters(report: ReadReport, { places, quote }: AzureEvidence): EvidenceRegister[] {
  const registers = registersOf(report);
  if (!places) return registers;
  const pcrs = [...((quote && quotedPcrs(quote)) ?? [])].map(([number, value]) => ({
    ...{ name: `pcr${String(number)}`, value, offset: places.pcr(number) },
  }));
  return [...registers.map((one) => ({ ...one, offset: places.blob(one.offset) })), ...pcrs];
}

interface Parts {
  readonly format: string;
  readonly report: ReadReport;
  readonly source: Uint8Array;
  readonly offset: number;
  readonly trailing: number;
  readonly certificates: readonly TableCertificate[];
  readonly reportData?: Uint8Array | undefined;
  readonly claims?: Claims;
  readonly azure?: AzureEvidence;
  readonly envelope?: readonly Issue[];
  readonly tree: () => Node;
  readonly issues: () => readonly Issue[];
}

function evidenceOf({ tree, issues, report, reportData, claims, ...more }: Parts): SnpEvidence {
  const { value, product } = report;
  let listed: readonly EvidenceRegister[] | undefined;
  let said: Claims | undefined;
  let shown: Node | undefined;
  let found: readonly Issue[] | undefined;
  return {
    technology: 'snp',
    reportData: reportData ?? value?.reportData ?? new Uint8Array(0),
    report,
    ...more,
    get registers() {
      return (listed ??= more.azure ? azureRegisters(report, more.azure) : registersOf(report));
    },
    get claims() {
      return (said ??= value ? { ...claimsOf(value, product), ...claims } : {});
    },
    get tree() {
      return (shown ??= tree());
    },
    get issues() {
      return (found ??= issues());
    },
  };
}

/** A node that holds others, one after another. */
function composite(name: string, doc: string, children: Node[]): Node {
  const offset = children[0]?.offset ?? 0;
  const end = children.reduce((max, one) => Math.max(max, one.offset + one.length), offset);
  return { name, path: '', offset, length: end - offset, value: undefined, doc, children };
}

/** A report, 1184 bytes, with or without the certificate table of an extended report after it. */
function decodeReport(bytes: Uint8Array): SnpEvidence {
  const report = readReport(bytes);
  const format = report.value ? `report-v${String(report.version)}` : 'report';
  const base = { format, report, source: bytes, offset: 0 };
  if (!report.value || !isCertificateTable(bytes, REPORT_SIZE)) {
    return evidenceOf({
      ...base,
      trailing: report.value ? bytes.length - REPORT_SIZE : 0,
      certificates: [],
      tree: () => report.decoded.tree,
      issues: () => report.decoded.issues,
    });
  }
  const table = readCertificateTable(bytes, REPORT_SIZE);
  return evidenceOf({
    ...base,
    trailing: bytes.length - REPORT_SIZE - table.length,
    certificates: table.certificates,
    tree: () => composite('ExtendedReport', 'Report and certificates', [report.decoded.tree, table.tree]),
    issues: () => [...report.decoded.issues, ...table.issues],
    envelope: table.issues,
  });
}

/** PCRs that the quote does not select are nobody's word: they are left out. */
function azureClaims({ quote }: AzureEvidence): Claims {
  if (!quote?.attest) return {};
  const pcrs = [...(quotedPcrs(quote) ?? [])].map(([i, value]) => [`vtpm.pcr${String(i)}`, value] as const);
  return { 'vtpm.nonce': quote.attest.extraData, ...Object.fromEntries(pcrs) };
}

/**
 * What Azure wraps a report in. What the caller bound is the nonce of the vTPM's quote, where there is one: the report
 * itself binds the vTPM. Offsets are those in the paravisor's blob, but those of registers are in the evidence as it is given.
 */
function decodeAzure(azure: AzureEvidence, format: string): SnpEvidence {
  const { hcl, quote, vcek, runtime } = azure;
  const offset = Math.min(HCL_REPORT_OFFSET, hcl.length);
  const report = readReport(hcl, offset);
  const place = { path: 'vcek', offset: 0, length: vcek?.length ?? 0 };
  const runtimeTree = () =>
    runtime ? [decode(HclRuntimeData, hcl, { offset: offset + REPORT_SIZE }).tree] : [];
  return evidenceOf({
    ...{ format, report, source: hcl, offset, azure, trailing: 0 },
    certificates: vcek ? [{ role: 'VCEK', der: vcek, place }] : [],
    reportData: quote?.attest?.extraData,
    claims: azureClaims(azure),
    tree: () =>
      composite('HclReport', 'Report of a paravisor', [
        decode(HclHeader, hcl).tree,
        report.decoded.tree,
        ...runtimeTree(),
      ]),
    issues: () => [...(hcl.length > 0 ? report.decoded.issues : []), ...azure.issues],
    envelope: azure.issues,
  });
}

/** A version that no other evidence starts with, a VMPL, and fields that hold small numbers. */
function isReport(bytes: Uint8Array): boolean {
  const { value } = readReport(bytes);
  if (!value) return false;
  const { version, vmpl, signatureAlgo, keyInfo } = value;
  return version >= 1 && version < 10 && vmpl <= 3 && signatureAlgo <= 0xff && keyInfo <= 0x1f;
}

/** Evidence of any kind that is known here. Never throws on data. */
export function decodeEvidence(bytes: Uint8Array): SnpEvidence {
  if (isHclBlob(bytes)) return decodeAzure(readHclBlob(bytes), 'azure-hcl');
  if (isAzureJson(bytes)) return decodeAzure(readAzureJson(bytes), 'azure-json');
  return decodeReport(bytes);
}

export const snpEvidence: EvidenceFormat = {
  recognise: (bytes) => isHclBlob(bytes) || isAzureJson(bytes) || isReport(bytes),
  decode: decodeEvidence,
};
