/** The report blob of an Azure confidential VM's paravisor. Spec: Azure confidential VM guest attestation. */
import { ascii, bytes, enumOf, field, rest, struct, u32le, windowOf } from '@tsm/core/layout';

const SPEC = 'Azure confidential VM guest attestation, attestation report';

/** Types of hardware report. */
export const HCL_REPORT = { SNP: 2, TDX: 4 } as const;
/** Hash over the runtime data in REPORT_DATA. */
export const HCL_HASH = { sha256: 1, sha384: 2, sha512: 3 } as const;

const entries = (table: Readonly<Record<string, number>>) =>
  Object.entries(table).map(([name, value]) => ({ name, value }));

/** 32 bytes. */
export const HclHeader = struct('HclHeader', SPEC, {
  signature: field(ascii(4), 'HCLA'),
  version: field(u32le, 'Version'),
  reportSize: field(u32le, 'Size of the report in bytes'),
  requestType: field(u32le, 'Request'),
  status: field(u32le, 'Status'),
  reserved: field(bytes(12), 'Reserved'),
});

export const HclRuntimeData = struct('HclRuntimeData', SPEC, {
  size: field(u32le, 'Size of it all in bytes'),
  version: field(u32le, 'Version'),
  reportType: field(enumOf(u32le, entries(HCL_REPORT)), 'Kind of hardware report'),
  hashType: field(enumOf(u32le, entries(HCL_HASH)), 'Hash of the claims in REPORT_DATA'),
  claimsSize: field(u32le, 'Size of the claims'),
  claims: field(windowOf('claimsSize', rest), 'Claims, JSON; the keys of the vTPM among them'),
});
