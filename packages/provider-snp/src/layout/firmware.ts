/** What firmware says about itself at its end. Spec: OVMF ResetVector (GUIDed table), OvmfSevMetadata.asm; AMD GHCB (56421). */
import { array, ascii, enumOf, field, guid, struct, u16le, u32le } from '@tsm/core/layout';

const SPEC = 'EDK II OvmfPkg/ResetVector';

export const FIRMWARE_GUID = {
  footer: '96b582de-1fb2-45f7-baea-a366c55a082d',
  sevMetadata: 'dc886566-984a-4798-a75e-5585a7bf67cc',
  hashTable: '7255371f-3a3b-4b04-927b-1da6efa8d454',
  resetBlock: '00f771de-1a7e-4fcb-890e-68c77e2fb44e',
  svsmInfo: 'a789a612-0597-4c4b-a49f-cbb1fe9d1ddd',
} as const;

/** 18 bytes, at the end of each entry of the table; the table is read backwards. */
export const FirmwareTableEntry = struct('FirmwareTableEntry', `${SPEC}/X64/OvmfSevMetadata.asm`, {
  size: field(u16le, 'Size of the entry with these 18 bytes'),
  guid: field(guid, 'What the entry is'),
});

export const SECTION = {
  SNP_SEC_MEM: 1,
  SNP_SECRETS: 2,
  CPUID: 3,
  SVSM_CAA: 4,
  SNP_KERNEL_HASHES: 0x10,
} as const;

const SECTIONS = Object.entries(SECTION).map(([name, value]) => ({ name, value }));

/** 12 bytes. */
export const SevMetadataSection = struct('SevMetadataSection', `${SPEC}/X64/OvmfSevMetadata.asm`, {
  gpa: field(u32le, 'Guest physical address'),
  size: field(u32le, 'Size in bytes'),
  type: field(enumOf(u32le, SECTIONS), 'What the pages are for'),
});

export const SevMetadata = struct('SevMetadata', `${SPEC}/X64/OvmfSevMetadata.asm`, {
  signature: field(ascii(4), 'ASEV'),
  size: field(u32le, 'Size of it all in bytes'),
  version: field(u32le, 'Version; 1'),
  count: field(u32le, 'How many sections'),
  sections: field(array(SevMetadataSection, 'count'), 'Sections'),
});
