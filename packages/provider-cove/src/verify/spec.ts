/** The specification's form: each layer's token signed with the key in the one before. Spec: CoVE specification, Evidence Format, Evidence Generation. */
import { equalBytes } from '@tsm/core';
import { verifySign1, type CheckList, type Sign1 } from '@tsm/evidence';
import { PROFILE } from '../claims.ts';
import type { SpecEvidence, Token } from '../decode/spec-evidence.ts';
import { DICE_OID } from '../decode/tcb-info.ts';
import {
  checkAuthority,
  checkPublished,
  haveSigners,
  rememberedSignature,
  signerAmong,
  type Authority,
  type Context,
} from './authority.ts';
import { checkLeaf, signedBy } from './leaf.ts';
import { checkReportData } from './report-data.ts';

const SPEC = 'CoVE specification, Evidence Format';

/** All that a signature is about. */
const partsOf = ({ protectedBytes, payload, signature }: Sign1): Uint8Array[] => [
  protectedBytes,
  payload,
  signature,
];

/** The token's signature with the key that the layer before names. */
async function checkToken(
  checks: CheckList,
  { name, token, by }: { name: string; token: Token | undefined; by: string },
  spki: Uint8Array | undefined,
  context: Context,
): Promise<void> {
  const id = `token.${name}`;
  const title = `the ${name} token is signed by ${by}`;
  const verify = (key: Uint8Array, { sign1 }: Token): Promise<boolean> =>
    // The TSM's token is the same in every report of the platform.
    name === 'tsm'
      ? rememberedSignature(context, [key, ...partsOf(sign1)], () =>
          verifySign1(sign1, key, context.verifier),
        )
      : verifySign1(sign1, key, context.verifier);
  const good = token !== undefined && spki !== undefined && (await verify(spki, token));
  checks.check(id, title, good, {
    spec: SPEC,
    ...(token && { range: token.range }),
    expected: `a signature with the key of ${by}`,
    actual: good ? 'verifies' : !token ? 'no token' : spki ? 'does not verify' : `no key of ${by}`,
    remedy: 'tokens of another platform, or changed ones: get the evidence again',
  });
}

/** The platform token, with whatever root of trust is given. */
async function checkPlatform(
  checks: CheckList,
  token: Token | undefined,
  context: Context,
): Promise<Authority | undefined> {
  const id = 'token.platform';
  const title = 'the platform token is signed by the root of trust';
  if (!token) {
    checks.check(id, title, false, { spec: SPEC, actual: 'no token' });
    return undefined;
  }
  const { range } = token;
  const signer = await signerAmong(context, partsOf(token.sign1), (spki) =>
    verifySign1(token.sign1, spki, context.verifier),
  );
  if (!signer && !haveSigners(context)) {
    const remedy = 'give the key of the root of trust, or its certificate and the root of its manufacturer';
    checks.skip(id, title, { spec: SPEC, range, actual: 'no root of trust is given', remedy });
    return undefined;
  }
  checks.check(id, title, signer !== undefined, {
    ...{ spec: SPEC, range, expected: 'a signature of a root of trust that is given' },
    actual: signer ? 'verifies' : 'verifies with none of the keys that are given',
    remedy: 'give the key of this platform; if it is, the token was changed',
  });
  if (signer) await checkAuthority(checks, signer, context);
  return signer;
}

