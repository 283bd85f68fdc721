/** What the TDX guest driver calls: TDG.MR.REPORT, TDG.MR.RTMR.EXTEND and the GetQuote hypercall (GHCI 1.5, §3.3). */
import type { Model } from '@tsm/core';

/** Status of GetQuote in the shared buffer. */
export const QUOTE_STATUS = {
  success: 0n,
  inFlight: 0xffff_ffff_ffff_ffffn,
  error: 0x8000_0000_0000_0000n,
  serviceUnavailable: 0x8000_0000_0000_0001n,
} as const;

/** Completion status of a TDCALL that failed (TDX Module ABI, §3.1). */
export const TDCALL_STATUS = { operandInvalid: 0xc000_0100, operandBusy: 0x8000_0200 } as const;

/** Thrown by a leaf function that fails. */
export class TdcallError extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`TDCALL status 0x${status.toString(16)}`);
    this.name = 'TdcallError';
    this.status = status;
  }
}

/** The buffer of one GetQuote; the VMM writes to it until the status is no longer in flight. */
export interface QuoteBuffer {
  readonly status: bigint;
  /** Of success only. */
  readonly quote: Uint8Array;
}

export interface TdxHardware {
  /** 1024 bytes over 64 bytes of report data; a TdcallError. */
  readonly tdReport: (reportData: Uint8Array) => Uint8Array;
  /** A TdcallError, or what the model refuses. */
  readonly extend: (register: string, value: Uint8Array) => void;
  /** Starts a quote over 64 bytes of report data; undefined when the VMM refuses the call. */
  readonly getQuote: (reportData: Uint8Array) => QuoteBuffer | undefined;
}

export interface TdxLikeModel extends Model {
  tdReport(reportData: Uint8Array): Uint8Array;
  report: NonNullable<Model['report']>;
}

export function isTdxModel(model: Model): model is TdxLikeModel {
  return 'tdReport' in model && typeof model.tdReport === 'function' && model.report !== undefined;
}

/** A model whose quotes are there at once. */
export function tdxHardware(model: TdxLikeModel): TdxHardware {
  return {
    tdReport: (reportData) => model.tdReport(reportData),
    extend: (register, value) => model.extend(register, value),
    getQuote: (reportData) => ({
      status: QUOTE_STATUS.success,
      quote: model.report({ inblob: reportData }).outblob,
    }),
  };
}
