/** ID block and ID authentication information: the owner's word on a launch. Spec: AMD SEV-SNP ABI (56860), §8.18. */
import { bytes, enumOf, field, reserved, struct, u32le } from '@tsm/core/layout';
import { EcdsaPublicKey, EcdsaSignature, SIGNATURE_ALGORITHMS } from './ecdsa.ts';
import { GuestPolicy } from './policy.ts';

const SPEC = 'AMD SEV-SNP ABI (56860) §8.18';

/** 96 bytes. */
export const IdBlock = struct('IdBlock', `${SPEC}, table 75`, {
  launchDigest: field(bytes(48), 'What the launch must measure to'),
  familyId: field(bytes(16), 'FAMILY_ID'),
  imageId: field(bytes(16), 'IMAGE_ID'),
  version: field(u32le, 'Version of the ID block; 1'),
  guestSvn: field(u32le, 'SVN of the guest'),
  policy: field(GuestPolicy, 'What POLICY must be'),
});

/** 4096 bytes. */
export const IdAuthentication = struct('IdAuthentication', `${SPEC}, table 76`, {
  idKeyAlgo: field(enumOf(u32le, SIGNATURE_ALGORITHMS), 'Algorithm of the ID key'),
  authorKeyAlgo: field(u32le, 'Algorithm of the author key; 0 without one'),
  reserved1: field(reserved(56), 'Reserved'),
  idBlockSignature: field(EcdsaSignature, 'By the ID key, over the ID block'),
  idKey: field(EcdsaPublicKey, 'ID key'),
  reserved2: field(reserved(60), 'Reserved'),
  idKeySignature: field(bytes(512), 'By the author key, over the ID key; zeros without one'),
  authorKey: field(bytes(0x404), 'Author key; zeros without one'),
  reserved3: field(reserved(892), 'Reserved'),
});
