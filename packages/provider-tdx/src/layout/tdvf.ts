/** Metadata of TD firmware images. Spec: edk2 OvmfPkg/ResetVector/X64/IntelTdxMetadata.nasm.inc; td-shim-interface metadata. */
import { array, ascii, enumOf, field, flags, guid, struct, u16le, u32le, u64le } from '@tsm/core/layout';

const METADATA = 'Intel TDX Virtual Firmware Design Guide, TDVF metadata';

/** GUID of the footer of the table that stands before the reset vector, and of its entry that leads to the metadata. */
export const TDVF_GUID = {
  TABLE_FOOTER: '96b582de-1fb2-45f7-baea-a366c55a082d',
  METADATA_OFFSET: 'e47a6535-984a-4798-865e-4685a7bf8ec2',
} as const;

/** The end of an entry of the reset vector's table: entries are found from the last one back. */
export const GuidedEntryTail = struct('GuidedEntryTail', 'edk2 OvmfPkg/ResetVector, GUIDed structures', {
  length: field(u16le, 'Length of the entry, data and tail'),
  guid: field(guid, 'What the entry is'),
});

export const TDVF_SECTION = {
  BFV: 0,
  CFV: 1,
  TD_HOB: 2,
  TEMP_MEM: 3,
  PERM_MEM: 4,
  PAYLOAD: 5,
  PAYLOAD_PARAM: 6,
  TD_INFO: 7,
  TD_PARAMS: 8,
} as const;

const SECTION_TYPES = Object.entries(TDVF_SECTION).map(([name, value]) => ({ name, value }));

/** Bits of a section's attributes. */
export const TDVF_ATTRIBUTE = { MR_EXTEND: 0, PAGE_AUG: 1 } as const;

export const TdvfSection = struct('TdvfSection', METADATA, {
  dataOffset: field(u32le, 'Where the data start, from the start of the file'),
  rawDataSize: field(u32le, 'Size of the data in the file'),
  memoryAddress: field(u64le, 'Guest physical address, a multiple of 4096'),
  memoryDataSize: field(u64le, 'Size in memory, a multiple of 4096'),
  type: field(enumOf(u32le, SECTION_TYPES), 'What the section is'),
  attributes: field(flags(u32le, TDVF_ATTRIBUTE), 'How the pages come into the TD'),
});

export const TdvfMetadata = struct('TdvfMetadata', METADATA, {
  signature: field(ascii(4), 'TDVF'),
  length: field(u32le, 'Size of the metadata in bytes'),
  version: field(u32le, '1'),
  count: field(u32le, 'How many sections'),
  sections: field(array(TdvfSection, 'count'), 'What the host loads, in its order'),
});
