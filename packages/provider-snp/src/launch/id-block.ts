/** The ID block: what its owner lets a guest be launched as. Spec: AMD SEV-SNP ABI (56860), §8.18. */
import { p384 } from '@noble/curves/nist.js';
import { equalBytes, isFilledWith, TsmError, type Digests, type Signer } from '@tsm/core';
import { decodeStrict, encode, type Infer } from '@tsm/core/layout';
import { publicKeyFrom } from '@tsm/evidence';
import { CURVE_P384, ECDSA_P384_SHA384, EcdsaPublicKey, EcdsaSignature } from '../layout/ecdsa.ts';
import { IdAuthentication, IdBlock } from '../layout/id-block.ts';
import { pointOf, publicKeyOf, rawSignature, signatureOf } from '../little-endian.ts';

/** What the report says of an ID block. */
export interface Ownership {
  readonly familyId: Uint8Array;
  readonly imageId: Uint8Array;
  readonly guestSvn: number;
  readonly idKeyDigest: Uint8Array;
  /** Zeros without an author key. */
  readonly authorKeyDigest: Uint8Array;
  readonly authorKey: boolean;
}

/** ID_KEY_DIGEST or AUTHOR_KEY_DIGEST of a P-384 public key (PEM, JWK, SPKI or point); undefined for any other. */
export function ownerKeyDigest(key: Uint8Array, digests: Digests): Uint8Array | undefined {
  const found = publicKeyFrom(key);
  if (found?.curve !== 'p384') return undefined;
  return digests.digest('sha384', encode(EcdsaPublicKey, publicKeyOf(found.point)));
}

/** Private keys of the owner, P-384, 48 bytes each. */
export interface OwnerKeys {
  readonly idKey: Uint8Array;
  readonly authorKey?: Uint8Array;
}

/** Signs an ID block as SNP_LAUNCH_FINISH takes it: the block, 96 bytes, and its authentication, 4096 bytes. */
export function createIdBlock(
  block: Infer<typeof IdBlock>,
  { idKey, authorKey }: OwnerKeys,
  signer?: Signer,
): { idBlock: Uint8Array; idAuth: Uint8Array } {
  const sign = (key: Uint8Array, message: Uint8Array) =>
    signatureOf(signer ? signer.sign('p384', key, message) : p384.sign(message, key));
  const idBlock = encode(IdBlock, block);
  const publicKey = publicKeyOf(p384.getPublicKey(idKey, false));
  const encodedKey = encode(EcdsaPublicKey, publicKey);
  const author = authorKey && {
    authorKeyAlgo: ECDSA_P384_SHA384,
    idKeySignature: encode(EcdsaSignature, sign(authorKey, encodedKey)),
    authorKey: encode(EcdsaPublicKey, publicKeyOf(p384.getPublicKey(authorKey, false))),
  };
  const idAuth = encode(IdAuthentication, {
    idKeyAlgo: ECDSA_P384_SHA384,
    reserved1: new Uint8Array(56),
    idBlockSignature: sign(idKey, idBlock),
    idKey: publicKey,
    reserved2: new Uint8Array(60),
    ...(author ?? {
      authorKeyAlgo: 0,
      idKeySignature: new Uint8Array(512),
      authorKey: new Uint8Array(0x404),
    }),
    reserved3: new Uint8Array(892),
  });
  return { idBlock, idAuth };
}

/** A point that is not on the curve, or a number out of range, makes noble throw: both are a signature that is not good. */
function isSigned(
  key: Infer<typeof EcdsaPublicKey>,
  signature: Infer<typeof EcdsaSignature>,
  message: Uint8Array,
): boolean {
  if (key.curve !== CURVE_P384) return false;
  try {
    return p384.verify(rawSignature(signature), message, pointOf(key), { lowS: false });
  } catch {
    return false;
  }
}

/** What SNP_LAUNCH_FINISH does with an ID block. Refusals are `EINVAL`, with the firmware's own status in words. */
export function checkIdBlock(
  idBlock: Uint8Array,
  idAuth: Uint8Array,
  guest: { readonly measurement: Uint8Array; readonly policy: Uint8Array },
  digests: Digests,
): Ownership {
  const refuse = (status: string, why: string): never => {
    throw new TsmError('EINVAL', `SNP_LAUNCH_FINISH: ${status}: ${why}`);
  };
  const block = decodeStrict(IdBlock, idBlock);
  const auth = decodeStrict(IdAuthentication, idAuth);
  if (block.version !== 1) refuse('INVALID_PARAM', `the ID block has version ${String(block.version)}`);
  if (auth.idKeyAlgo !== ECDSA_P384_SHA384) refuse('INVALID_PARAM', 'the ID key is not ECDSA P-384');
  if (!isSigned(auth.idKey, auth.idBlockSignature, idBlock)) {
    refuse('BAD_SIGNATURE', 'the ID block is not signed by the ID key');
  }
  const authorKey = auth.authorKeyAlgo === ECDSA_P384_SHA384;
  if (authorKey) {
    const author = decodeStrict(EcdsaPublicKey, auth.authorKey);
    const signature = decodeStrict(EcdsaSignature, auth.idKeySignature);
    if (!isSigned(author, signature, encode(EcdsaPublicKey, auth.idKey))) {
      refuse('BAD_SIGNATURE', 'the ID key is not signed by the author key');
    }
  } else if (!isFilledWith(auth.authorKey, 0)) {
    refuse('INVALID_PARAM', 'there is an author key without its algorithm');
  }
  if (!equalBytes(block.launchDigest, guest.measurement)) {
    refuse('BAD_MEASUREMENT', 'the launch digest is not that of the ID block');
  }
  if (!equalBytes(idBlock.subarray(88, 96), guest.policy)) {
    refuse('POLICY_FAILURE', 'the policy is not that of the ID block');
  }
  return {
    familyId: block.familyId.slice(),
    imageId: block.imageId.slice(),
    guestSvn: block.guestSvn,
    idKeyDigest: digests.digest('sha384', encode(EcdsaPublicKey, auth.idKey)),
    authorKeyDigest: authorKey ? digests.digest('sha384', auth.authorKey) : new Uint8Array(48),
    authorKey,
  };
}
