/** The TDX provider, for the versions of TD and quote that are asked for. */
import {
  defineProvider,
  type EvidenceFormat,
  type Launch,
  type ModelTools,
  type Provider,
  type ReportDriver,
} from '@tsm/core';
import { tdxEvidence } from './evidence.ts';
import { startTd, type TdxModel } from './model.ts';
import type { QuoteForm } from './quoting-enclave.ts';
import { REGISTERS } from './registers.ts';
import { tdxGuest } from './report.ts';

/** `tdVersion`: TDINFO version, and body of a version 5 quote; default 1.0. `quoteVersion`: default 4. */
export type TdxOptions = Partial<QuoteForm>;

export interface TdxProvider extends Provider {
  readonly model: (launch: Launch, tools: ModelTools) => TdxModel;
  readonly report: ReportDriver;
  readonly evidence: EvidenceFormat;
}

export function createTdx({ quoteVersion = 4, tdVersion = '1.0' }: TdxOptions = {}): TdxProvider {
  return defineProvider({
    apiVersion: 1,
    id: 'tdx',
    title: 'Intel TDX',
    registers: REGISTERS,
    model: (launch: Launch, tools: ModelTools) => startTd(launch, tools, { quoteVersion, tdVersion }),
    report: tdxGuest,
    evidence: tdxEvidence,
  });
}
