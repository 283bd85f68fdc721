/** The CCA provider, for the hash, the profiles and the outer form that are asked for. */
import {
  defineProvider,
  type EvidenceFormat,
  type LaunchCalculator,
  type ModelTools,
  type Provider,
  type ReportDriver,
  type Verdict,
  type VerifyOptions,
} from '@tsm/core';
import { ccaEvidence } from './evidence.ts';
import { ccaLaunch } from './launch/calculator.ts';
import { startRealm, type CcaLaunch, type CcaModel, type RealmForm } from './model.ts';
import { registersOf } from './registers.ts';
import { armCcaGuest } from './report.ts';
import { verifyToken } from './verify/verify.ts';

/**
 * `hashAlgorithm`: of the realm, default sha256. `profile`: of the realm token, default 1.0; with 2.0 the RMM does not
 * measure RIPAS. `platformProfile`: default as `profile`. `form`: default 907, and 399 with the profile `legacy`.
 */
export type CcaOptions = Partial<RealmForm>;

export interface CcaProvider extends Provider {
  readonly model: (launch: CcaLaunch, tools: ModelTools) => CcaModel;
  readonly report: ReportDriver;
  readonly launch: LaunchCalculator;
  readonly evidence: EvidenceFormat;
  readonly verify: (bytes: Uint8Array, options: VerifyOptions) => Promise<Verdict>;
}

export function createCca(options: CcaOptions = {}): CcaProvider {
  const { hashAlgorithm = 'sha256', profile = '1.0' } = options;
  const { platformProfile = profile, form = profile === 'legacy' ? 399 : 907 } = options;
  return defineProvider({
    apiVersion: 1,
    id: 'cca',
    title: 'Arm CCA',
    registers: registersOf(hashAlgorithm),
    model: (launch: CcaLaunch, tools: ModelTools) =>
      startRealm(launch, tools, { hashAlgorithm, profile, platformProfile, form }),
    report: armCcaGuest,
    launch: ccaLaunch,
    evidence: ccaEvidence,
    verify: verifyToken,
  });
}
