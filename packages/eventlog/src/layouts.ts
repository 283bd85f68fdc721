/** The wire structures of TCG logs and of their event data, as layout tables. */
export { DEVICE_PATH_HEADER } from './event-data/device-path/nodes.ts';
export {
  DEVICE_PATH_LENGTH,
  DEVICE_SECURITY_HEADER,
  DEVICE_SECURITY_HEADER2,
  DEVICE_SECURITY_PCI_CONTEXT,
  DEVICE_SECURITY_USB_CONTEXT,
  SPDM_CERT_CHAIN_SUB_HEADER,
  SPDM_MEASUREMENT_BLOCK,
  SPDM_MEASUREMENT_SUB_HEADER,
} from './event-data/device-security.ts';
export { TCG_TAGGED_EVENT } from './event-data/event-tag.ts';
export { EFI_PARTITION_ENTRY, EFI_PARTITION_TABLE_HEADER, UEFI_GPT_DATA } from './event-data/gpt.ts';
export {
  EFI_CONFIGURATION_TABLE,
  UEFI_HANDOFF_TABLE_POINTERS,
  UEFI_HANDOFF_TABLE_POINTERS2,
} from './event-data/handoff-tables.ts';
export { UEFI_IMAGE_LOAD_EVENT } from './event-data/image-load.ts';
export {
  HCRTM_COMPONENT,
  SP800_155_EVENT,
  SP800_155_EVENT2,
  SP800_155_EVENT3,
  SPEC_ID_EVENT_SHA1,
  STARTUP_LOCALITY,
} from './event-data/no-action.ts';
export { UEFI_PLATFORM_FIRMWARE_BLOB, UEFI_PLATFORM_FIRMWARE_BLOB2 } from './event-data/platform-blob.ts';
export { SEPARATOR } from './event-data/separator.ts';
export { EFI_SIGNATURE_DATA, EFI_SIGNATURE_LIST } from './event-data/signatures.ts';
export { GCE_NON_HOST_INFO, TD_SHIM_CONFIG } from './event-data/text-like.ts';
export { EFI_LOAD_OPTION, UEFI_VARIABLE_DATA, UEFI_VARIABLE_HEADER } from './event-data/uefi-variable.ts';
export { CCEL_TABLE, pcrEvent2Layout, SPEC_ID_EVENT, TCG_PCR_EVENT } from './tcg/layout.ts';
