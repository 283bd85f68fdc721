/** One TEE device interface: its configuration, its state, and what the lock holds. */
import type { TdiState } from '@tsm/core';
import { encode } from '@tsm/core/layout';
import { INTERFACE_INFO, LOCK_FLAG } from './codes.ts';
import { hasAttribute, InterfaceReport, reportedPage, type MmioRange } from './report.ts';
import { follow, TDI_EVENTS, type TdiEvent } from './states.ts';

/** An interface as the device has it. Page numbers are those of the device, without a reporting offset. */
export interface TdiConfiguration {
  readonly functionId: number;
  /** Bits of {@link INTERFACE_INFO} except NO_FW_UPDATE, which is the lock's. */
  readonly interfaceInfo: number;
  readonly msixControl?: number;
  readonly ranges: readonly MmioRange[];
  readonly deviceInfo: Uint8Array;
}

/** What LOCK_INTERFACE asked for. */
export interface Lock {
  readonly flags: number;
  readonly streamId: number;
  readonly mmioReportingOffset: bigint;
  readonly p2pAddressMask: bigint;
  readonly nonce: Uint8Array;
}

const NON_TEE = 4;

export class Tdi {
  readonly configuration: TdiConfiguration;
  state: TdiState = 'CONFIG_UNLOCKED';
  private held: Lock | undefined;
  private ranges: readonly MmioRange[];
  readonly p2pStreams = new Set<number>();

  constructor(configuration: TdiConfiguration) {
    this.configuration = configuration;
    this.ranges = configuration.ranges;
  }

  get lock(): Lock | undefined {
    return this.held;
  }

  /** What the interface is locked with; it counts from CONFIG_LOCKED on. */
  hold(lock: Lock): void {
    this.held = lock;
  }

  /** Leaving the locked states takes with it what the lock held. */
  enter(state: TdiState): void {
    this.state = state;
    if (state === 'CONFIG_LOCKED' || state === 'RUN') return;
    this.held = undefined;
    this.ranges = this.configuration.ranges;
    this.p2pStreams.clear();
  }

  happen(event: TdiEvent): void {
    const state = follow(TDI_EVENTS[event], this.state);
    if (state) this.enter(state);
  }

  /** The report; with the ranges as they are now. */
  report(): Uint8Array {
    const { interfaceInfo, msixControl = 0, deviceInfo } = this.configuration;
    const noUpdate = ((this.held?.flags ?? 0) >> LOCK_FLAG.NO_FW_UPDATE) & 1;
    const ranges = this.reportedRanges();
    return encode(InterfaceReport, {
      ...{
        interfaceInfo: interfaceInfo | (noUpdate << INTERFACE_INFO.NO_FW_UPDATE),
        reserved: new Uint8Array(2),
      },
      ...{ msixControl, lnrControl: 0, tphControl: 0, rangeCount: ranges.length, ranges },
      ...{ deviceInfoLength: deviceInfo.length, deviceInfo },
    });
  }

  /** Makes a range memory of the TVM, or not. False for a range that is not in the report, or may not change so. */
  setAttributes(wanted: MmioRange): boolean {
    const index = this.reportedRanges().findIndex(
      ({ firstPage, pages, rangeId }) =>
        firstPage === wanted.firstPage && pages === wanted.pages && rangeId === wanted.rangeId,
    );
    const range = this.ranges[index];
    if (!range || !hasAttribute(range.attributes, 'UPDATABLE')) return false;
    if ((range.attributes & ~NON_TEE) !== (wanted.attributes & ~NON_TEE)) return false;
    this.ranges = this.ranges.with(index, { ...range, attributes: wanted.attributes });
    return true;
  }

  private reportedRanges(): MmioRange[] {
    const offset = this.held?.mmioReportingOffset ?? 0n;
    return this.ranges.map((one) => ({ ...one, firstPage: reportedPage(one.firstPage, offset) }));
  }
}
