/** From the certificates at hand to a path that ends at a trust anchor. Source: RFC 5280 §6.1, §4.2.1.1. */
import { equalBytes, latin1Text } from '@tsm/core';
import { parseCertificate, type Certificate } from './certificate.ts';
import { fingerprint } from './fingerprint.ts';
import { parsePublicKey, type PublicKey } from '../keys/public-key.ts';
import { signedBy, type SignatureContext } from './signed-by.ts';

/** A root certificate or a public key (DER), or the SHA-256 of a root certificate that comes with the chain. */
export type Anchor = Uint8Array | { readonly sha256: Uint8Array };

/** The longest chain that is looked at; attestation needs four. */
export const MAX_CHAIN = 10;

/** A path, leaf first. */
export interface Path {
  readonly certificates: readonly Certificate[];
  /** How it ends: at a certificate that is an anchor, at a key that is one, or at none. */
  readonly end: 'certificate' | 'key' | 'none';
  /** The anchor where it is a key: it must have signed the last certificate. */
  readonly key?: PublicKey;
}

/** Do the key identifiers, where both have one, name the same key? */
export function sameKeyId(authority: Uint8Array | undefined, subject: Uint8Array | undefined): boolean {
  return !authority || !subject || equalBytes(authority, subject);
}

export function isSelfIssued({ subjectDer, issuerDer }: Certificate): boolean {
  return equalBytes(subjectDer, issuerDer);
}

function mayHaveIssued(issuer: Certificate, certificate: Certificate): boolean {
  return equalBytes(issuer.subjectDer, certificate.issuerDer);
}

/**
 * The chain of a leaf out of certificates in any order, leaf first: by names, and by key identifiers where several have
 * the name. Ends at a self-issued certificate, or where none fits. Nothing is verified.
 */
export function orderChain(certificates: readonly Certificate[], leaf: Certificate): Certificate[] {
  const chain = [leaf];
  for (let last = leaf; chain.length < MAX_CHAIN && !isSelfIssued(last);) {
    const candidates = certificates.filter(
      (one) => mayHaveIssued(one, last) && !chain.some(({ der }) => equalBytes(der, one.der)),
    );
    const next =
      candidates.find(({ subjectKeyId }) => sameKeyId(last.authorityKeyId, subjectKeyId)) ?? candidates[0];
    if (!next) break;
    chain.push(next);
    last = next;
  }
  return chain;
}

function isAnchor(certificate: Certificate, anchor: Anchor, context: SignatureContext): boolean {
  if (anchor instanceof Uint8Array) return equalBytes(anchor, certificate.der);
  // Only a root is known by its hash: the others need none.
  return (
    isSelfIssued(certificate) && fingerprint(certificate.der, context.digests) === latin1Text(anchor.sha256)
  );
}

/** The anchor that signed the last certificate of a chain that ends below it. */
async function anchorAbove(
  last: Certificate,
  anchors: readonly Anchor[],
  context: SignatureContext,
): Promise<Omit<Path, 'certificates'> & { readonly root?: Certificate }> {
  for (const anchor of anchors) {
    if (!(anchor instanceof Uint8Array)) continue;
    const root = parseCertificate(anchor).certificate;
    const key = root?.publicKey ?? parsePublicKey(anchor).value;
    if (!key || (root && !mayHaveIssued(root, last)) || !(await signedBy(last, key, context))) continue;
    return root ? { end: 'certificate', root } : { end: 'key', key };
  }
  return { end: 'none' };
}

/** The path of a chain: cut at the first certificate that is an anchor, or with the anchor above it added. */
export async function pathOf(
  chain: readonly Certificate[],
  anchors: readonly Anchor[],
  context: SignatureContext,
): Promise<Path> {
  const at = chain.findIndex((certificate) =>
    anchors.some((anchor) => isAnchor(certificate, anchor, context)),
  );
  if (at >= 0) return { certificates: chain.slice(0, at + 1), end: 'certificate' };
  const last = chain.at(-1);
  if (!last) return { certificates: [], end: 'none' };
  const { root, ...end } = await anchorAbove(last, anchors, context);
  return { certificates: root ? [...chain, root] : chain, ...end };
}
