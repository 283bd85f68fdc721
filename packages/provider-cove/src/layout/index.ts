/** Every wire structure of CoVE with fixed offsets as a byte-layout table. */
export {
  AttestationCapabilities,
  MeasurementRegisterDescriptor,
  SalusCapabilities,
  SalusRegisterDescriptor,
  UNMAPPED_TCG_PCR,
} from './capabilities.ts';
export { ConfigurationRecord, PageRecord, SalusExtendRecord } from './measurement.ts';
