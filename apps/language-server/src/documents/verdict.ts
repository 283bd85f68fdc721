/** Is evidence genuine, does it hold against a policy, and does a log explain it: one verdict, in the words of the command line. */
import {
  TsmError,
  type Check,
  type Digests,
  type SignatureVerifier,
  type Verdict,
  type VerifyCache,
} from '@tsm/core';
import { logCheck } from '@tsm/eventlog';
import { appraise, claimsOf, parsePem, readPolicy, withParts, type Policy } from '@tsm/evidence';
import type { Params, Source } from '../protocol/requests.ts';
import type { CheckLine, VerdictView } from '../protocol/views.ts';
import { held } from './held.ts';
import { nameOf, type Library } from './library.ts';
import { specLink } from './spec-links.ts';

export interface VerdictTools {
  readonly digests: Digests;
  /** Default: WebCrypto. */
  readonly verifier?: SignatureVerifier;
  readonly cache: VerifyCache;
  readonly now: () => Date;
}

/** `inherited`: the clause of the group, for a check inside that names none of its own. */
function checkLine(check: Check, inherited?: string): CheckLine {
  const { id, title, status, spec = inherited, range, expected, actual, remedy, checks = [] } = check;
  const link = spec === undefined ? undefined : specLink(spec);
  return {
    ...{ id, title, status, checks: checks.map((inner) => checkLine(inner, spec)) },
    ...(expected === undefined ? {} : { expected }),
    ...(actual === undefined ? {} : { actual }),
    ...(spec === undefined ? {} : { spec }),
    ...(link === undefined ? {} : { link }),
    ...(remedy === undefined ? {} : { remedy }),
    ...(range ?? {}),
  };
}

/** `technology`: where the verdict names none. */
export function verdictView(verdict: Verdict, technology: string, at: Date): VerdictView {
  const { tcbStatus, checks, notChecked } = verdict;
  return {
    ...{ technology: verdict.technology ?? technology, verdict: verdict.verdict },
    ...(tcbStatus === undefined ? {} : { tcbStatus }),
    ...{ checks: checks.map((check) => checkLine(check)), notChecked, at: at.toISOString() },
  };
}

/** Anchors are DER certificates or keys: PEM of certificates is taken apart, anything else goes as it is. */
function anchorsOf(bytes: Uint8Array): Uint8Array[] {
  const certificates = parsePem(bytes).blocks.filter(({ label }) => label.endsWith('CERTIFICATE'));
  return certificates.length > 0 ? certificates.map(({ der }) => der) : [bytes];
}

function dateOf(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime()))
    throw new TsmError('EINVAL', `date ${JSON.stringify(text)}: expected one such as 2026-01-31`);
  return date;
}

/** What was lost on the way into the policy must not pass unseen. */
interface Given {
  readonly policy: Policy;
  readonly lost: readonly string[];
}

async function policyOf(library: Library, source: Source): Promise<Given> {
  const { policy, issues } = readPolicy(await library.read(source));
  if (policy) return { policy, lost: issues.map(({ path, message }) => `${path}: ${message}`) };
  const [first] = issues;
  throw new TsmError(
    'EINVAL',
    `${nameOf(source)}: ${first ? `${first.path}: ${first.message}` : 'no policy'} — a policy is JSON with "version": 1, a CoRIM, or RVPS reference values`,
  );
}

export async function verify(
  library: Library,
  { digests, verifier, cache, now: clock }: VerdictTools,
  params: Params<'tsm/verify'>,
): Promise<VerdictView> {
  const { source, collateral = [], trustAnchors, at } = params;
  const found = await library.evidence(source);
  const { bytes, provider, evidence } = found;
  if (!provider.verify)
    throw new TsmError('ENOTSUP', `provider ${provider.id} reads its evidence, and does not verify it`);
  const now = at === undefined ? clock() : dateOf(at);
  const readAll = (sources: readonly Source[]): Promise<Uint8Array[]> =>
    Promise.all(sources.map((one) => library.read(one)));
  const given = params.policy && (await policyOf(library, params.policy));
  const log = params.log && (await library.log(params.log));
  const genuine = await provider.verify(bytes, {
    ...{ now, digests, cache, collateral: await readAll(collateral) },
    ...(verifier ? { verifier } : {}),
    ...(trustAnchors ? { trustAnchors: (await readAll(trustAnchors)).flatMap(anchorsOf) } : {}),
    // A policy that names statuses has the last word on them.
    ...(given?.policy.tcbStatus ? { acceptTcb: given.policy.tcbStatus } : {}),
  });
  const appraisal = given && appraise(claimsOf(evidence, provider, genuine), given.policy, now);
  const lost = (given?.lost ?? []).map((reason) => ({ id: 'policy', reason }));
  const verdict = withParts(genuine, {
    log: log
      ? { checks: [logCheck(log, held(log, found, params.register, digests), evidence)] }
      : 'none given',
    policy: appraisal
      ? { checks: appraisal.checks, notChecked: [...appraisal.notChecked, ...lost] }
      : 'none given',
  });
  return verdictView(verdict, provider.id, now);
}
