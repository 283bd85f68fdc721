/** The result of an appraisal as EAT Attestation Result, the claims of the token as JSON. Source: draft-ietf-rats-ear; draft-ietf-rats-ar4si §2.3. */
import type { Check, Verdict } from '@tsm/core';
import type { AppraisalClaims } from './claims.ts';

/** AR4SI §2.3.4: 2…31 affirms, 32…95 warns, 96…127 contraindicates; 0 is no claim. */
const TRUST = {
  noClaim: 0,
  trustworthyInstance: 2,
  unrecognizedInstance: 97,
  approvedConfig: 2,
  unsafeConfig: 32,
  unsupportableConfig: 96,
  approvedBoot: 3,
  approvedRuntime: 2,
  unrecognizedRuntime: 33,
  genuineHardware: 2,
  unsafeHardware: 32,
  contraindicatedHardware: 96,
  encryptedMemory: 2,
  visibleMemory: 96,
  cryptoFailed: 99,
} as const;

export interface EarOptions {
  readonly claims: AppraisalClaims;
  /** Of the verification. */
  readonly verdict: Verdict;
  /** Of the appraisal, where there was a policy. */
  readonly appraisal?: Verdict;
  readonly policyId?: string;
  readonly now: Date;
  readonly verifier: { readonly developer: string; readonly build: string };
}

function* leaves(checks: readonly Check[]): Generator<Check> {
  for (const check of checks) {
    if (check.checks && check.checks.length > 0) yield* leaves(check.checks);
    else yield check;
  }
}

/** TCB statuses that say that nothing is known to be wrong. */
const CURRENT = new Set(['UpToDate']);
const REFUSED = new Set(['Revoked', 'NotSupported']);

function hardware(verdict: Verdict, failedCrypto: boolean): number {
  if (failedCrypto) return TRUST.cryptoFailed;
  const { tcbStatus } = verdict;
  if (tcbStatus !== undefined && REFUSED.has(tcbStatus)) return TRUST.contraindicatedHardware;
  if (verdict.verdict !== 'pass') return TRUST.noClaim;
  return tcbStatus === undefined || CURRENT.has(tcbStatus) ? TRUST.genuineHardware : TRUST.unsafeHardware;
}

/** Launch alone is what was booted; with a runtime register it is what runs. */
function executables(appraisal: Verdict | undefined): number {
  const checks = [...leaves(appraisal?.checks ?? [])].filter(({ id }) =>
    /^policy\.(register|role)\./.test(id),
  );
  if (checks.length === 0) return TRUST.noClaim;
  if (checks.some(({ status }) => status === 'fail')) return TRUST.unrecognizedRuntime;
  const open = appraisal?.notChecked.some(({ id }) => id.startsWith('policy.register.')) === true;
  return open ? TRUST.approvedBoot : TRUST.approvedRuntime;
}

function configuration(debug: boolean | undefined, appraisal: Verdict | undefined): number {
  if (debug === true) return TRUST.unsupportableConfig;
  const checks = [...leaves(appraisal?.checks ?? [])].filter(({ id }) => id.startsWith('policy.claim.'));
  if (checks.some(({ status }) => status === 'fail')) return TRUST.unsafeConfig;
  return checks.length > 0 ? TRUST.approvedConfig : TRUST.noClaim;
}

const STATUS = { pass: 'affirming', fail: 'contraindicated', inconclusive: 'none' } as const;
const CRYPTO = /(^|\.)(signature|binding|chain|anchor)$/;

/** The claims set, ready to be signed as a JWT by whoever vouches for it. */
export function earOf({ claims, verdict, appraisal, policyId, now, verifier }: EarOptions): unknown {
  const failedCrypto = [...leaves(verdict.checks)].some(
    ({ id, status }) => status === 'fail' && CRYPTO.test(id),
  );
  const { debug } = claims.claims;
  const passed = verdict.verdict === 'pass';
  const both = [verdict.verdict, ...(appraisal ? [appraisal.verdict] : [])];
  const overall = both.includes('fail') ? 'fail' : both.includes('inconclusive') ? 'inconclusive' : 'pass';
  const instance = failedCrypto ? TRUST.cryptoFailed : passed ? TRUST.trustworthyInstance : TRUST.noClaim;
  const memory = debug === true ? TRUST.visibleMemory : passed ? TRUST.encryptedMemory : TRUST.noClaim;
  return {
    eat_profile: 'tag:github.com,2023:veraison/ear',
    iat: Math.floor(now.getTime() / 1000),
    'ear.verifier-id': verifier,
    submods: {
      [claims.technology]: {
        'ear.status': STATUS[overall],
        'ear.trustworthiness-vector': {
          'instance-identity': instance,
          configuration: configuration(typeof debug === 'boolean' ? debug : undefined, appraisal),
          executables: executables(appraisal),
          'file-system': TRUST.noClaim,
          hardware: hardware(verdict, failedCrypto),
          'runtime-opaque': memory,
          'storage-opaque': TRUST.noClaim,
          'sourced-data': TRUST.noClaim,
        },
        ...(policyId === undefined ? {} : { 'ear.appraisal-policy-id': policyId }),
      },
    },
  };
}
