/** The CoVE provider, for the implementation and the registers that are asked for. */
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
import type { CertificateFormat } from './abi.ts';
import { coveEvidence } from './evidence.ts';
import { createCalculator } from './launch/calculator.ts';
import { startTvm, type CoveModel } from './model.ts';
import { registersOf, SALUS_MAP, SPEC_MAP, type CoveRegister, type RegisterMap } from './registers.ts';
import { coveGuest, salusGuest } from './report.ts';
import { verifyEvidence } from './verify/verify.ts';

/** The specification's TSM. */
export interface SpecOptions extends Partial<RegisterMap> {
  readonly implementation?: 'spec';
  /** Certificate that `report` returns. Default `cbor`. */
  readonly certificate?: CertificateFormat;
}

/** The TSM of rivosinc/salus, whose registers are fixed. */
export interface SalusOptions {
  readonly implementation: 'salus';
  /** `constant`: the published secrets, as salus has them; verifiers refuse the keys. Default. `seed`: ones of its own. */
  readonly cdi?: 'constant' | 'seed';
}

export type CoveOptions = SpecOptions | SalusOptions;

export interface CoveProvider extends Provider {
  readonly registers: readonly CoveRegister[];
  readonly model: (launch: Launch, tools: ModelTools) => CoveModel;
  readonly report: ReportDriver;
  readonly launch: LaunchCalculator;
  readonly evidence: EvidenceFormat;
  readonly verify: (bytes: Uint8Array, options: VerifyOptions) => Promise<Verdict>;
}

function mapOf(options: CoveOptions): RegisterMap {
  if (options.implementation === 'salus') return SALUS_MAP;
  const { hash = SPEC_MAP.hash, initial = SPEC_MAP.initial, runtime = SPEC_MAP.runtime } = options;
  return { hash, initial, runtime };
}

/** Decoding and verification take the evidence of every implementation, whatever is asked for here. */
export function createCove(options: CoveOptions = {}): CoveProvider {
  const { implementation = 'spec' } = options;
  const salus = implementation === 'salus';
  const map = mapOf(options);
  const registers = registersOf(map, salus);
  const form = {
    registers,
    implementation,
    certificate: ('certificate' in options ? options.certificate : undefined) ?? 'cbor',
    cdi: ('cdi' in options ? options.cdi : undefined) ?? 'constant',
  };
  return defineProvider({
    apiVersion: 1,
    id: 'cove',
    title: 'RISC-V CoVE',
    registers,
    model: (launch: Launch, tools: ModelTools) => startTvm(launch, tools, form),
    report: salus ? salusGuest : coveGuest,
    launch: createCalculator(map, salus),
    evidence: coveEvidence,
    verify: verifyEvidence,
  });
}
