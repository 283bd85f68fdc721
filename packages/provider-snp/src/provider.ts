/** The SEV-SNP provider, for the processor, report version and signing key that are asked for. */
import {
  defineProvider,
  type EvidenceFormat,
  type Launch,
  type LaunchCalculator,
  type ModelTools,
  type Provider,
  type ReportDriver,
  type Verdict,
  type VerifyOptions,
} from '@tsm/core';
import { snpEvidence } from './evidence.ts';
import { snpLaunch } from './launch/calculator.ts';
import { startGuest, type GuestForm, type SnpModel } from './model.ts';
import { startAzureGuest } from './paravisor.ts';
import { PCRS, REGISTERS } from './registers.ts';
import { azureVtpm, sevGuest } from './report.ts';
import { verifySnp } from './verify/verify.ts';

/**
 * What is simulated. `product`: default Milan. `reportVersion`: default 3. `signingKey`: default `vcek`. `vmpl`: the
 * guest's own level, default 0; above it there is an SVSM. `hostCertificates`: whether reports come with certificates,
 * default yes. `maskChipId`: default for a VLEK only. `vtpm`: default no; whether a paravisor at VMPL 0 keeps a vTPM for the
 * guest: then the PCRs are registers too, and a report is the JSON that agents on Azure make, with `inblob` as the nonce.
 */
export type SnpOptions = Partial<GuestForm>;

export interface SnpProvider extends Provider {
  readonly model: (launch: Launch, tools: ModelTools) => SnpModel;
  readonly report: ReportDriver;
  readonly launch: LaunchCalculator;
  readonly evidence: EvidenceFormat;
  readonly verify: (bytes: Uint8Array, options: VerifyOptions) => Promise<Verdict>;
}

export function createSnp(options: SnpOptions = {}): SnpProvider {
  const { signingKey = 'vcek', vmpl = 0, vtpm = false } = options;
  if (![0, 1, 2, 3].includes(vmpl)) throw new RangeError(`vmpl: expected 0 to 3, got ${String(vmpl)}`);
  if (vtpm && vmpl > 0) throw new RangeError('vtpm: a paravisor takes its reports at VMPL 0, leave vmpl out');
  const form: GuestForm = {
    ...{ product: 'Milan', reportVersion: 3, hostCertificates: true, maskChipId: signingKey === 'vlek' },
    ...options,
    ...{ signingKey, vmpl, vtpm },
  };
  return defineProvider({
    apiVersion: 1,
    id: 'snp',
    title: 'AMD SEV-SNP',
    registers: vtpm ? [...REGISTERS, ...PCRS] : REGISTERS,
    model: (launch: Launch, tools: ModelTools) => (vtpm ? startAzureGuest : startGuest)(launch, tools, form),
    report: vtpm ? azureVtpm : sevGuest(vmpl),
    launch: snpLaunch,
    evidence: snpEvidence,
    verify: verifySnp,
  });
}
