/** Attestation capabilities, by the specification and by salus. Spec: CoVE specification, sbi_covg_get_attcaps; sbi-rs src/attestation.rs. */
import { array, enumOf, field, flags, reserved, struct, u32le, u64le, u8 } from '@tsm/core/layout';

const SPEC = 'CoVE specification, sbi_covg_get_attcaps';
const SBI_RS = 'sbi-rs, src/attestation.rs';

/** TCG PCR index of a register that maps to none. */
export const UNMAPPED_TCG_PCR = 0xff;

const HASH_ALGORITHM = [
  { value: 0, name: 'Sha_384' },
  { value: 1, name: 'Sha_512' },
  { value: 2, name: 'Sha3_384' },
  { value: 3, name: 'Sha3_512' },
] as const;

const MEASUREMENT_TYPE = [
  { value: 0, name: 'Initial' },
  { value: 1, name: 'Runtime' },
] as const;

/** 12 bytes: three after the PCR index align the next one. */
export const MeasurementRegisterDescriptor = struct('MeasurementRegisterDescriptor', SPEC, {
  hashAlgorithm: field(enumOf(u32le, HASH_ALGORITHM), 'Hash of the register'),
  measurementType: field(enumOf(u32le, MEASUREMENT_TYPE), 'Initial or runtime'),
  tcgPcrIndex: field(u8, 'TCG PCR that it maps to; 0xff: none'),
  reserved: field(reserved(3), 'Alignment'),
});

export const AttestationCapabilities = struct('AttestationCapabilities', SPEC, {
  tcbSvn: field(u64le, 'Security version number of the TCB'),
  hashAlgorithm: field(enumOf(u32le, HASH_ALGORITHM), 'Hash of measurements'),
  certificateFormats: field(flags(u32le, { cbor: 0, x509: 1 }), 'Formats of attestation certificates'),
  initialMeasurements: field(u8, 'Number of initial registers, 1 to 8'),
  runtimeMeasurements: field(u8, 'Number of runtime registers, 0 to 18'),
  reserved: field(reserved(2), 'Alignment'),
  registers: field(array(MeasurementRegisterDescriptor, 26), 'Descriptors, initial ones first'),
  padding: field(reserved(4), 'To a multiple of 8 bytes'),
});

const SALUS_HASH_ALGORITHM = [
  { value: 1, name: 'Sha384' },
  { value: 2, name: 'Sha512' },
] as const;

/** 4 bytes. */
export const SalusRegisterDescriptor = struct('SalusRegisterDescriptor', SBI_RS, {
  tcbLayerIndex: field(u8, 'TCB layer, for certificates of several layers'),
  fwidIndex: field(u8, 'Position among the fwids of the certificate'),
  tcgPcrIndex: field(u8, 'TCG PCR, which is the index in the ABI'),
  runtime: field(u8, '1: runtime'),
});

export const SalusCapabilities = struct('SalusCapabilities', SBI_RS, {
  tcbSvn: field(u64le, 'Security version number of the TCB'),
  hashAlgorithm: field(enumOf(u8, SALUS_HASH_ALGORITHM), 'Hash of measurements'),
  evidenceFormats: field(
    flags(u8, { DiceTcbInfo: 0, DiceMultiTcbInfo: 1, OpenDice: 2 }),
    'Formats of evidence',
  ),
  staticMeasurements: field(u8, 'Number of static registers'),
  runtimeMeasurements: field(u8, 'Number of runtime registers'),
  registers: field(array(SalusRegisterDescriptor, 32), 'Descriptors, static ones first'),
  padding: field(reserved(4), 'To a multiple of 8 bytes'),
});
