/** The wire structures of TCG logs and of their event data, as layout tables. */
export { DEVICE_PATH_HEADER } from './event-data/device-path-nodes.ts';
export { TCG_TAGGED_EVENT } from './event-data/event-tag.ts';
export { EFI_PARTITION_ENTRY, EFI_PARTITION_TABLE_HEADER, UEFI_GPT_DATA } from './event-data/gpt.ts';
export { UEFI_HANDOFF_TABLE_POINTERS, UEFI_HANDOFF_TABLE_POINTERS2 } from './event-data/handoff-tables.ts';
export { UEFI_IMAGE_LOAD_EVENT } from './event-data/image-load.ts';
export { SP800_155_EVENT, SP800_155_EVENT2, SP800_155_EVENT3, STARTUP_LOCALITY } from './event-data/no-action.ts';
export { UEFI_PLATFORM_FIRMWARE_BLOB, UEFI_PLATFORM_FIRMWARE_BLOB2 } from './event-data/platform-blob.ts';
export { EFI_SIGNATURE_DATA, EFI_SIGNATURE_LIST } from './event-data/signatures.ts';
export { EFI_LOAD_OPTION, UEFI_VARIABLE_DATA } from './event-data/uefi-variable.ts';
export { CCEL_TABLE, pcrEvent2Layout, SPEC_ID_EVENT, TCG_PCR_EVENT } from './tcg/layout.ts';
