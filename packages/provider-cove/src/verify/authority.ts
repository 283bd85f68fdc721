/** Who vouches for evidence: keys and certificates from trust anchors and collateral. Spec: CoVE specification, Remote Attestation Model. */
import {
  concatAll,
  equalBytes,
  fromHex,
  latin1Text,
  portableDigests,
  type Digests,
  type VerifyOptions,
} from '@tsm/core';
import {
  checkCollateral,
  ed25519PublicKey,
  orderChain,
  readCollateral,
  remembered,
  verifyChain,
  webCryptoVerifier,
  type Certificate,
  type CheckList,
  type Collateral,
} from '@tsm/evidence';
import { SALUS_PUBLIC_KEY } from '../dice.ts';

/** Somebody whose signature counts: for itself, or as far as its certificate leads to an anchor. */
export interface Authority {
  readonly spki: Uint8Array;
  /** Given as a trust anchor, or as a bare key. */
  readonly trusted: boolean;
  readonly certificate?: Certificate;
}

/** Everything a verification works with. */
export interface Context extends Required<Pick<VerifyOptions, 'now' | 'digests' | 'verifier'>> {
  readonly options: VerifyOptions;
  readonly collateral: Collateral;
  readonly anchors: Collateral;
  readonly authorities: readonly Authority[];
}

const ED25519_SIZE = 32;

function isRoot({ certificate }: Authority): boolean {
  return certificate !== undefined && equalBytes(certificate.subjectDer, certificate.issuerDer);
}

/** Whether anybody is given who signs evidence: below roots alone, who signed it cannot be told. */
export function haveSigners({ authorities }: Context): boolean {
  return !authorities.every(isRoot);
}

/** Certificates and keys in any of the forms of collateral, or the 32 bytes of an Ed25519 key. */
function readAnchors(files: readonly Uint8Array[]): Collateral {
  return readCollateral(files.map((file) => (file.length === ED25519_SIZE ? ed25519PublicKey(file) : file)));
}

function authoritiesOf(anchors: Collateral, collateral: Collateral): Authority[] {
  const certified = (trusted: boolean) => (certificate: Certificate) => ({
    ...{ spki: certificate.publicKey.spki, trusted, certificate },
  });
  const all: Authority[] = [
    ...anchors.certificates.map(certified(true)),
    ...[...anchors.keys, ...collateral.keys].map(({ spki }) => ({ spki, trusted: true })),
    ...collateral.certificates.map(certified(false)),
  ];
  // Roots issue certificates and rarely sign evidence: they are tried last.
  return [...all.filter((one) => !isRoot(one)), ...all.filter(isRoot)];
}

export function contextOf(options: VerifyOptions): Context {
  const { now, digests = portableDigests, verifier = webCryptoVerifier(options.cache) } = options;
  const collateral = readCollateral(options.collateral ?? []);
  const anchors = readAnchors(options.trustAnchors ?? []);
  const authorities = authoritiesOf(anchors, collateral);
  return { options, now, digests, verifier, collateral, anchors, authorities };
}

/** What the caller gives must be readable; a trust anchor that is not would be one less, unnoticed. */
export function checkGiven(checks: CheckList, { options, collateral, anchors }: Context): void {
  if (options.collateral?.length) checkCollateral(checks, collateral);
  const [unread] = anchors.issues;
  if (!options.trustAnchors?.length) return;
  checks.check('anchors', 'every trust anchor can be read', !unread, {
    ...(unread && { actual: unread.message }),
    remedy: 'give a certificate or a public key',
  });
}

/** Hashed each for itself: what stands at the end of one part never counts as the start of the next. */
function contentKey(digests: Digests, parts: readonly Uint8Array[]): string {
  return `cove:${latin1Text(concatAll(parts.map((part) => digests.digest('sha256', part))))}`;
}

/** Whether `verify` says yes; remembered by the content of all that it looks at, where there is a cache. */
export function rememberedSignature(
  { digests, options }: Context,
  parts: readonly Uint8Array[],
  verify: () => Promise<boolean>,
): Promise<boolean> {
  return options.cache ? remembered(options.cache, contentKey(digests, parts), verify) : verify();
}

/** The first authority whose key verifies what these parts hold; undefined when none does. */
export async function signerAmong(
  { authorities, digests, options }: Context,
  parts: readonly Uint8Array[],
  verifies: (spki: Uint8Array) => Promise<boolean>,
): Promise<Authority | undefined> {
  const find = async (): Promise<Uint8Array | undefined> => {
    for (const { spki } of authorities) if (await verifies(spki)) return spki;
    return undefined;
  };
  const asked = [...parts, ...authorities.map(({ spki }) => spki)];
  const key = options.cache ? contentKey(digests, asked) : '';
  const signer = await remembered(options.cache, key, find);
  return signer && authorities.find(({ spki }) => equalBytes(spki, signer));
}

/** The chain of an authority that is not trusted for itself. */
export async function checkAuthority(
  checks: CheckList,
  authority: Authority,
  { options, now, digests, verifier, collateral, anchors }: Context,
): Promise<void> {
  const { certificate, trusted } = authority;
  if (trusted || !certificate) {
    checks.notChecked('revocation', 'the signing key is trusted as it is given: nothing can revoke it');
    return;
  }
  const chain = orderChain(collateral.certificates, certificate);
  await verifyChain(checks, chain, {
    ...{ now, digests, verifier, cache: options.cache, requireCrl: options.requireCrl },
    ...{ crls: collateral.crls, revocation: 'optional' },
    anchors: [...anchors.certificates.map(({ der }) => der), ...anchors.keys.map(({ spki }) => spki)],
  });
}

/** Keys whose private part is published: whoever likes can sign with them. */
const PUBLISHED = [
  { what: 'the constant key of every salus TSM', key: SALUS_PUBLIC_KEY },
  {
    what: 'the key in the source of early versions of salus',
    key: fromHex('afb54ba6e0a48c9235780a25685e88e1f966aba061840f472338004a82a8e147') ?? new Uint8Array(0),
  },
] as const;

/** The published keys, as SubjectPublicKeyInfo. */
export const PUBLISHED_KEYS: readonly { readonly what: string; readonly spki: Uint8Array }[] = PUBLISHED.map(
  ({ what, key }) => ({ what, spki: ed25519PublicKey(key) }),
);

/** `keys`: all that the evidence rests on. Fails when the private part of one is published. */
export function checkPublished(checks: CheckList, keys: readonly Uint8Array[]): void {
  const found = PUBLISHED_KEYS.find(({ spki }) => keys.some((key) => equalBytes(key, spki)));
  checks.check('key.insecure', 'no signing key is public knowledge', !found, {
    ...{ spec: 'salus, src/vm.rs (constant CDI)', expected: 'a key that only the TSM has' },
    actual: found?.what ?? 'no published key',
    remedy: 'do not trust this evidence: anybody can sign it',
  });
}
