/** Every wire structure of AMD SEV-SNP as a byte-layout table. */
export { CERTIFICATE_GUID, CertificateTableEntry } from './certificate-table.ts';
export { EcdsaPublicKey, EcdsaSignature } from './ecdsa.ts';
export { FIRMWARE_GUID, FirmwareTableEntry, SECTION, SevMetadata, SevMetadataSection } from './firmware.ts';
export { HCL_HASH, HCL_REPORT, HclHeader, HclRuntimeData } from './hcl.ts';
export { IdAuthentication, IdBlock } from './id-block.ts';
export { HASH_TABLE_GUID, KernelHash, KernelHashTable } from './kernel-hashes.ts';
export { PAGE_TYPE, PageInfo } from './page-info.ts';
export { GuestPolicy, PLATFORM_INFO, POLICY_FLAGS } from './policy.ts';
export {
  AttestationReportV2,
  AttestationReportV2Turin,
  AttestationReportV3,
  AttestationReportV3Turin,
  AttestationReportV5,
  AttestationReportV5Turin,
  SIGNING_KEY,
} from './report.ts';
export {
  SERVICES_MANIFEST_GUID,
  ServiceEntry,
  ServicesManifest,
  SvsmReportInput,
  VTPM_SERVICE_GUID,
} from './services-manifest.ts';
export { TcbVersion, TcbVersionTurin } from './tcb.ts';
export { TpmtPublicEcc, TpmtPublicRsa } from './tpm-public.ts';
export { TpmPcrSelection, TpmQuote } from './tpm-quote.ts';
export { VmcbSegment, Vmsa } from './vmsa.ts';
