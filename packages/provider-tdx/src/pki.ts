/** The test root and the PCK chain under it: as Intel's, but named as what they are. Spec: Intel SGX PCK Certificate and CRL Profile Specification. */
import { concat, toHex, utf8Bytes, type Digests, type Launch, type ModelTools } from '@tsm/core';
import {
  authorityKeyIdentifier,
  basicConstraints,
  encodeCertificate,
  encodePem,
  keyUsage,
  subjectKeyIdentifier,
  type CertificateExtension,
  type DistinguishedName,
} from '@tsm/evidence';
import { derive, deriveKeyPair, type KeyPair, type Sign } from './keys.ts';
import { encodePckExtension } from './pck-extension.ts';
import { FMSPC, NEWEST_TCB, PCE_ID, type PlatformTcb } from './platform.ts';

/** All certificates DER. */
export interface TestPki {
  readonly root: Uint8Array;
  readonly platformCa: Uint8Array;
  readonly pck: Uint8Array;
  /** Signs with the PCK key. */
  readonly signWithPck: Sign;
  /** PEM of the leaf. */
  readonly pckPem: Uint8Array;
  /** PEM of leaf, CA and root, as a quote carries it: with a NUL at the end. */
  readonly chain: Uint8Array;
  /** Provisioning platform id, 16 bytes. */
  readonly ppid: Uint8Array;
  /** Who signs what else the platform's vendor publishes. */
  readonly issuers: { readonly root: Party; readonly ca: Party };
}

/** One holder of a key: who it is, and how others name its key. */
export interface Party extends KeyPair {
  readonly name: DistinguishedName;
  readonly keyId: Uint8Array;
}

const name = (CN: string): DistinguishedName => ({ CN, O: 'TSM test', C: 'US' });

export function party(seed: Uint8Array, CN: string, { digests, signer }: ModelTools): Party {
  const keys = deriveKeyPair(seed, CN, signer);
  return { ...keys, name: name(CN), keyId: keyIdOf(keys.point, digests) };
}

/** RFC 7093 §2, method 1: the first 160 bits of the SHA-256 of the public key. */
function keyIdOf(point: Uint8Array, digests: Digests): Uint8Array {
  return digests.digest('sha256', point).slice(0, 20);
}

function yearsAfter(date: Date, years: number): Date {
  const after = new Date(date);
  after.setUTCFullYear(after.getUTCFullYear() + years);
  return after;
}

export function certificate(
  subject: Party,
  issuer: Party,
  now: Date,
  years: number,
  more: readonly CertificateExtension[],
): Uint8Array {
  const template = {
    // Intel's certificates use their key identifier as the serial number too.
    serial: BigInt(`0x${toHex(subject.keyId)}`),
    issuer: issuer.name,
    subject: subject.name,
    notBefore: now,
    notAfter: yearsAfter(now, years),
    publicKey: { curve: 'p256', point: subject.point },
    extensions: [authorityKeyIdentifier(issuer.keyId), subjectKeyIdentifier(subject.keyId), ...more],
  } as const;
  return encodeCertificate(template, issuer.sign);
}

/** Three key pairs and three certificates, valid from the launch on. `tcb`: what the PCK certificate says; default the newest. */
export function createTestPki(
  { seed, now }: Pick<Launch, 'seed' | 'now'>,
  tools: ModelTools,
  { cpuSvn, pceSvn }: Pick<PlatformTcb, 'cpuSvn' | 'pceSvn'> = NEWEST_TCB,
): TestPki {
  const root = party(seed, 'TSM test SGX Root CA', tools);
  const ca = party(seed, 'TSM test SGX PCK Platform CA', tools);
  const leaf = party(seed, 'TSM test SGX PCK Certificate', tools);
  const ppid = derive(seed, 'PPID', 16);
  const sgx = encodePckExtension({
    ...{ ppid, cpuSvn, pceSvn },
    tcbComponents: [...cpuSvn],
    pceId: PCE_ID,
    fmspc: FMSPC,
  });
  const caUse = keyUsage('keyCertSign', 'cRLSign');
  const leafUse = keyUsage('digitalSignature', 'nonRepudiation');
  const rootCertificate = certificate(root, root, now, 30, [caUse, basicConstraints(true, 1)]);
  const platformCa = certificate(ca, root, now, 15, [caUse, basicConstraints(true, 0)]);
  const pck = certificate(leaf, ca, now, 7, [leafUse, basicConstraints(false), sgx]);
  const pem = [pck, platformCa, rootCertificate].map(pemOf);
  return {
    ...{ root: rootCertificate, platformCa, pck, ppid },
    signWithPck: leaf.sign,
    pckPem: pemOf(pck),
    chain: concat(...pem, new Uint8Array(1)),
    issuers: { root, ca },
  };
}

/** A certificate in PEM. */
export function pemOf(der: Uint8Array): Uint8Array {
  return utf8Bytes(encodePem('CERTIFICATE', der));
}