/** The certificate around the evidence, and that it is for the key in the TVM token. */
async function checkCertificate(checks: CheckList, evidence: SpecEvidence, context: Context): Promise<void> {
  const { certificate, envelope, tokens } = evidence;
  const tsm = tokens.tsm?.keys.get('tsm-public-key');
  if (certificate) {
    const signed = tsm !== undefined && (await signedBy(certificate, tsm, context));
    const signer = signed ? { spki: tsm, trusted: false } : undefined;
    const authorities = [{ spki: tsm ?? new Uint8Array(0), trusted: false }];
    checkLeaf(checks, certificate, signer, { ...context, authorities }, [DICE_OID.uccsEvidence]);
    const key = tokens.tvm?.keys.get('tvm-public-key');
    const { offset = 0, length = 0 } = certificate.parts.publicKey ?? {};
    checks.check(
      'key.binding',
      'the certificate is for the key in the TVM token',
      key !== undefined && equalBytes(key, certificate.publicKey.spki),
      {
        spec: 'CoVE specification, sbi_covg_get_evidence',
        range: { offset: certificate.place.offset + offset, length },
        remedy: 'refuse the key: the evidence is not about it',
      },
    );
  } else if (envelope) {
    const good = tsm !== undefined && (await verifySign1(envelope, tsm, context.verifier));
    checks.check('certificate.signature', 'the certificate is signed by the TSM', good, {
      spec: 'CoVE specification, CBOR Attestation Certificate',
      range: { offset: envelope.payloadOffset, length: envelope.payload.length },
      ...{
        expected: 'a signature with the key in the TSM token',
        actual: good ? 'verifies' : 'does not verify',
      },
      remedy: 'a certificate of another TSM, or a changed one: get the evidence again',
    });
  } else {
    checks.notApplicable('certificate.signature', 'the certificate is signed by the TSM', 'bare evidence');
    return;
  }
  checks.notChecked('certificate.names', 'the draft does not say how CDI_ID is derived from a key');
}

/** Secured, and nothing else: a state that is not there fails too. */
function checkState(checks: CheckList, token: Token | undefined): void {
  const state = token?.claims['platform-state'];
  const place = token?.places.get('platform-state');
  const details = {
    spec: 'CoVE specification, Platform State Claim',
    ...(place && { range: { offset: place.offset, length: place.length } }),
    actual: typeof state === 'string' ? state : 'not stated',
  };
  checks.check(
    'debug',
    'the platform is not in debug state',
    typeof state === 'string' && state !== 'debug',
    {
      ...{ ...details, expected: 'another state than debug' },
      remedy: 'refuse the TVM: its platform can be debugged',
    },
  );
  const good = state === 'secured' || state === 'debug';
  checks.check('platform.state', 'the platform is configured and not in recovery', good, {
    ...{ ...details, expected: 'secured' },
    remedy: 'wait until the platform is in regular operation',
  });
}

function checkProfile(checks: CheckList, token: Token | undefined): void {
  const profile = token?.claims['eat-profile'];
  const place = token?.places.get('eat-profile');
  checks.check('profile', 'the profile is the one of the draft', profile === PROFILE, {
    spec: 'CoVE specification, EAT Profile Claim',
    ...(place && { range: { offset: place.offset, length: place.length } }),
    ...{ expected: PROFILE, actual: typeof profile === 'string' ? profile : 'not stated' },
  });
}

export async function verifySpec(checks: CheckList, evidence: SpecEvidence, context: Context): Promise<void> {
  const { platform, tsm, tvm } = evidence.tokens;
  const platformKey = platform?.keys.get('platform-public-key');
  const tsmKey = tsm?.keys.get('tsm-public-key');
  checkProfile(checks, platform);
  const rot = await checkPlatform(checks, platform, context);
  await checkToken(checks, { name: 'tsm', token: tsm, by: 'the platform' }, platformKey, context);
  await checkToken(checks, { name: 'tvm', token: tvm, by: 'the TSM' }, tsmKey, context);
  await checkCertificate(checks, evidence, context);
  const keys = [rot?.spki, platformKey, tsmKey].filter((one) => one !== undefined);
  checkPublished(checks, keys);
  checkState(checks, platform);
  const challenge = tvm?.claims['tvm-challenge'];
  const place = tvm?.places.get('tvm-challenge');
  const bound = challenge instanceof Uint8Array ? challenge : new Uint8Array(0);
  checkReportData(checks, context.options.reportData, bound, {
    title: 'the challenge is the one that was asked for',
    spec: 'CoVE specification, TVM Challenge Claim',
    ...(place && { range: { offset: place.offset, length: place.length } }),
  });
}
