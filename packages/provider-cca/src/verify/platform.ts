/** Checks of the platform token: profile, claims, life cycle, and its signature by the platform's key (CPAK). */
import { latin1Text } from '@tsm/core';
import { remembered, verifySign1, type CheckList } from '@tsm/evidence';
import { lifecycleOf, PLATFORM_PROFILE } from '../claims.ts';
import { TOKEN_SPEC } from '../issues.ts';
import { claimBytes, claimOf, claimText, lifecycleClaim, type SignedToken } from '../token.ts';
import { checkClaims, rangeOf, type Context } from './context.ts';
import { endorsementsFor, type Endorsement, type Endorsements } from './endorsements.ts';

function checkProfile(checks: CheckList, token: SignedToken): void {
  const item = claimOf(token, 'profile');
  const profile = claimText(token, 'profile');
  const known: readonly string[] = Object.values(PLATFORM_PROFILE);
  const id = 'token.platform.profile';
  const title = 'Profile of the platform token is known';
  const details = { spec: 'DEN0137, A7.2.3.3.1', expected: known.join(', '), ...(item && rangeOf(item)) };
  // A missing profile is a missing claim, and fails there.
  if (profile === undefined) checks.notApplicable(id, title, 'the token names none');
  else if (known.includes(profile)) checks.check(id, title, true, { ...details, actual: profile });
  else {
    const remedy = 'Use a verifier that knows the rules of this profile.';
    checks.skip(id, title, { ...details, actual: profile, remedy });
  }
}

/** Debug states, and all others but secured, fail. */
function checkLifecycle(checks: CheckList, token: SignedToken): void {
  const item = claimOf(token, 'lifecycle');
  const value = lifecycleClaim(token);
  const state = value === undefined ? undefined : lifecycleOf(value);
  const actual =
    value === undefined ? 'none' : `0x${value.toString(16).padStart(4, '0')} ${state?.name ?? 'not defined'}`;
  const details = {
    spec: 'DEN0137, A7.2.3.3.7',
    ...(item && rangeOf(item)),
    actual,
    remedy: 'Run realms on a platform whose life cycle is secured.',
  };
  checks.check('debug', 'Platform is in no debug state', state?.debug === false, {
    ...details,
    expected: 'no debug state',
  });
  checks.check('lifecycle', 'Life cycle of the platform is secured', state?.name === 'secured', {
    ...details,
    expected: '0x3000 to 0x30ff secured',
  });
}

/** The key among these that signed the token. A token that was verified once is remembered with its key. */
async function signer(
  { sign1, bytes }: SignedToken,
  keys: readonly Endorsement[],
  { digests, verifier, cache }: Context,
): Promise<Endorsement | undefined> {
  const content = cache && latin1Text(digests.digest('sha256', bytes));
  for (const key of keys) {
    const name = content && `cca.platform:${content}:${latin1Text(key.spki)}`;
    const verified = await remembered(name === undefined ? undefined : cache, name ?? '', () =>
      verifySign1(sign1, key.spki, verifier),
    );
    if (verified) return key;
  }
  return undefined;
}

async function checkSignature(
  checks: CheckList,
  token: SignedToken,
  { keys, unread }: Endorsements,
  context: Context,
): Promise<void> {
  const id = 'token.platform.signature';
  const title = 'Platform token is signed by the platform’s key (CPAK)';
  const details = { spec: TOKEN_SPEC, ...rangeOf(token.place) };
  const candidates = endorsementsFor(
    keys,
    claimBytes(token, 'implementation-id'),
    claimBytes(token, 'instance-id'),
  );
  if (candidates.length === 0) {
    const others = keys.length > 0 ? `keys: ${String(keys.length)}, all of other platforms` : 'no key';
    const actual = [others, ...unread].join('; ');
    const remedy = 'Give the CPAK of this platform as collateral: PEM, JWK or SubjectPublicKeyInfo.';
    checks.skip(id, title, { ...details, actual, remedy });
    return;
  }
  const found = await signer(token, candidates, context);
  const { scheme, algorithm } = token.sign1;
  const actual = scheme ?? `COSE algorithm ${algorithm === undefined ? 'missing' : String(algorithm)}`;
  checks.check(id, title, found !== undefined, {
    ...details,
    actual: found ? actual : `${actual}: none of ${String(candidates.length)} keys verifies it`,
    remedy: 'The token was altered, or the CPAK is of another platform.',
  });
}

export async function checkPlatform(
  checks: CheckList,
  token: SignedToken,
  endorsements: Endorsements,
  context: Context,
): Promise<void> {
  const group = checks.group('token.platform', 'Platform token', rangeOf(token.place));
  checkProfile(group, token);
  checkClaims(group, token);
  await checkSignature(group, token, endorsements, context);
  checkLifecycle(checks, token);
}
