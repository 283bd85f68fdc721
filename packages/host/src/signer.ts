/** Signatures by node:crypto, for models that mint evidence: much faster than portable ones, and other bytes each time. */
import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { concat, toHex, type Signer } from '@tsm/core';

type Curve = Parameters<Signer['sign']>[0];

/** DER before the private key: ECPrivateKey with a named curve (RFC 5915), for Ed25519 PKCS #8 (RFC 8410). */
const PREFIX: Readonly<Record<Curve, string>> = {
  p256: '30310201010420',
  p384: '303e0201010430',
  ed25519: '302e020100300506032b657004220420',
};
/** DER after it: the curve's object identifier. */
const SUFFIX: Readonly<Record<Curve, string>> = {
  p256: 'a00a06082a8648ce3d030107',
  p384: 'a00706052b81040022',
  ed25519: '',
};
const HASH: Readonly<Record<Curve, string | null>> = { p256: 'sha256', p384: 'sha384', ed25519: null };

function keyObject(curve: Curve, privateKey: Uint8Array): KeyObject {
  const [before, after] = [PREFIX, SUFFIX].map((table) => Buffer.from(table[curve], 'hex'));
  const key = Buffer.from(concat(before ?? new Uint8Array(0), privateKey, after ?? new Uint8Array(0)));
  return createPrivateKey({ key, format: 'der', type: curve === 'ed25519' ? 'pkcs8' : 'sec1' });
}

/** Keeps the keys it has seen: reading one takes longer than a signature. */
export function nodeSigner(): Signer {
  const keys = new Map<string, KeyObject>();
  return {
    sign(curve, privateKey, message) {
      const name = curve + toHex(privateKey);
      const key = keys.get(name) ?? keyObject(curve, privateKey);
      keys.set(name, key);
      return new Uint8Array(sign(HASH[curve], message, { key, dsaEncoding: 'ieee-p1363' }));
    },
  };
}
