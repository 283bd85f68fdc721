/** Every wire structure of Arm CCA as a byte-layout table. Tokens are CBOR: their claims are tables in `claims.ts`. */
export { Arm64Image, ARM64_MAGIC } from './arm64-image.ts';
export {
  DATA_FLAGS,
  DESCRIPTOR_TYPE,
  MeasurementDescriptorData,
  MeasurementDescriptorRec,
  MeasurementDescriptorRipas,
} from './descriptors.ts';
export { REALM_FLAGS, RMI_HASH, RmiRealmParams } from './realm-params.ts';
export { REC_FLAGS, RmiRecParams } from './rec-params.ts';
