/** What Intel signs beside certificates: TCB info and QE identity, over the text as it was served. Source: Intel PCS API v4; Intel SGX DCAP QVL, TCBInfoVerifier. */
import { latin1Text, utf8Bytes } from '@tsm/core';
import { orderChain, remembered, verifyChain, type Certificate, type CheckList } from '@tsm/evidence';
import type { SignedJson } from './collateral.ts';
import type { TdxContext } from './context.ts';
import type { JsonObject, JsonRead } from './json.ts';

const SIGNER = 'SGX TCB Signing';

/** What TCB info and QE identity have in common. */
interface Dated {
  readonly issueDate: Date;
  readonly nextUpdate: Date;
}

/** One of the two kinds. */
export interface SignedKind<T extends Dated> {
  /** Id of its group of checks. */
  readonly id: string;
  readonly title: string;
  readonly spec: string;
  readonly read: (object: JsonObject) => JsonRead<T>;
  /** Is it about this platform? Decides between several. */
  readonly fits: (value: T) => boolean;
  /** Checks of its own, once it was read. */
  readonly check?: (list: CheckList, value: T) => void;
  /** Where to get it. */
  readonly remedy: string;
}

interface Candidate<T> {
  readonly json: SignedJson;
  readonly result: JsonRead<T>;
}

function isFresh({ issueDate, nextUpdate }: Dated, now: Date): boolean {
  return issueDate <= now && now <= nextUpdate;
}

/** The one to verify: it fits, is fresh, and was issued last; where none fits, the first, so that its checks say why. */
function choose<T extends Dated>(
  candidates: readonly Candidate<T>[],
  { fits }: SignedKind<T>,
  now: Date,
): Candidate<T> | undefined {
  const rank = ({ result: { value } }: Candidate<T>): number[] =>
    value ? [Number(fits(value)), Number(isFresh(value, now)), value.issueDate.getTime()] : [-1, 0, 0];
  const ranked = candidates.map((candidate) => ({ candidate, rank: rank(candidate) }));
  ranked.sort((a, b) => b.rank.map((one, i) => one - (a.rank[i] ?? 0)).find((one) => one !== 0) ?? 0);
  return ranked[0]?.candidate;
}

async function isSignedBy(
  { object, signature }: SignedJson,
  signer: Certificate,
  { verifier, cache }: TdxContext,
): Promise<boolean> {
  if (!signature) return false;
  const { spki } = signer.publicKey;
  // The text itself is the key: a hash of it would cost more than it saves.
  const key = `tdx.json:${latin1Text(spki)}${latin1Text(signature)}${object.raw}`;
  return remembered(cache, key, () =>
    verifier.verify('ecdsa-p256-sha256', spki, signature, utf8Bytes(object.raw)),
  );
}

/** The signing certificate whose key signed it, or the first there is. */
async function signerOf(json: SignedJson, context: TdxContext): Promise<Certificate | undefined> {
  const signers = context.collateral.certificates.filter(({ subject }) => subject.includes(SIGNER));
  for (const signer of signers) if (await isSignedBy(json, signer, context)) return signer;
  return signers[0];
}

/** True when it is authentic: a skipped check is not enough. */
async function checkSignature(
  list: CheckList,
  json: SignedJson,
  { id, spec }: { id: string; spec: string },
  context: TdxContext,
): Promise<boolean> {
  const signer = await signerOf(json, context);
  const title = 'is signed by the TCB signing certificate';
  if (!signer) {
    list.skip(`${id}.signature`, title, { spec, remedy: `give the chain of Intel's ${SIGNER} certificate` });
    return false;
  }
  const chain = orderChain(context.collateral.certificates, signer);
  const titles = { id: `${id}.certificates`, revocation: `${id}.revocation`, crls: ['root-crl'] };
  const anchored = await verifyChain(list, chain, context.chain, titles);
  const signed = list.check(`${id}.signature`, title, await isSignedBy(json, signer, context), {
    ...{ spec, expected: `a signature of ${signer.subject}` },
    actual: json.signature ? json.path : `${json.path}: no signature of 64 bytes`,
    remedy: 'use the file exactly as the service sent it: not one byte of the inner object may differ',
  });
  return anchored && signed;
}

/** Finds the one for this platform and verifies it. Undefined unless it is there, authentic and fresh. */
export async function checkSignedJson<T extends Dated>(
  checks: CheckList,
  found: readonly SignedJson[],
  kind: SignedKind<T>,
  context: TdxContext,
): Promise<T | undefined> {
  const { id, title, spec, remedy } = kind;
  const candidates = found.map((json) => ({ json, result: kind.read(json.object) }));
  const chosen = choose(candidates, kind, context.now);
  if (!chosen) {
    checks.skip(id, title, { spec, remedy });
    return undefined;
  }
  const list = checks.group(id, title, { spec });
  const { json, result } = chosen;
  const { value } = result;
  list.check(`${id}.format`, 'is of the kind and version that applies', value !== undefined, {
    ...{ spec, actual: result.reason === undefined ? json.path : `${json.path}: ${result.reason}`, remedy },
  });
  const authentic = await checkSignature(list, json, { id, spec }, context);
  if (!value) return undefined;
  list.check(`${id}.fresh`, 'is fresh at the date', isFresh(value, context.now), {
    ...{ spec, expected: `${value.issueDate.toISOString()} … ${value.nextUpdate.toISOString()}` },
    ...(!isFresh(value, context.now) && { actual: context.now.toISOString(), remedy }),
  });
  kind.check?.(list, value);
  return authentic && !list.failed ? value : undefined;
}
