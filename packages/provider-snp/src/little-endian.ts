/** ECDSA P-384 between AMD's little-endian structures and the big-endian form of everyone else. */
import { concat } from '@tsm/core';
import type { Infer } from '@tsm/core/layout';
import { CURVE_P384, type EcdsaPublicKey, type EcdsaSignature } from './layout/ecdsa.ts';

const SIZE = 48;

const reversed = (bytes: Uint8Array): Uint8Array => bytes.slice().reverse();
const zeros = (size: number): Uint8Array => new Uint8Array(size);

/** Raw r‖s, big-endian, 96 bytes. */
export function rawSignature({ r, s }: Pick<Infer<typeof EcdsaSignature>, 'r' | 's'>): Uint8Array {
  return concat(reversed(r), reversed(s));
}

/** The structure of a raw r‖s, big-endian. */
export function signatureOf(raw: Uint8Array): Infer<typeof EcdsaSignature> {
  return {
    r: reversed(raw.subarray(0, SIZE)),
    rPadding: zeros(24),
    s: reversed(raw.subarray(SIZE)),
    sPadding: zeros(24),
    reserved: zeros(368),
  };
}

/** The structure of a point 04‖x‖y. */
export function publicKeyOf(point: Uint8Array): Infer<typeof EcdsaPublicKey> {
  return {
    curve: CURVE_P384,
    qx: reversed(point.subarray(1, 1 + SIZE)),
    qxPadding: zeros(24),
    qy: reversed(point.subarray(1 + SIZE)),
    qyPadding: zeros(24),
    reserved: zeros(880),
  };
}

/** The point 04‖x‖y of the structure. */
export function pointOf({ qx, qy }: Pick<Infer<typeof EcdsaPublicKey>, 'qx' | 'qy'>): Uint8Array {
  return concat(Uint8Array.of(4), reversed(qx), reversed(qy));
}
