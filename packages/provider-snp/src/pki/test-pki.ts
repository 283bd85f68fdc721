/** The test root and what it certifies: as AMD's, but named as what they are. Spec: AMD KDS interface (57230), §3, §4. */
import type { Digests, Launch, ModelTools } from '@tsm/core';
import {
  authorityKeyIdentifier,
  basicConstraints,
  encodeCertificate,
  encodeCrl,
  keyUsage,
  subjectKeyIdentifier,
  type CertificateExtension,
  type DistinguishedName,
} from '@tsm/evidence';
import { derive, deriveKeyPair } from '../keys.ts';
import { CSP_ID, type Platform } from '../platform.ts';
import { encodeVekExtension, type VekKind } from '../vek-extension.ts';
import { rsaKey, type RsaKey } from './rsa.ts';
import { INSECURE_TEST_KEYS } from './test-keys.ts';

/** What is certified, DER; each is made when it is asked for. */
export interface TestPki {
  readonly ark: () => Uint8Array;
  /** ASK of a VCEK, ASVK of a VLEK. */
  readonly ask: () => Uint8Array;
  readonly vek: () => Uint8Array;
  readonly crl: () => Uint8Array;
  /** Signs reports: raw r‖s. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

interface Authority extends RsaKey {
  readonly name: DistinguishedName;
  readonly keyId: Uint8Array;
}

const name = (CN: string): DistinguishedName => ({ CN, O: 'TSM test', C: 'US' });

/** The authorities are the same for every seed: their keys are constants, and so is their validity. */
const AUTHORITY_VALIDITY = {
  notBefore: new Date('2020-01-01T00:00:00Z'),
  notAfter: new Date('2045-01-01T00:00:00Z'),
};

function authority(CN: string, role: 'ark' | 'ask' | 'asvk', digests: Digests): Authority {
  const key = rsaKey(INSECURE_TEST_KEYS[role], digests);
  return { ...key, name: name(CN), keyId: digests.digest('sha256', key.spki).slice(0, 20) };
}

function signedBy({ sign }: Authority) {
  return { scheme: 'rsa-pss-sha384', sign } as const;
}

function authorityCertificate(
  subject: Authority,
  issuer: Authority,
  serial: bigint,
  more: readonly CertificateExtension[],
): Uint8Array {
  const template = {
    ...{ serial, issuer: issuer.name, subject: subject.name, ...AUTHORITY_VALIDITY },
    publicKey: { spki: subject.spki },
    extensions: [subjectKeyIdentifier(subject.keyId), authorityKeyIdentifier(issuer.keyId), ...more],
  };
  return encodeCertificate(template, signedBy(issuer));
}

function yearsAfter(date: Date, years: number): Date {
  const after = new Date(date);
  after.setUTCFullYear(after.getUTCFullYear() + years);
  return after;
}

export interface VekForm {
  readonly platform: Platform;
  readonly kind: VekKind;
}

/** Id of the simulated chip: as long as its product has them, then zeros. */
export function chipIdOf(seed: Uint8Array, { chipIdSize }: Platform): Uint8Array {
  const chipId = new Uint8Array(64);
  chipId.set(derive(seed, 'CHIP_ID', chipIdSize));
  return chipId;
}

function vekCertificate(
  { seed, now }: Launch,
  { platform, kind }: VekForm,
  issuer: Authority,
  point: Uint8Array,
): Uint8Array {
  const { productName, product, tcb, chipIdSize } = platform;
  const vlek = kind === 'vlek';
  const template = {
    serial: 0n,
    issuer: issuer.name,
    subject: name(vlek ? 'SEV-VLEK' : 'SEV-VCEK'),
    notBefore: now,
    notAfter: yearsAfter(now, vlek ? 1 : 7),
    publicKey: { curve: 'p384', point },
    extensions: encodeVekExtension({
      structVersion: tcb.fmc === undefined ? 0 : 1,
      productName: vlek ? product : productName,
      tcb,
      ...(vlek ? { cspId: CSP_ID } : { hwId: chipIdOf(seed, platform).slice(0, chipIdSize) }),
    }),
  } as const;
  return encodeCertificate(template, signedBy(issuer));
}

/** RSA signatures of the authorities that were made: they depend on nothing, and each takes tens of milliseconds. */
const authorityCertificates = new Map<string, Uint8Array>();

function certificateOf(
  subject: Authority,
  issuer: Authority,
  serial: bigint,
  more: readonly CertificateExtension[],
) {
  const CN = subject.name.CN ?? '';
  const made = authorityCertificates.get(CN) ?? authorityCertificate(subject, issuer, serial, more);
  authorityCertificates.set(CN, made);
  return made.slice();
}

/** The key that signs reports, and what certifies it; the empty revocation list is valid from the launch for a year. */
export function createTestPki(launch: Launch, { digests, signer }: ModelTools, form: VekForm): TestPki {
  const { product } = form.platform;
  const key = deriveKeyPair(launch.seed, `${form.kind} of a ${product}`, signer);
  const root = authority(`ARK-${product}`, 'ark', digests);
  const issuer =
    form.kind === 'vlek'
      ? authority(`SEV-VLEK-${product}`, 'asvk', digests)
      : authority(`SEV-${product}`, 'ask', digests);
  const rootUse = keyUsage('keyCertSign', 'cRLSign');
  return {
    ark: () => certificateOf(root, root, 0x10000n, [rootUse, basicConstraints(true)]),
    ask: () => certificateOf(issuer, root, 0x10001n, [keyUsage('keyCertSign'), basicConstraints(true, 0)]),
    vek: () => vekCertificate(launch, form, issuer, key.point),
    crl: () =>
      encodeCrl(
        {
          issuer: root.name,
          thisUpdate: launch.now,
          nextUpdate: yearsAfter(launch.now, 1),
          revoked: [],
          extensions: [authorityKeyIdentifier(root.keyId)],
        },
        signedBy(root),
      ),
    sign: key.sign,
  };
}
