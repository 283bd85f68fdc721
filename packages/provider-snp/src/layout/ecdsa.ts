/** ECDSA P-384 keys and signatures as AMD's firmware writes them: little-endian. Spec: AMD SEV-SNP ABI (56860), chapter 10. */
import { bytes, enumOf, field, reserved, struct, u32le } from '@tsm/core/layout';

const SPEC = 'AMD SEV-SNP ABI (56860)';

/** SIGNATURE_ALGO. */
export const ECDSA_P384_SHA384 = 1;
/** CURVE_ID. */
export const CURVE_P384 = 2;

export const SIGNATURE_ALGORITHMS = [
  { value: ECDSA_P384_SHA384, name: 'ECDSA_P384_SHA384', title: 'ECDSA P-384 with SHA-384' },
];

/** 512 bytes. */
export const EcdsaSignature = struct('EcdsaSignature', `${SPEC} table 138`, {
  r: field(bytes(48), 'R, little-endian'),
  rPadding: field(reserved(24), 'Zero: R has room for 72 bytes'),
  s: field(bytes(48), 'S, little-endian'),
  sPadding: field(reserved(24), 'Zero: S has room for 72 bytes'),
  reserved: field(reserved(368), 'Reserved'),
});

/** 0x404 bytes; its SHA-384 is ID_KEY_DIGEST or AUTHOR_KEY_DIGEST. */
export const EcdsaPublicKey = struct('EcdsaPublicKey', `${SPEC} table 139`, {
  curve: field(enumOf(u32le, [{ value: CURVE_P384, name: 'P384' }]), 'Curve'),
  qx: field(bytes(48), 'x, little-endian'),
  qxPadding: field(reserved(24), 'Zero: x has room for 72 bytes'),
  qy: field(bytes(48), 'y, little-endian'),
  qyPadding: field(reserved(24), 'Zero: y has room for 72 bytes'),
  reserved: field(reserved(880), 'Reserved'),
});
