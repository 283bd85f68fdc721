/** ATTESTATION_REPORT: bytes to a value, by the table of its version and processor. Nothing is verified here. */
import { isFilledWith, type Issue } from '@tsm/core';
import { decode, type Decoded, type Layout } from '@tsm/core/layout';
import { fixedReader, type FieldRange, type FixedReader } from './fixed-reader.ts';
import { SNP_ISSUES } from './issues.ts';
import { ECDSA_P384_SHA384 } from './layout/ecdsa.ts';
import {
  REPORT_LAYOUTS,
  REPORT_SIZE,
  ReportProbe,
  reportLayout,
  type AttestationReport,
  type ReportVersion,
} from './layout/report.ts';
import { productNamed, productOfCpuid, type Product } from './products.ts';

export interface ReadReport {
  readonly version: number;
  /** Undefined where the report does not say: in version 2 of anything but a Turin, and for processors that are not known. */
  readonly product: Product | undefined;
  /** Undefined when the report is cut short. */
  readonly value: AttestationReport | undefined;
  /** All reserved bytes that are there are zero. */
  readonly clean: boolean;
  /** The same by the tables, with the tree for people and every issue: made when it is asked for. */
  readonly decoded: Decoded<AttestationReport>;
  /** Where a field stands, in the input. */
  readonly rangeOf: (field: keyof AttestationReport) => FieldRange;
}

const READERS = new Map<Layout<AttestationReport>, FixedReader<AttestationReport>>(
  /* @__PURE__ */ REPORT_LAYOUTS.map((layout) => [layout, fixedReader(layout)]),
);
const PROBE = /* @__PURE__ */ fixedReader(ReportProbe);

/** Which table: version 4 has the fields of version 3. */
function tableVersion(version: number): ReportVersion {
  if (version >= 5) return 5;
  return version >= 3 ? 3 : 2;
}

/** A Turin's hardware id has 8 bytes, all others 64: what is left of CHIP_ID is zero. */
function hasShortChipId(chipId: Uint8Array): boolean {
  return !isFilledWith(chipId.subarray(0, 8), 0) && isFilledWith(chipId.subarray(8), 0);
}

const TURIN_FAMILY = 0x1a;

/** The bit of POLICY that is always one, among its flags. */
const MUST_BE_ONE = 2;

function violations({ tree, value }: Decoded<AttestationReport>, unknown: string | undefined): Issue[] {
  const at = (name: string) => tree.children.find((child) => child.name === name) ?? tree;
  const issues: Issue[] = [];
  const version = at('version').value;
  if (typeof version === 'number' && (version < 2 || version > 5))
    issues.push(SNP_ISSUES.make('snp.report-version', at('version'), { found: String(version) }));
  if (unknown !== undefined)
    issues.push(SNP_ISSUES.make('snp.processor', at('cpuidFamily'), { found: unknown }));
  if (value && value.signatureAlgo !== ECDSA_P384_SHA384) {
    const args = { found: String(value.signatureAlgo) };
    issues.push(SNP_ISSUES.make('snp.signature-algorithm', at('signatureAlgo'), args));
  }
  if (value && (value.policy.flags & MUST_BE_ONE) === 0)
    issues.push(SNP_ISSUES.make('snp.policy', at('policy'), undefined));
  return issues;
}

/** Version, processor, and the table that follows from them. */
function recognise(bytes: Uint8Array, offset: number, end: number) {
  const whole = end - offset >= PROBE.size;
  const probe = whole ? PROBE.read(bytes, offset) : undefined;
  const version = probe?.version ?? bytes[offset] ?? 0;
  const tells = probe !== undefined && version >= 3;
  const product = tells ? productOfCpuid(probe.cpuidFamily, probe.cpuidModel) : undefined;
  // Every processor since Turin has its order of TCB fields, and a short id of the chip.
  const later = tells
    ? probe.cpuidFamily >= TURIN_FAMILY
    : probe !== undefined && hasShortChipId(probe.chipId);
  const layout = reportLayout(tableVersion(version), product?.tcb ?? (later ? 'turin' : 'milan'));
  const cpuid = tells && !product ? [probe.cpuidFamily, probe.cpuidModel] : undefined;
  const unknown = cpuid?.map((number) => `0x${number.toString(16)}`).join(' model ');
  return {
    ...{ version, layout, unknown: unknown === undefined ? undefined : `family ${unknown}` },
    product: product ?? (!tells && later ? productNamed('Turin') : undefined),
  };
}

/** Reads the report that starts at `offset`; what is after it is left alone. Never throws on data. */
export function readReport(bytes: Uint8Array, offset = 0, end = bytes.length): ReadReport {
  const { version, layout, unknown, product } = recognise(bytes, offset, end);
  const reader = READERS.get(layout);
  const complete = end - offset >= REPORT_SIZE;
  let decoded: Decoded<AttestationReport> | undefined;
  const read = (): Decoded<AttestationReport> => {
    const plain = decode(layout, bytes, { offset, end });
    return { ...plain, issues: [...plain.issues, ...violations(plain, unknown)] };
  };
  return {
    version,
    product,
    value: complete ? reader?.read(bytes, offset) : undefined,
    clean: complete && reader?.clean(bytes, offset) === true,
    get decoded() {
      return (decoded ??= read());
    },
    rangeOf(field) {
      const { offset: at = 0, length = 0 } = reader?.ranges.get(field) ?? {};
      return { offset: offset + at, length };
    },
  };
}
