/** Signatures inside a chain: any key of the issuer with any hash, as certificate authorities combine them. */
import { constants, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { SignatureScheme } from '@tsm/core';
import { encodeCertificate, type CertificateSigner } from '@tsm/evidence';
import { expect, test } from 'vitest';
import { encodeChain, HASHES, portableSpdmCrypto, readChain, splitCertificates } from '../src/index.ts';
import { chainSigned } from '../src/spdm/certificate-chain.ts';
import { nodeSpdmCrypto } from '../../host/src/device/crypto.ts';

const sha256 = HASHES[0]!;
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength });
const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
type Pair = ReturnType<typeof ec>;

interface Case {
  readonly what: string;
  readonly pair: Pair;
  /** Gives the object identifier: of ECDSA only its hash. */
  readonly scheme: SignatureScheme;
  readonly hash: string | null;
  readonly how?: object;
}

const CASES: readonly Case[] = [
  { what: 'P-256 with SHA-384', pair: ec('prime256v1'), scheme: 'ecdsa-p384-sha384', hash: 'sha384' },
  { what: 'P-384 with SHA-256', pair: ec('secp384r1'), scheme: 'ecdsa-p256-sha256', hash: 'sha256' },
  { what: 'P-384 with SHA-512', pair: ec('secp384r1'), scheme: 'ecdsa-p521-sha512', hash: 'sha512' },
  { what: 'P-521 with SHA-256', pair: ec('secp521r1'), scheme: 'ecdsa-p256-sha256', hash: 'sha256' },
  { what: 'RSA 2048 with SHA-256', pair: rsa(2048), scheme: 'rsa-pkcs1-sha256', hash: 'sha256' },
  { what: 'RSA 3072 with SHA-384', pair: rsa(3072), scheme: 'rsa-pkcs1-sha384', hash: 'sha384' },
  { what: 'RSA 2048 PSS with SHA-256', pair: rsa(2048), scheme: 'rsa-pss-sha256', hash: 'sha256', how: PSS },
  { what: 'Ed25519', pair: generateKeyPairSync('ed25519'), scheme: 'ed25519', hash: null },
];

/** Of no consequence to other keys. */
const ECDSA = { dsaEncoding: 'ieee-p1363' } as const;
const NAMES = { issuer: { CN: 'authority' }, subject: { CN: 'authority' } };

function chainOf({ pair: { privateKey, publicKey }, scheme, hash, how }: Case): Uint8Array[] {
  const spki = (key: KeyObject) => ({ spki: new Uint8Array(key.export({ type: 'spki', format: 'der' })) });
  const dates = { notBefore: new Date('2026-01-01'), notAfter: new Date('2036-01-01'), extensions: [] };
  const signer: CertificateSigner = {
    scheme,
    sign: (message) => new Uint8Array(sign(hash, message, { key: privateKey, ...ECDSA, ...how })),
  };
  const root = encodeCertificate({ serial: 1n, ...NAMES, ...dates, publicKey: spki(publicKey) }, signer);
  const leaf = encodeCertificate(
    { serial: 2n, ...NAMES, subject: { CN: 'leaf' }, ...dates, publicKey: spki(ec('secp384r1').publicKey) },
    signer,
  );
  return [root, leaf];
}

test.each(CASES)('$what', (one) => {
  const certificates = chainOf(one);
  const object = encodeChain(portableSpdmCrypto, 0x12, sha256, certificates);
  const { chain } = readChain(portableSpdmCrypto, 0x12, sha256, object);
  const [root, leaf] = chain!.certificates;
  for (const crypto of [portableSpdmCrypto, nodeSpdmCrypto()]) {
    expect(chainSigned(crypto, chain!)).toBe(true);
    expect(chainSigned(crypto, { ...chain!, certificates: [leaf!, root!] })).toBe(false);
    const other = { ...leaf!, tbs: leaf!.tbs.with(20, leaf!.tbs[20]! ^ 1) };
    expect(chainSigned(crypto, { ...chain!, certificates: [root!, other] })).toBe(false);
  }
  expect(splitCertificates(object.subarray(4 + sha256.size))).toEqual(certificates);
});
