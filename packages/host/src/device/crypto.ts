/** SPDM's cryptography on node:crypto: an order of magnitude faster than the portable one, and the same in every result. */
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createECDH,
  hash,
  sign,
  verify,
  type CipherGCMTypes,
  type KeyObject,
} from 'node:crypto';
import { portableSpdmCrypto, type AsymAlgorithm, type SpdmCrypto } from '@tsm/pci-tdisp';

/** Curves as OpenSSL names them. */
export const CURVES = { p256: 'prime256v1', p384: 'secp384r1', p521: 'secp521r1' } as const;
const TAG = 16;

type Aead = Parameters<SpdmCrypto['seal']>[0];

const plain = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

/** What a key and an algorithm are to node:crypto's sign and verify. */
export function how({ kind }: AsymAlgorithm, key: KeyObject) {
  if (kind === 'rsapss')
    return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  return kind === 'ecdsa' ? { key, dsaEncoding: 'ieee-p1363' as const } : key;
}

export const isEdwards = ({ kind }: AsymAlgorithm): boolean => kind === 'ed25519' || kind === 'ed448';

function publicKeyOf(spki: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch {
    return undefined; // a peer's bytes that are no key
  }
}

/** Kind of key that an algorithm wants, and its curve. */
function fits({ kind, curve }: AsymAlgorithm, key: KeyObject): boolean {
  if (kind === 'ecdsa')
    return (
      key.asymmetricKeyType === 'ec' &&
      curve !== undefined &&
      key.asymmetricKeyDetails?.namedCurve === CURVES[curve]
    );
  return isEdwards({ kind } as AsymAlgorithm)
    ? key.asymmetricKeyType === kind
    : key.asymmetricKeyType === 'rsa';
}

/** A scalar as PKCS #8, through the JWK that needs its point as well. */
function ecPrivateKey(curve: keyof typeof CURVES, scalar: Uint8Array): KeyObject {
  const ecdh = createECDH(CURVES[curve]);
  ecdh.setPrivateKey(scalar);
  const point = ecdh.getPublicKey();
  const half = (point.length - 1) / 2;
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
  const crv = { p256: 'P-256', p384: 'P-384', p521: 'P-521' }[curve];
  const [x, y] = [point.subarray(1, 1 + half), point.subarray(1 + half)];
  const jwk = { kty: 'EC', crv, x: text(x), y: text(y), d: text(scalar) };
  return createPrivateKey({ key: jwk, format: 'jwk' });
}

/** Keys that were used last: parsing one costs a tenth of a signature. */
function remembering<T>(size: number, make: (bytes: Uint8Array) => T): (bytes: Uint8Array) => T {
  const held = new Map<string, T>();
  return (bytes) => {
    const name = Buffer.from(bytes).toString('latin1');
    const found = held.get(name);
    if (found !== undefined) return found;
    const made = make(bytes);
    const [oldest] = held.keys();
    if (held.size >= size && oldest !== undefined) held.delete(oldest);
    held.set(name, made);
    return made;
  };
}

const KEYS = 16;

/** The private keys of Edwards curves, the rest and SHA-3 HMAC of odd OpenSSLs are left to the portable backend. */
export function nodeSpdmCrypto(): SpdmCrypto {
  const publicKey = remembering(KEYS, publicKeyOf);
  const privateKeys = Object.fromEntries(
    Object.keys(CURVES).map((curve) => [
      curve,
      remembering(KEYS, (scalar: Uint8Array) => ecPrivateKey(curve as keyof typeof CURVES, scalar)),
    ]),
  );
  const cipher = (aead: Aead): CipherGCMTypes => aead as CipherGCMTypes;
  return {
    hash: (name, bytes) => plain(hash(name, bytes, 'buffer')),
    hmac: (name, key, bytes) => plain(createHmac(name, key).update(bytes).digest()),
    ephemeralKey(curve, random) {
      // The scalar by the portable rule, so that a seed gives the same run on both backends.
      const secret = portableSpdmCrypto.privateScalar(curve, random);
      const ecdh = createECDH(CURVES[curve]);
      ecdh.setPrivateKey(secret);
      return { secret, exchangeData: plain(ecdh.getPublicKey().subarray(1)) };
    },
    privateScalar: (curve, random) => portableSpdmCrypto.privateScalar(curve, random),
    sharedSecret(curve, secret, exchangeData) {
      const ecdh = createECDH(CURVES[curve]);
      ecdh.setPrivateKey(secret);
      try {
        return plain(ecdh.computeSecret(Buffer.concat([Uint8Array.of(4), exchangeData])));
      } catch {
        return undefined; // a peer's bytes that are no point
      }
    },
    sign(asym, name, privateKey, message) {
      const key = asym.curve && privateKeys[asym.curve]?.(privateKey);
      if (!key) return portableSpdmCrypto.sign(asym, name, privateKey, message);
      return plain(sign(name, message, how(asym, key)));
    },
    verify(asym, name, spki, signature, message) {
      const key = publicKey(spki);
      if (!key || signature.length !== asym.size || !fits(asym, key)) return false;
      return verify(isEdwards(asym) ? null : name, message, how(asym, key), signature);
    },
    seal(aead, key, nonce, aad, text) {
      const sealing = createCipheriv(cipher(aead), key, nonce, { authTagLength: TAG });
      sealing.setAAD(aad, { plaintextLength: text.length });
      return plain(Buffer.concat([sealing.update(text), sealing.final(), sealing.getAuthTag()]));
    },
    open(aead, key, nonce, aad, sealed) {
      const opening = createDecipheriv(cipher(aead), key, nonce, { authTagLength: TAG });
      const end = sealed.length - TAG;
      if (end < 0) return undefined;
      opening.setAAD(aad, { plaintextLength: end });
      opening.setAuthTag(sealed.subarray(end));
      try {
        return plain(Buffer.concat([opening.update(sealed.subarray(0, end)), opening.final()]));
      } catch {
        return undefined; // the tag is wrong
      }
    },
  };
}
