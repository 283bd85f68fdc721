/** Checks of the realm token: profile, claims, registers, its key (RAK), its signature, and the binding of the key. */
import { ALGORITHMS, algorithmOfText } from '@tsm/core';
import { coseKey, publicKeyFrom, verifySign1, type CheckList } from '@tsm/evidence';
import { REALM_PROFILE } from '../claims.ts';
import { CLAIMS_SPEC, TOKEN_SPEC } from '../issues.ts';
import { claimBytes, claimOf, claimText, registerClaims, type SignedToken } from '../token.ts';
import { checkClaims, rangeOf, type Context } from './context.ts';

function checkProfile(checks: CheckList, token: SignedToken): void {
  const item = claimOf(token, 'profile');
  const known: readonly string[] = Object.values(REALM_PROFILE);
  const id = 'token.realm.profile';
  const title = 'Profile of the realm token is known';
  const details = { spec: 'DEN0137, A7.2.3.1.2', expected: known.join(', '), ...(item && rangeOf(item)) };
  if (item?.kind !== 'text') {
    checks.notApplicable(id, title, 'the token names none, as tokens before RMM 1.0');
  } else if (known.includes(item.value)) checks.check(id, title, true, { ...details, actual: item.value });
  else {
    const remedy = 'Use a verifier that knows the rules of this profile.';
    checks.skip(id, title, { ...details, actual: item.value, remedy });
  }
}

/** All five are of one size, and no shorter than the hash that they are said to be of. */
function checkRegisters(checks: CheckList, token: SignedToken): void {
  const items = registerClaims(token);
  const sizes = [...new Set(items.map(({ value }) => value.length))];
  const text = claimText(token, 'hash-algo-id');
  const algorithm = text === undefined ? undefined : algorithmOfText(text);
  const expected = algorithm && ALGORITHMS[algorithm].size;
  const [size = 0] = sizes;
  const [rim] = items;
  const ok = items.length === 5 && sizes.length === 1 && expected !== undefined && size >= expected;
  checks.check('token.realm.registers', 'RIM and REMs have the size of the realm’s hash', ok, {
    spec: CLAIMS_SPEC,
    ...(rim && rangeOf({ offset: rim.offset, length: rim.value.length })),
    expected: expected === undefined ? 'a hash that is known' : `5 of ${String(expected)} bytes`,
    actual: `${String(items.length)} of ${sizes.join(', ')} bytes, ${text ?? 'no hash'}`,
    remedy: 'Get a new token: this one contradicts itself.',
  });
  if (ok && size > expected) {
    const reason = `The registers have ${String(size)} bytes, and ${text ?? ''} gives ${String(expected)}: the claim and the values do not say the same, which the specification does not forbid.`;
    checks.notChecked('token.realm.hash', reason);
  }
}

/** A bare point where no profile is named; a COSE_Key everywhere. */
function realmKey(token: SignedToken): Uint8Array | undefined {
  const bytes = claimBytes(token, 'public-key');
  if (!bytes) return undefined;
  const bare = claimOf(token, 'profile') === undefined && bytes[0] === 4;
  return (bare ? publicKeyFrom(bytes) : coseKey(bytes))?.spki;
}

async function checkSignature(checks: CheckList, token: SignedToken, { verifier }: Context): Promise<void> {
  const item = claimOf(token, 'public-key');
  const key = realmKey(token);
  checks.check('token.realm.key', 'Key of the realm token (RAK) is readable', key !== undefined, {
    spec: 'DEN0137, A7.2.3.1.10',
    ...(item && rangeOf(item)),
    expected: 'COSE_Key; without a profile also the point 04‖x‖y',
    remedy: 'Get a new token: this one is not as its profile has it.',
  });
  const { scheme, algorithm } = token.sign1;
  const verified = key !== undefined && (await verifySign1(token.sign1, key, verifier));
  checks.check('token.realm.signature', 'Realm token is signed by its RAK', verified, {
    spec: TOKEN_SPEC,
    ...rangeOf(token.place),
    actual: scheme ?? `COSE algorithm ${algorithm === undefined ? 'missing' : String(algorithm)}`,
    remedy: 'The token was altered: get a new one.',
  });
}

export async function checkRealm(checks: CheckList, token: SignedToken, context: Context): Promise<void> {
  const group = checks.group('token.realm', 'Realm token', rangeOf(token.place));
  checkProfile(group, token);
  checkClaims(group, token);
  checkRegisters(group, token);
  await checkSignature(group, token, context);
}

/** The challenge of the platform token is the hash of the RAK, in the very bytes of its claim. */
export function checkBinding(
  checks: CheckList,
  platform: SignedToken,
  realm: SignedToken,
  { digests }: Context,
): void {
  const id = 'key.binding';
  const title = 'Platform token vouches for the RAK of the realm token';
  const item = claimOf(platform, 'challenge');
  const details = {
    spec: 'DEN0137, A7.2.3.3.2',
    ...(item && rangeOf(item)),
    remedy: 'The two tokens do not belong together: get both again.',
  };
  const key = claimBytes(realm, 'public-key');
  const challenge = claimBytes(platform, 'challenge');
  const text = claimText(realm, 'public-key-hash-algo-id');
  const algorithm = text === undefined ? undefined : algorithmOfText(text);
  if (!key || !challenge || text === undefined) {
    checks.check(id, title, false, { ...details, actual: 'a claim that it needs is missing' });
  } else if (algorithm === undefined || !digests.has(algorithm)) {
    const remedy = 'Pass digests that have this algorithm.';
    checks.skip(id, title, { ...details, actual: `hash algorithm ${JSON.stringify(text)}`, remedy });
  } else if (ALGORITHMS[algorithm].size < 32) {
    checks.check(id, title, false, { ...details, expected: 'a hash of 256 bits or more', actual: text });
  } else checks.equal(id, title, digests.digest(algorithm, key), challenge, details);
}
