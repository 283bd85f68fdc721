/** Every wire structure of TDX as a byte-layout table. */
export {
  AcpiRsdp,
  AcpiTableHeader,
  LINKER_COMMAND,
  LinkerAddChecksum,
  LinkerAddPointer,
  LinkerAllocate,
  LinkerEntry,
} from './acpi-loader.ts';
export { SgxAttributes, TD_ATTRIBUTES, XFAM } from './attributes.ts';
export {
  CERTIFICATION,
  CertificationData,
  PckCertificationData,
  PpidCleartext,
  PpidRsa2048,
  PpidRsa3072,
  QeReportCertificationData,
} from './certification-data.ts';
export { GptEntry, GptHeader } from './gpt.ts';
export { HandoffInfoHob, HOB_TYPE, HobHeader, RESOURCE, ResourceHob } from './hob.ts';
export { MrExtendRecord, PageAddRecord } from './launch-record.ts';
export { SetupHeader } from './linux-boot.ts';
export {
  CoffHeader,
  DataDirectory,
  DosHeader,
  OptionalHeader32,
  OptionalHeader64,
  PE_MAGIC,
  SectionHeader,
} from './pe.ts';
export {
  BODY_TYPE,
  EcdsaAuthData,
  KEY_TYPE,
  OtherQuote,
  QuoteHeader,
  QuoteV4,
  QuoteV5,
  SignedQuoteV4,
  SignedQuoteV5,
  TdQuoteBody10,
  TdQuoteBody15,
  TEE_TYPE,
} from './quote.ts';
export { SgxReportBody } from './sgx-report.ts';
export { ReportMac, ReportType, TDX_REPORT_TYPE, TdInfo, TdReport, TeeTcbInfo } from './td-report.ts';
export {
  GuidedEntryTail,
  TDVF_ATTRIBUTE,
  TDVF_GUID,
  TDVF_SECTION,
  TdvfMetadata,
  TdvfSection,
} from './tdvf.ts';
export {
  DevicePathHeader,
  FwCfgEvent,
  HandoffTable,
  HandoffTablePointers2,
  ImageLoadEvent,
  LoadOption,
  PlatformFirmwareBlob2,
  TaggedEvent,
  TdShimEvent,
  UefiVariableData,
} from './uefi.ts';
