/** PCI devices as the TSM sees them (kernel drivers/pci/tsm.c). The package that models them implements this. */
import type { Verdict } from './verdict.ts';

/** TDISP states of a TEE device interface (PCIe 6.1 §11.2). */
export type TdiState = 'CONFIG_UNLOCKED' | 'CONFIG_LOCKED' | 'RUN' | 'ERROR';

/** A PCI function below a TSM. `connect` and `disconnect` as in sysfs `tsm/connect`; the rest is the guest's side. */
export interface PciDevice {
  /** Domain, bus, device, function: `0000:01:00.0`. */
  readonly address: string;
  readonly state: TdiState;
  /** Name of the TSM it is connected to, such as `tsm0`. */
  readonly connected: string | undefined;
  connect(tsm: string): Promise<void>;
  disconnect(tsm: string): Promise<void>;
  lock(): Promise<void>;
  accept(): Promise<void>;
  unlock(): Promise<void>;
  /** What its certificates, measurements and interface report say. */
  evidence(): Promise<Verdict>;
}
