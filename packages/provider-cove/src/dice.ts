/** DICE layering: compound device identifiers, keys and names from secrets and measurements. Spec: CoVE specification, Layered Evidence; the derivations are those of rivosinc/rice. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha384 } from '@noble/hashes/sha2.js';
import { concat, fromHex, utf8Bytes, type Signer } from '@tsm/core';

/** Salts of the Open Profile for DICE. */
const ID_SALT = fromHexStrict(
  'dbdbaebc8020da9ff0dd5a24c83aa5a54286dfc263031e329b4da148430659fe' +
    '62cdb5b7e1e00fc680306711eb444af77209359496fcff1db9520ba51c7b29ea',
);
const ASYM_SALT = fromHexStrict(
  '63b6a04d2c077fc10f639f21da793844356cc2b0b441b3a77124035c03f8e1be' +
    '6035d31f282821a7450a02222ab1b3cff1679b05ab1ca5d1affb789ccd2b0b3b',
);

const CDI_SIZE = 32;
const CDI_ID_SIZE = 20;

/** Ed25519; 64 bytes. */
export type Sign = (message: Uint8Array) => Uint8Array;

export interface KeyPair {
  readonly privateKey: Uint8Array;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly sign: Sign;
}

/** One layer: its secret and the attestation key that follows from it. */
export interface Layer extends KeyPair {
  readonly cdi: Uint8Array;
}

function fromHexStrict(text: string): Uint8Array {
  return fromHex(text) ?? new Uint8Array(0);
}

function kdf(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, size: number): Uint8Array {
  return hkdf(sha384, secret, salt, info, size);
}

export function keyPairOf(privateKey: Uint8Array, signer?: Signer): KeyPair {
  return {
    privateKey,
    publicKey: ed25519.getPublicKey(privateKey),
    sign: (message) =>
      signer ? signer.sign('ed25519', privateKey, message) : ed25519.sign(message, privateKey),
  };
}

/** A layer from its CDI, 32 bytes. */
export function layerOf(cdi: Uint8Array, signer?: Signer): Layer {
  return { cdi, ...keyPairOf(kdf(cdi, ASYM_SALT, utf8Bytes('Key_Pair'), CDI_SIZE), signer) };
}

/** `CDI_N = KDF(len, CDI_(N-1) ‖ H(measurements))`, as the specification writes it; `digest` is the hash. */
export function nextCdi(cdi: Uint8Array, digest: Uint8Array): Uint8Array {
  return kdf(concat(cdi, digest), ID_SALT, utf8Bytes('CDI_Attestation'), CDI_SIZE);
}

/** salus: the measurements are the salt, and the VM's number (u64, little-endian) goes into the context. */
export function nextSalusCdi(
  cdi: Uint8Array,
  tci: Uint8Array,
  vmId: Uint8Array,
  kind: 'Attestation' | 'Sealing' = 'Attestation',
): Uint8Array {
  return kdf(cdi, tci, concat(utf8Bytes(`CDI_${kind}`), vmId), CDI_SIZE);
}

/** 20 bytes that name a layer, from its public key; salus takes the private key instead. */
export function cdiId(key: Uint8Array): Uint8Array {
  return kdf(key, ID_SALT, utf8Bytes('CDI_ID'), CDI_ID_SIZE);
}

/** A CDI of the right size from a secret of another size. */
export function extractCdi(secret: Uint8Array): Uint8Array {
  return hkdf(sha384, secret, undefined, new Uint8Array(0), CDI_SIZE);
}

/** CDIs that salus has as constants: everybody knows them, and so the keys that follow. */
export const SALUS_CONSTANT = {
  attestation: 'RANDOMATTESTATIONCDI',
  sealing: 'RANDOMSEALINGCDI',
} as const;

/** Public key of every salus TSM as published. Its private key is public knowledge. */
export const SALUS_PUBLIC_KEY = fromHexStrict(
  '46a51ccff528ea28a1e47b515494440bfffb40c5a2a1aa08fb66118dc862ddd8',
);
