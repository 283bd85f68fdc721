/** The certificate chain object of a slot: written, read, and the key that signs for it. Spec: DSP0274, certificate chains. */
import { concatAll, equalBytes, type Issue } from '@tsm/core';
import { decode, encode } from '@tsm/core/layout';
import { ecdsaSignatureFromDer, parseCertificate, type Certificate } from '@tsm/evidence';
import { SPDM_ISSUES } from '../issues.ts';
import { ASYMS, type AsymAlgorithm, type HashAlgorithm, type SpdmHash } from './algorithms.ts';
import type { SpdmCrypto } from './crypto.ts';
import { CertificateChain } from './layout/authentication.ts';
import { NO_CONTEXT } from './layout/context.ts';
import { readPublicKey } from './public-key.ts';

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
export function splitCertificates(bytes: Uint8Array): Uint8Array[] | undefined {
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

/** What certificates are signed by, by object identifier: the hash, and the kind of key. The key itself has curve and size. */
const SIGNATURES: ReadonlyMap<string, readonly [SpdmHash, AsymAlgorithm['kind']]> = new Map([
  ['1.2.840.10045.4.3.2', ['sha256', 'ecdsa']],
  ['1.2.840.10045.4.3.3', ['sha384', 'ecdsa']],
  ['1.2.840.10045.4.3.4', ['sha512', 'ecdsa']],
  ['2.16.840.1.101.3.4.3.10', ['sha3-256', 'ecdsa']],
  ['2.16.840.1.101.3.4.3.11', ['sha3-384', 'ecdsa']],
  ['2.16.840.1.101.3.4.3.12', ['sha3-512', 'ecdsa']],
  ['1.2.840.113549.1.1.11', ['sha256', 'rsassa']],
  ['1.2.840.113549.1.1.12', ['sha384', 'rsassa']],
  ['1.2.840.113549.1.1.13', ['sha512', 'rsassa']],
  ['1.3.101.112', ['sha256', 'ed25519']],
  ['1.3.101.113', ['sha512', 'ed448']],
]);
/** Its hash is a parameter, which the scheme names. */
const PSS: Readonly<Record<string, SpdmHash>> = { 'rsa-pss-sha256': 'sha256', 'rsa-pss-sha384': 'sha384' };

/** How a certificate is signed: hash, and algorithm with the curve or size of its issuer's key. */
function signedBy({ signature }: Certificate, issuer: Certificate): [SpdmHash, AsymAlgorithm] | undefined {
  const pss = PSS[signature.scheme ?? ''];
  const [hash, kind] = pss ? ([pss, 'rsapss'] as const) : (SIGNATURES.get(signature.algorithm) ?? []);
  const key = readPublicKey(issuer.publicKey.spki);
  const asym = ASYMS.find((one) => {
    if (one.kind !== kind) return false;
    if (one.kind === 'ecdsa') return key?.kind === 'ec' && key.curve === one.curve;
    return key?.kind === 'rsa' ? key.size === one.size : key?.kind === one.kind;
  });
  return hash && asym && [hash, asym];
}

/** Is each certificate signed by the one before it? A signature that is not known here is none. */
export function chainSigned(crypto: SpdmCrypto, { certificates }: SpdmChain): boolean {
  return certificates.every((certificate, i) => {
    const issuer = certificates[i - 1];
    if (!issuer) return true;
    const [hash, asym] = signedBy(certificate, issuer) ?? [];
    if (!hash || !asym) return false;
    const { value } = certificate.signature;
    const signature = asym.kind === 'ecdsa' ? ecdsaSignatureFromDer(value, asym.size / 2) : value;
    const { spki } = issuer.publicKey;
    return signature !== undefined && crypto.verify(asym, hash, spki, signature, certificate.tbs);
  });
}
