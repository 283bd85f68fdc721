/** Where machines are kept: a state directory in Node, memory in a browser. */
import type { Machine } from '@tsm/core';
import type { Created, SharedMachine } from '@tsm/machine';
import type { DeviceText } from '../devices/text.ts';

/** A machine that is there. */
export type Opened =
  | { readonly source: 'simulated'; readonly machine: SharedMachine }
  | { readonly source: 'live'; readonly machine: Machine };

export interface MachineStore {
  /** Names in the order they are shown. */
  names(): Promise<readonly string[]>;
  /** The same object for the same name as long as it is there. ENOENT names the machines there are. */
  open(name: string): Promise<Opened>;
  /** What was done to the devices of a simulated machine. */
  devices(name: string): DeviceText;
  /** EEXIST, EINVAL. */
  create(created: Created): Promise<void>;
  /** Calls back when a machine's journal was written to, or without a name when machines came or went. */
  watch(changed: (name?: string) => void): void;
}
