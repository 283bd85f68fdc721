/** Is this certificate or list signed by that key? Source: RFC 5280 §4.1.1.3, §5.1.1.3. */
import type { Digests, SignatureVerifier, VerifyCache } from '@tsm/core';
import { CURVES, ecdsaSignatureFromDer } from '../keys/algorithms.ts';
import { remembered } from '../cache.ts';
import { fingerprint } from './fingerprint.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { keyFits } from '../keys/signature.ts';
import type { SignatureField } from './signed.ts';

export interface SignatureContext {
  readonly verifier: SignatureVerifier;
  readonly cache?: VerifyCache | undefined;
  readonly digests: Digests;
}

interface SignedBytes {
  readonly der: Uint8Array;
  readonly tbs: Uint8Array;
  readonly signature: SignatureField;
}

/** Remembered by content, so that an edge of a chain is verified once. */
export async function signedBy(
  { der, tbs, signature }: SignedBytes,
  key: PublicKey,
  { verifier, cache, digests }: SignatureContext,
): Promise<boolean> {
  const { scheme, value } = signature;
  if (!scheme || !keyFits(scheme, key)) return false;
  const verify = async (): Promise<boolean> => {
    const raw = key.curve ? ecdsaSignatureFromDer(value, CURVES[key.curve].size) : value;
    return raw !== undefined && verifier.verify(scheme, key.spki, raw, tbs);
  };
  if (!cache) return verify();
  return remembered(cache, `signed:${fingerprint(key.spki, digests)}${fingerprint(der, digests)}`, verify);
}
