/** The TDX guest driver (drivers/virt/coco/tdx-guest/tdx-guest.c): one TDREPORT buffer behind registers, quotes and ioctl. */
import {
  concat,
  type MeasurementSource,
  type RegisterSpec,
  type ReportBlobs,
  type ReportRequest,
} from '@tsm/core';
import { errno } from '../errno.ts';
import { device, iowr } from '../files/device.ts';
import type { DriverSetting, GuestDriver } from './driver.ts';
import {
  QUOTE_STATUS,
  TDCALL_STATUS,
  TdcallError,
  type QuoteBuffer,
  type TdxHardware,
} from './tdx-hardware.ts';

/** TDX_CMD_GET_REPORT0: 64 bytes in, 1024 out, one after the other. */
export const TDX_CMD_GET_REPORT0 = iowr('T', 1, 1088);

const REPORT_DATA = { offset: 128, size: 64 };
const REGISTER_SIZE = 48;
/** Where TDREPORT holds the registers (TDREPORT_STRUCT, TDINFO). */
const OFFSETS: Readonly<Record<string, number>> = {
  ...{ mrtd: 528, mrconfigid: 576, mrowner: 624, mrownerconfig: 672 },
  ...{ rtmr0: 720, rtmr1: 768, rtmr2: 816, rtmr3: 864 },
};

/** struct tdx_quote_buf without its data. */
const QUOTE_HEADER = 24;
const POLL = 1000;
const POLLS = 30;

class TdxGuest {
  private readonly hardware: TdxHardware;
  private readonly setting: DriverSetting;
  private readonly strictTimeout: boolean;
  private buffer: Uint8Array;
  /** A quote that the VMM still writes to. */
  private pending: QuoteBuffer | undefined;

  constructor(hardware: TdxHardware, setting: DriverSetting, strictTimeout: boolean) {
    this.hardware = hardware;
    this.setting = setting;
    this.strictTimeout = strictTimeout;
    this.buffer = hardware.tdReport(new Uint8Array(REPORT_DATA.size));
  }

  read(register: string): Uint8Array {
    const offset = OFFSETS[register];
    if (offset === undefined) throw errno('EINVAL', `TDREPORT has no ${register}`);
    return this.buffer.slice(offset, offset + REGISTER_SIZE);
  }

  /** A new TDREPORT over the report data that the buffer holds. */
  refresh(): void {
    const { offset, size } = REPORT_DATA;
    this.take(this.buffer.slice(offset, offset + size));
  }

  /** The value goes through the report data of the buffer, which is aligned as the call needs it. */
  extend(register: string, value: Uint8Array): void {
    this.buffer.set(value, REPORT_DATA.offset);
    this.call(() => this.hardware.extend(register, value));
  }

  report({ inblob }: ReportRequest): ReportBlobs {
    if (this.pending?.status === QUOTE_STATUS.inFlight)
      throw errno('EBUSY', 'an earlier quote is still in flight');
    this.pending = undefined;
    if (inblob.length !== REPORT_DATA.size)
      throw errno(
        'EINVAL',
        `inblob: expected ${String(REPORT_DATA.size)} bytes, got ${String(inblob.length)}`,
      );
    this.take(inblob);
    const answer = this.hardware.getQuote(inblob);
    if (!answer) throw errno('EIO', 'GetQuote was refused');
    this.pending = answer;
    this.wait(answer);
    return { outblob: this.quoteOf(answer) };
  }

  /** Argument and result of TDX_CMD_GET_REPORT0. */
  getReport0(argument: Uint8Array): Uint8Array {
    const reportData = argument.slice(0, REPORT_DATA.size);
    this.take(reportData);
    return concat(reportData, this.buffer);
  }

  private take(reportData: Uint8Array): void {
    this.buffer = this.call(() => this.hardware.tdReport(reportData)).slice();
  }

  /** The errno of a TDCALL that fails. */
  private call<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof TdcallError)) throw error;
      const { operandBusy, operandInvalid } = TDCALL_STATUS;
      if (this.setting.profile.tdx.preciseErrors && error.status === operandBusy)
        throw errno('EBUSY', error.message);
      if (this.setting.profile.tdx.preciseErrors && error.status === operandInvalid)
        throw errno('ENXIO', error.message);
      throw errno('EIO', error.message);
    }
  }

  /** wait_for_quote_completion: its count ends above the limit when the quote never comes, which it takes for success. */
  private wait(answer: QuoteBuffer): void {
    let polls = 0;
    while (answer.status === QUOTE_STATUS.inFlight && polls++ < POLLS) {
      if (!this.setting.clock.sleep(POLL)) throw errno('EINTR', 'a signal came while waiting for the quote');
    }
    const never = answer.status === QUOTE_STATUS.inFlight;
    if (polls === POLLS || (never && this.strictTimeout))
      throw errno('ETIMEDOUT', `no quote after ${String(POLLS)} seconds`);
  }

  private quoteOf({ status, quote }: QuoteBuffer): Uint8Array {
    const { quoteBuffer, badStatus } = this.setting.profile.tdx;
    const fits = quote.length <= quoteBuffer - QUOTE_HEADER;
    if (status === QUOTE_STATUS.success && fits) return quote;
    if (badStatus === 'EIO') throw errno('EIO', `GetQuote status 0x${status.toString(16)}`);
    return new Uint8Array(0);
  }
}

export interface TdxDriverOptions {
  /** A quote that never comes is ETIMEDOUT, as meant; the kernel counts wrongly and gives what is there. Default: no. */
  readonly strictTimeout?: boolean;
}

export function tdxDriver(
  hardware: TdxHardware,
  registers: readonly RegisterSpec[],
  setting: DriverSetting,
  { strictTimeout = false }: TdxDriverOptions = {},
): GuestDriver {
  const guest = new TdxGuest(hardware, setting, strictTimeout);
  const measurements: MeasurementSource = {
    name: 'tdx_guest',
    registers,
    read: (register) => guest.read(register),
    extend: (register, value) => guest.extend(register, value),
    refresh: () => guest.refresh(),
  };
  const node = device(new Map([[TDX_CMD_GET_REPORT0, (_command, argument) => guest.getReport0(argument)]]));
  return {
    measurements,
    ...(setting.report
      ? { report: { driver: setting.report, produce: (request: ReportRequest) => guest.report(request) } }
      : {}),
    files: [['/dev/tdx_guest', node]],
  };
}
