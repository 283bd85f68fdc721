/** Identities for tests: a root, and a leaf with a key of any algorithm; made here, the same in every run of a process. */
import {
  createPrivateKey,
  generateKeyPairSync,
  sign as nodeSign,
  constants,
  type KeyObject,
} from 'node:crypto';
import { p384 } from '@noble/curves/nist.js';
import { encodeCertificate, type CertificateExtension } from '@tsm/evidence';
import { seededRandom } from '@tsm/core/testing';
import type { RandomBytes, SlotIdentity } from '../../src/index.ts';

/** Bytes from a seed, for everything that a side draws. */
export function bytesFrom(seed: number): RandomBytes {
  const random = seededRandom(seed);
  return (length) => Uint8Array.from({ length }, () => random(256));
}

const NOT_BEFORE = new Date('2026-01-01T00:00:00Z');
const NOT_AFTER = new Date('2036-01-01T00:00:00Z');
const EC = { 'ecdsa-p256': 'prime256v1', 'ecdsa-p384': 'secp384r1', 'ecdsa-p521': 'secp521r1' } as const;

const rootKey = p384.utils.randomSecretKey(new Uint8Array(72).fill(7));
const rootSigner = {
  scheme: 'ecdsa-p384-sha384' as const,
  sign: (message: Uint8Array) => p384.sign(message, rootKey),
};

const NO_EXTENSIONS: readonly CertificateExtension[] = [];

const root = encodeCertificate(
  {
    serial: 1n,
    issuer: { CN: 'test root' },
    subject: { CN: 'test root' },
    notBefore: NOT_BEFORE,
    notAfter: NOT_AFTER,
    publicKey: { curve: 'p384', point: p384.getPublicKey(rootKey, false) },
    extensions: NO_EXTENSIONS,
  },
  rootSigner,
);

function keyPair(asym: string): { publicKey: KeyObject; privateKey: KeyObject } {
  if (asym in EC) return generateKeyPairSync('ec', { namedCurve: EC[asym as keyof typeof EC] });
  if (asym === 'ed25519') return generateKeyPairSync('ed25519');
  if (asym === 'ed448') return generateKeyPairSync('ed448');
  return generateKeyPairSync('rsa', { modulusLength: Number(asym.split('-')[1]) });
}

function signer(asym: string, key: KeyObject): SlotIdentity['sign'] {
  if (asym.startsWith('ed')) return (message) => nodeSign(null, message, key);
  if (asym.startsWith('ecdsa'))
    return (message, hash) => nodeSign(hash, message, { key, dsaEncoding: 'ieee-p1363' });
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  return (message, hash) => nodeSign(hash, message, asym.startsWith('rsapss') ? { key, ...pss } : key);
}

const made = new Map<string, SlotIdentity & { readonly privateKey: KeyObject }>();

/** An identity whose leaf has a key of this algorithm. */
export function identityOf(asym: string, name = 'device'): SlotIdentity & { readonly privateKey: KeyObject } {
  const id = `${asym} ${name}`;
  const found = made.get(id);
  if (found) return found;
  const { publicKey, privateKey } = keyPair(asym);
  const leaf = encodeCertificate(
    {
      serial: BigInt(made.size + 2),
      issuer: { CN: 'test root' },
      subject: { CN: name },
      notBefore: NOT_BEFORE,
      notAfter: NOT_AFTER,
      publicKey: { spki: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })) },
      extensions: NO_EXTENSIONS,
    },
    rootSigner,
  );
  const key = createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const identity = { certificates: [root, leaf], asym, sign: signer(asym, key), privateKey };
  made.set(id, identity);
  return identity;
}
