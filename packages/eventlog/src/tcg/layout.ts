/** Wire structures of TCG firmware logs and of the ACPI table that points to one. */
import {
  array,
  ascii,
  bytes,
  choice,
  field,
  struct,
  u16le,
  u32le,
  u64le,
  u8,
  type Codec,
} from '@tsm/core/layout';

const PFP = 'TCG PC Client Platform Firmware Profile 1.06';

/** Content of the first record of a crypto-agile log. */
export const SPEC_ID_SIGNATURE = 'Spec ID Event03\0';

export const TCG_PCR_EVENT = struct('TCG_PCR_EVENT', `${PFP} §10.2.1`, {
  pcrIndex: field(u32le, 'Register that was extended'),
  eventType: field(u32le, 'Event type'),
  digest: field(bytes(20), 'SHA-1 digest'),
  eventDataSize: field(u32le, 'Size of the event data in bytes'),
  event: field(bytes('eventDataSize'), 'Event data'),
});

const SPEC_ID_ALGORITHM = struct('TCG_EfiSpecIdEventAlgorithmSize', `${PFP} §10.4.5.1`, {
  algorithmId: field(u16le, 'TPM_ALG_ID'),
  digestSize: field(u16le, 'Size of its digests in bytes'),
});

export const SPEC_ID_EVENT = struct('TCG_EfiSpecIDEvent', `${PFP} §10.4.5.1`, {
  signature: field(ascii(16), '"Spec ID Event03" and a NUL'),
  platformClass: field(u32le, '0 client, 1 server'),
  specVersionMinor: field(u8, 'Minor version of the profile'),
  specVersionMajor: field(u8, 'Major version of the profile'),
  specErrata: field(u8, 'Errata level of the profile'),
  uintnSize: field(u8, 'Size of UINTN: 1 for 32 bits, 2 for 64 bits'),
  numberOfAlgorithms: field(u32le, 'Number of banks'),
  digestSizes: field(array(SPEC_ID_ALGORITHM, 'numberOfAlgorithms'), 'Banks, each with its digest size'),
  vendorInfoSize: field(u8, 'Size of the vendor bytes'),
  vendorInfo: field(bytes('vendorInfoSize'), 'Vendor bytes'),
});

/** A digest whose size the Spec ID header gives. */
function digestLayout(sizes: ReadonlyMap<number, number>) {
  return struct('TPMT_HA', 'TPM 2.0 Library part 2 §10.3.2', {
    algorithmId: field(u16le, 'TPM_ALG_ID'),
    digest: field(
      choice('algorithmId', (s): Codec<Uint8Array> => bytes(sizes.get(Number(s['algorithmId'])) ?? 0)),
      'Digest of the size that the Spec ID header lists',
    ),
  });
}

/** The record of a crypto-agile log; `sizes` maps each TPM_ALG_ID of the Spec ID header to its digest size in bytes. */
export function pcrEvent2Layout(sizes: ReadonlyMap<number, number>) {
  return struct('TCG_PCR_EVENT2', `${PFP} §10.2.2`, {
    pcrIndex: field(u32le, 'Register that was extended: PCR, or CC measurement register'),
    eventType: field(u32le, 'Event type'),
    digestCount: field(u32le, 'Number of digests'),
    digests: field(array(digestLayout(sizes), 'digestCount'), 'One digest a bank'),
    eventSize: field(u32le, 'Size of the event data in bytes'),
    event: field(bytes('eventSize'), 'Event data'),
  });
}

/** ACPI table `/sys/firmware/acpi/tables/CCEL`. All its bytes add up to 0 modulo 256. */
export const CCEL_TABLE = struct('CCEL', 'ACPI 6.5 §5.2.34', {
  signature: field(ascii(4), '"CCEL"'),
  length: field(u32le, 'Length of the table: 56'),
  revision: field(u8, 'Revision'),
  checksum: field(u8, 'Makes the sum of all bytes zero'),
  oemId: field(ascii(6), 'OEM id'),
  oemTableId: field(ascii(8), 'OEM table id'),
  oemRevision: field(u32le, 'OEM revision'),
  creatorId: field(u32le, 'Creator id'),
  creatorRevision: field(u32le, 'Creator revision'),
  ccType: field(u8, 'Confidential computing type: 0 none, 1 SEV, 2 TDX'),
  ccSubtype: field(u8, 'Confidential computing subtype'),
  reserved: field(u16le, 'Reserved'),
  logAreaMinimumLength: field(u64le, 'LAML: length of the log area in bytes'),
  logAreaStartAddress: field(u64le, 'LASA: physical address of the log area'),
});
