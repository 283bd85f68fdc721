/** Keys and certificates for tests. EC and Ed25519 keys are always the same; RSA keys are made once a run. */
import {
  constants,
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign as nodeSign,
  type KeyObject,
} from 'node:crypto';
import { createDigests, type SignatureScheme } from '@tsm/core';
import {
  authorityKeyIdentifier,
  basicConstraints,
  encodeCertificate,
  encodeCrl,
  keyUsage,
  parseCertificate,
  parseCrl,
  subjectKeyIdentifier,
  type Certificate,
  type CertificateExtension,
  type CertificateTemplate,
  type Crl,
  type CrlTemplate,
} from '../../src/index.ts';

export interface TestKey {
  readonly scheme: SignatureScheme;
  readonly spki: Uint8Array;
  /** SHA-1 of the SPKI, as key identifier. */
  readonly keyId: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

const CURVES = {
  'ecdsa-p256-sha256': { crv: 'P-256', name: 'prime256v1', size: 32 },
  'ecdsa-p384-sha384': { crv: 'P-384', name: 'secp384r1', size: 48 },
  'ecdsa-p521-sha512': { crv: 'P-521', name: 'secp521r1', size: 66 },
} as const;

/** Enough bytes from a label; the first is cleared so that every curve takes them as a scalar. */
function seedBytes(label: string, size: number): Buffer {
  const bytes = createHash('shake256', { outputLength: size }).update(label).digest();
  bytes[0] = 0;
  return bytes;
}

function ecKey(scheme: keyof typeof CURVES, label: string): KeyObject {
  const { crv, name, size } = CURVES[scheme];
  const d = seedBytes(label, size);
  const ecdh = createECDH(name);
  ecdh.setPrivateKey(d);
  const point = ecdh.getPublicKey();
  const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)];
  const text = (bytes: Buffer): string => bytes.toString('base64url');
  return createPrivateKey({ format: 'jwk', key: { kty: 'EC', crv, d: text(d), x: text(x), y: text(y) } });
}

function ed25519Key(label: string): KeyObject {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
  return createPrivateKey({
    format: 'der',
    type: 'pkcs8',
    key: Buffer.concat([prefix, seedBytes(label, 32)]),
  });
}

let rsa: KeyObject | undefined;

function keyOf(scheme: SignatureScheme, label: string): KeyObject {
  if (scheme in CURVES) return ecKey(scheme as keyof typeof CURVES, label);
  if (scheme === 'ed25519') return ed25519Key(label);
  return (rsa ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
}

/** Digest and options of node:crypto. */
function signWith(scheme: SignatureScheme, key: KeyObject, message: Uint8Array): Buffer {
  const digest = scheme === 'ed25519' ? null : scheme.slice(scheme.lastIndexOf('-') + 1);
  if (!scheme.startsWith('rsa-pss')) return nodeSign(digest, message, { key, dsaEncoding: 'ieee-p1363' });
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return nodeSign(digest, message, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST });
}

export function testKey(scheme: SignatureScheme = 'ecdsa-p256-sha256', label = 'key'): TestKey {
  const key = keyOf(scheme, label);
  const spki = new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }));
  return {
    ...{ scheme, spki, keyId: new Uint8Array(createHash('sha1').update(spki).digest()) },
    sign: (message) => new Uint8Array(signWith(scheme, key, message)),
  };
}

export const digests = createDigests({});

export const FROM = new Date('2026-01-01T00:00:00Z');
export const TO = new Date('2036-01-01T00:00:00Z');
export const NOW = new Date('2026-06-01T12:00:00Z');

export interface Holder {
  readonly CN: string;
  readonly key: TestKey;
}

/** What a test wants otherwise. */
export type Changes = Partial<CertificateTemplate> & { readonly signer?: TestKey };

/** A certificate of `subject` by `issuer`; a CA with room for `pathLength`, or a leaf. */
export function mint(
  subject: Holder,
  issuer: Holder,
  role: {
    readonly ca: boolean;
    readonly pathLength?: number;
    readonly more?: readonly CertificateExtension[];
  },
  { signer = issuer.key, ...changes }: Changes = {},
): Certificate {
  const usage = role.ca ? keyUsage('keyCertSign', 'cRLSign') : keyUsage('digitalSignature');
  const extensions = [
    subjectKeyIdentifier(subject.key.keyId),
    authorityKeyIdentifier(issuer.key.keyId),
    usage,
    basicConstraints(role.ca, role.pathLength),
    ...(role.more ?? []),
  ];
  const der = encodeCertificate(
    {
      ...{
        serial: 7n,
        issuer: { CN: issuer.CN },
        subject: { CN: subject.CN },
        notBefore: FROM,
        notAfter: TO,
      },
      ...{ publicKey: { spki: subject.key.spki }, extensions, ...changes },
    },
    signer,
  );
  return parseCertificate(der).certificate!;
}

/** `nextUpdate: undefined` leaves it out. */
export type CrlChanges = Partial<Omit<CrlTemplate, 'nextUpdate'>> & {
  readonly nextUpdate?: Date | undefined;
  readonly signer?: TestKey;
};

/** A list of `issuer`, fresh at {@link NOW}. */
export function mintCrl(issuer: Holder, { signer = issuer.key, ...changes }: CrlChanges = {}): Crl {
  const template = {
    ...{ issuer: { CN: issuer.CN }, thisUpdate: FROM, nextUpdate: TO, revoked: [] },
    extensions: [authorityKeyIdentifier(issuer.key.keyId)],
    ...changes,
  };
  return parseCrl(encodeCrl(template, signer)).crl!;
}
