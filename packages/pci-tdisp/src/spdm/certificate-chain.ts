/** The certificate chain object of a slot: written, read, and the key that signs for it. Spec: DSP0274, certificate chains. */
import { concatAll, equalBytes, type Issue, type SignatureScheme } from '@tsm/core';
import { decode, encode } from '@tsm/core/layout';
import { ecdsaSignatureFromDer, parseCertificate, type Certificate } from '@tsm/evidence';
import { SPDM_ISSUES } from '../issues.ts';
import { ASYMS, type HashAlgorithm, type SpdmHash } from './algorithms.ts';
import type { SpdmCrypto } from './crypto.ts';
import { CertificateChain } from './layout/authentication.ts';
import { NO_CONTEXT } from './layout/context.ts';

export interface SpdmChain {
  readonly rootHash: Uint8Array;
  /** From the root, or from the first below it, to the leaf. */
  readonly certificates: readonly Certificate[];
}

/** The object of a slot from its certificates, DER, root first. */
export function encodeChain(
  crypto: SpdmCrypto,
  version: number,
  hash: HashAlgorithm,
  certificates: readonly Uint8Array[],
): Uint8Array {
  const [root = new Uint8Array(0)] = certificates;
  const all = concatAll(certificates);
  return encode(CertificateChain({ ...NO_CONTEXT, version, hashSize: hash.size }), {
    length: 4 + hash.size + all.length,
    reserved: new Uint8Array(version >= 0x14 ? 0 : 2),
    rootHash: crypto.hash(hash.name, root),
    certificates: all,
  });
}

/** Length of the DER value at `at`, header included; undefined where none starts or it does not fit. */
function derLength(bytes: Uint8Array, at: number): number | undefined {
  const [tag, first = 0] = bytes.subarray(at, at + 2);
  if (tag !== 0x30) return undefined;
  const count = first < 0x80 ? 0 : first & 0x7f;
  if (count > 3) return undefined;
  let size = count === 0 ? first : 0;
  for (let i = 0; i < count; i++) size = size * 256 + (bytes[at + 2 + i] ?? 0);
  const total = 2 + count + size;
  return at + total <= bytes.length ? total : undefined;
}

/** The DER certificates that stand one after the other; undefined where something else does. */
function splitCertificates(bytes: Uint8Array): Uint8Array[] | undefined {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = derLength(bytes, at);
    if (length === undefined) return undefined;
    parts.push(bytes.subarray(at, at + length));
    at += length;
  }
  return parts;
}

/** Reads the object of a slot. */
export function readChain(
  crypto: SpdmCrypto,
  version: number,
  hash: HashAlgorithm,
  bytes: Uint8Array,
): { readonly chain?: SpdmChain; readonly issues: readonly Issue[] } {
  const fail = (found: string) => {
    const place = { path: 'chain', offset: 0, length: bytes.length };
    return { issues: [SPDM_ISSUES.make('spdm.chain', place, { found })] };
  };
  const { value } = decode(CertificateChain({ ...NO_CONTEXT, version, hashSize: hash.size }), bytes);
  if (value?.length !== bytes.length) return fail('its length is not that of its certificates');
  const parts = splitCertificates(value.certificates);
  if (!parts || parts.length === 0) return fail('no certificates one after the other');
  const certificates: Certificate[] = [];
  for (const part of parts) {
    const offset = part.byteOffset - bytes.byteOffset;
    const { certificate } = parseCertificate(part, { path: 'chain', offset, length: part.length });
    if (!certificate) return fail(`certificate ${String(certificates.length)} is none`);
    certificates.push(certificate);
  }
  const [root] = certificates;
  const first = root && crypto.hash(hash.name, root.der);
  const selfSigned = root && equalBytes(root.subjectDer, root.issuerDer);
  // A chain may start below its root: then the hash is of a certificate that is not there.
  if (first && selfSigned && !equalBytes(first, value.rootHash))
    return fail('RootHash is not the hash of the root certificate');
  return { chain: { rootHash: value.rootHash, certificates }, issues: [] };
}

/** SubjectPublicKeyInfo of the leaf; undefined for a chain that cannot be read. */
export function leafKey(
  crypto: SpdmCrypto,
  version: number,
  hash: HashAlgorithm,
  bytes: Uint8Array,
): Uint8Array | undefined {
  return readChain(crypto, version, hash, bytes).chain?.certificates.at(-1)?.publicKey.spki;
}

/** Hash and algorithm of each scheme that certificates are signed by. */
const SCHEMES: Partial<Record<SignatureScheme, readonly [SpdmHash, string]>> = {
  'ecdsa-p256-sha256': ['sha256', 'ecdsa-p256'],
  'ecdsa-p384-sha384': ['sha384', 'ecdsa-p384'],
  'ecdsa-p521-sha512': ['sha512', 'ecdsa-p521'],
  'rsa-pkcs1-sha256': ['sha256', 'rsassa'],
  'rsa-pkcs1-sha384': ['sha384', 'rsassa'],
  'rsa-pss-sha256': ['sha256', 'rsapss'],
  'rsa-pss-sha384': ['sha384', 'rsapss'],
  ed25519: ['sha256', 'ed25519'],
};

/** Is each certificate signed by the one before it? A scheme that is not known here is not. */
export function chainSigned(crypto: SpdmCrypto, { certificates }: SpdmChain): boolean {
  return certificates.every((certificate, i) => {
    const issuer = certificates[i - 1];
    if (!issuer) return true;
    const { scheme, value } = certificate.signature;
    const [hash, name] = (scheme && SCHEMES[scheme]) ?? [];
    const asym = ASYMS.find((one) => one.name === name || (one.kind === name && one.size === value.length));
    if (!hash || !asym) return false;
    const half = asym.kind === 'ecdsa' ? asym.size / 2 : 0;
    const signature = half === 0 ? value : ecdsaSignatureFromDer(value, half);
    const { spki } = issuer.publicKey;
    return signature !== undefined && crypto.verify(asym, hash, spki, signature, certificate.tbs);
  });
}
