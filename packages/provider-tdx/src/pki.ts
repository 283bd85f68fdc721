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
import { CPU_SVN, FMSPC, PCE_ID, PCE_SVN } from './platform.ts';

/** All certificates DER. */
export interface TestPki {
  readonly root: Uint8Array;
  readonly platformCa: Uint8Array;
  readonly pck: Uint8Array;
  /** Signs with the PCK key. */
  readonly signWithPck: Sign;
  /** PEM of leaf, CA and root, as a quote carries it: with a NUL at the end. */
  readonly chain: Uint8Array;
}

/** One holder of a key: who it is, and how others name its key. */
interface Party extends KeyPair {
  readonly name: DistinguishedName;
  readonly keyId: Uint8Array;
}

const name = (CN: string): DistinguishedName => ({ CN, O: 'TSM test', C: 'US' });

function party(seed: Uint8Array, CN: string, { digests, signer }: ModelTools): Party {
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

function certificate(
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

/** Three key pairs and three certificates, valid from the launch on. */
export function createTestPki({ seed, now }: Pick<Launch, 'seed' | 'now'>, tools: ModelTools): TestPki {
  const root = party(seed, 'TSM test SGX Root CA', tools);
  const ca = party(seed, 'TSM test SGX PCK Platform CA', tools);
  const leaf = party(seed, 'TSM test SGX PCK Certificate', tools);
  const sgx = encodePckExtension({
    ppid: derive(seed, 'PPID', 16),
    tcbComponents: [...CPU_SVN],
    pceSvn: PCE_SVN,
    cpuSvn: CPU_SVN,
    pceId: PCE_ID,
    fmspc: FMSPC,
  });
  const caUse = keyUsage('keyCertSign', 'cRLSign');
  const leafUse = keyUsage('digitalSignature', 'nonRepudiation');
  const rootCertificate = certificate(root, root, now, 30, [caUse, basicConstraints(true, 1)]);
  const platformCa = certificate(ca, root, now, 15, [caUse, basicConstraints(true, 0)]);
  const pck = certificate(leaf, ca, now, 7, [leafUse, basicConstraints(false), sgx]);
  const pem = [pck, platformCa, rootCertificate].map((der) => encodePem('CERTIFICATE', der)).join('');
  return {
    root: rootCertificate,
    platformCa,
    pck,
    signWithPck: leaf.sign,
    chain: concat(utf8Bytes(pem), new Uint8Array(1)),
  };
}
