/** The TDX provider, for the versions of TD and quote that are asked for. */
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
import { tdxEvidence } from './evidence.ts';
import { tdxLaunch } from './launch/calculator.ts';
import { startTd, type TdxModel } from './model.ts';
import { NEWEST_TCB, type PlatformTcb, type TdxPlatform } from './platform.ts';
import type { QuoteForm } from './quoting-enclave.ts';
import { REGISTERS } from './registers.ts';
import { tdxGuest } from './report.ts';
import { verifyTdx } from './verify/verify.ts';

/** What is simulated. */
export interface TdxOptions extends Partial<QuoteForm>, Partial<Omit<TdxPlatform, 'tcb'>> {
  /** Security versions that differ from the newest, which are those that the minted collateral calls up to date. */
  readonly tcb?: Partial<PlatformTcb>;
}

export interface TdxProvider extends Provider {
  readonly model: (launch: Launch, tools: ModelTools) => TdxModel;
  readonly report: ReportDriver;
  readonly launch: LaunchCalculator;
  readonly evidence: EvidenceFormat;
  readonly verify: (bytes: Uint8Array, options: VerifyOptions) => Promise<Verdict>;
}

/**
 * `quoteVersion`: default 4. `tdVersion`: TDINFO version, and body of a version 5 quote; default 1.0. `certification`: type
 * of the inner certification data, default 5. `pckRevoked`: default false.
 */
export function createTdx(options: TdxOptions = {}): TdxProvider {
  const { quoteVersion = 4, tdVersion = '1.0', certification = 5, pckRevoked = false } = options;
  const form = { quoteVersion, tdVersion };
  const platform = { tcb: { ...NEWEST_TCB, ...options.tcb }, certification, pckRevoked };
  return defineProvider({
    apiVersion: 1,
    id: 'tdx',
    title: 'Intel TDX',
    registers: REGISTERS,
    model: (launch: Launch, tools: ModelTools) => startTd(launch, tools, form, platform),
    report: tdxGuest,
    launch: tdxLaunch,
    evidence: tdxEvidence,
    verify: verifyTdx,
  });
}
