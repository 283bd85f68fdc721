/** The verification of CCA tokens, from the CPAK that the caller trusts down to the challenge of the realm. */
import { portableDigests, toHex, type Verdict, type VerifyOptions } from '@tsm/core';
import { CheckList, webCryptoVerifier } from '@tsm/evidence';
import { CHALLENGE_SIZE } from '../report.ts';
import { claimBytes, claimOf, decodeToken, type CcaToken } from '../token.ts';
import { errorDetails, hasErrors, rangeOf, type Context } from './context.ts';
import { endorsementsOf } from './endorsements.ts';
import { checkPlatform } from './platform.ts';
import { checkBinding, checkRealm } from './realm.ts';

function checkStructure(checks: CheckList, { format, platform, realm, issues }: CcaToken): void {
  const ok = (platform !== undefined || realm !== undefined) && !hasErrors(issues);
  checks.check('structure', 'CCA token: outer form and COSE_Sign1 of each token', ok, {
    spec: 'DEN0137, A7.2.2',
    expected: 'tag 907 or 399 around both tokens, each with tag 18, or one token alone',
    actual: format,
    ...errorDetails(issues),
    remedy: 'Get the token again, and hand it on as it is.',
  });
}

function checkReportData(checks: CheckList, { realm }: CcaToken, wanted: Uint8Array | undefined): void {
  const id = 'report.data';
  const title = 'Challenge of the realm token is the report data that was asked for';
  if (!wanted) {
    checks.notChecked(id, 'No report data was given: the token may be an old one.');
    return;
  }
  const spec = 'DEN0137, A7.2.3.1.1';
  const item = claimOf(realm, 'challenge');
  if (!realm) {
    checks.skip(id, title, {
      spec,
      remedy: 'Give the whole token: only the realm’s holds a challenge of the guest.',
    });
    return;
  }
  const details = {
    spec,
    ...(item && rangeOf(item)),
    remedy: 'The token is not the answer to this request.',
  };
  if (wanted.length > CHALLENGE_SIZE) {
    const expected = `${toHex(wanted)}, which is longer than ${String(CHALLENGE_SIZE)} bytes`;
    checks.check(id, title, false, { ...details, expected });
    return;
  }
  const padded = new Uint8Array(CHALLENGE_SIZE);
  padded.set(wanted);
  checks.equal(id, title, padded, claimBytes(realm, 'challenge') ?? new Uint8Array(0), details);
}

/** What is said of a token that is alone. */
const ALONE = {
  platform: 'There is no realm token: nothing is said about a realm.',
  realm: 'There is no platform token.',
} as const;

function noteUnchecked(checks: CheckList, { platform, realm }: CcaToken): void {
  checks.notChecked(
    'policy',
    'RIM, REMs, personalization value and firmware were compared with no reference values.',
  );
  checks.notChecked('revocation', 'CCA has no revocation of platform keys: keep endorsements up to date.');
  if (platform) {
    const reason =
      'No rule says how it follows from the CPAK: endorsements that name it are held against it.';
    checks.notChecked('platform.instance-id', reason);
  }
  if (realm) checks.notChecked('event-log', 'No event log was replayed against the registers.');
}

/**
 * Verifies a token. `collateral`: platform keys (CPAKs) as PEM, JWK, DER or a store that names platforms; `trustAnchors`,
 * where given, replace them. Without a key of the platform the verdict is inconclusive. Never throws on data.
 */
export async function verifyToken(bytes: Uint8Array, options: VerifyOptions): Promise<Verdict> {
  const { digests = portableDigests, cache, verifier = webCryptoVerifier(cache), reportData } = options;
  const context: Context = { digests, verifier, cache };
  const checks = new CheckList();
  const token = decodeToken(bytes);
  const { platform, realm } = token;
  checkStructure(checks, token);
  const endorsements = await endorsementsOf(options, digests);
  if (platform) await checkPlatform(checks, platform, endorsements, context);
  if (realm) await checkRealm(checks, realm, context);
  if (platform && realm) checkBinding(checks, platform, realm, context);
  else if (realm) {
    const remedy = 'Give the whole token: the key of a realm token is vouched for by the platform token.';
    checks.skip('token.platform', 'Platform token', { actual: ALONE.realm, remedy });
  } else if (platform && token.format === 'platform-token') {
    checks.notChecked('token.realm', ALONE.platform);
    checks.notApplicable('key.binding', 'Platform token vouches for a RAK', ALONE.platform);
  }
  checkReportData(checks, token, reportData);
  noteUnchecked(checks, token);
  return checks.verdict('cca');
}
