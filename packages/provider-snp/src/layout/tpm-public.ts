/** Public areas of a vTPM's keys: its endorsement key is the manifest of the vTPM service. Spec: TPM 2.0 Library part 2, §12.2.4. */
import { bytes, field, prefixed, rest, struct, u16be, u32be } from '@tsm/core/layout';

const SPEC = 'TPM 2.0 Library part 2 §12.2.4';

/** TPMT_PUBLIC of an ECC key, as the EK templates of TCG have it. */
export const TpmtPublicEcc = struct('TpmtPublicEcc', SPEC, {
  type: field(u16be, 'TPM_ALG_ECC, 0x0023'),
  nameAlg: field(u16be, 'Hash of its name'),
  attributes: field(u32be, 'Attributes of the object'),
  authPolicy: field(prefixed(u16be, rest), 'Policy to use it'),
  symmetric: field(bytes(6), 'AES, key size, CFB'),
  scheme: field(u16be, 'TPM_ALG_NULL, 0x0010'),
  curve: field(u16be, 'Curve'),
  kdf: field(u16be, 'TPM_ALG_NULL, 0x0010'),
  x: field(prefixed(u16be, rest), 'x, big-endian'),
  y: field(prefixed(u16be, rest), 'y, big-endian'),
});

/** TPMT_PUBLIC of an RSA key that signs, as attestation keys are: its name is the digest of it. */
export const TpmtPublicRsa = struct('TpmtPublicRsa', SPEC, {
  type: field(u16be, 'TPM_ALG_RSA, 0x0001'),
  nameAlg: field(u16be, 'Hash of its name'),
  attributes: field(u32be, 'Attributes of the object'),
  authPolicy: field(prefixed(u16be, rest), 'Policy to use it'),
  symmetric: field(u16be, 'TPM_ALG_NULL, 0x0010'),
  scheme: field(u16be, 'TPM_ALG_RSASSA, 0x0014'),
  schemeHash: field(u16be, 'Hash that is signed'),
  keyBits: field(u16be, 'Size of the modulus in bits'),
  exponent: field(u32be, 'Public exponent; 0 is 65537'),
  modulus: field(prefixed(u16be, rest), 'Modulus, big-endian'),
});
