/** Devices of a machine, and runs of SPDM: what was said, what was done, and how states went with it. */
import type { Problem, TreeNode } from './views.ts';

/** What may be done to a device; `break-link` and `remove` are faults. */
export type DeviceVerb = 'connect' | 'disconnect' | 'lock' | 'accept' | 'unlock' | 'break-link' | 'remove';

/** State of a TEE device interface (PCIe 6.1 §11.2). */
export type InterfaceState = 'CONFIG_UNLOCKED' | 'CONFIG_LOCKED' | 'RUN' | 'ERROR';

export interface DeviceView {
  /** `0000:01:00.0`. */
  readonly address: string;
  /** In words, such as `accelerator (VF)`. */
  readonly kind: string;
  /** TSM of the host that it is connected to. */
  readonly connected: string | null;
  /** Id of its IDE stream. */
  readonly stream: number | null;
  /** Does the stream protect? Not when its link broke. */
  readonly secure: boolean;
  /** TSM of the guest that locked it. */
  readonly locked: string | null;
  readonly accepted: boolean;
  readonly state: InterfaceState;
  /** What can be done to it now. */
  readonly verbs: readonly DeviceVerb[];
}

export interface DevicesView {
  /** Such as `Intel TDX Connect`; null for a machine that devices are not simulated for. */
  readonly platform: string | null;
  readonly devices: readonly DeviceView[];
}

/** A device of a machine. */
export interface DevicePath {
  readonly id: string;
  readonly device: string;
}

/** One DOE object. */
export interface TraceMessage {
  /** Number of the object, from 0. */
  readonly packet: number;
  readonly from: 'requester' | 'responder';
  /** `0xffffffff`; null outside of sessions. */
  readonly session: string | null;
  /** Did it go in a secured message? */
  readonly secured: boolean;
  /** `GET_VERSION`; `SECURED_MESSAGE` when it could not be decrypted. */
  readonly name: string;
  /** What it is about, in a few words: `TDISP LOCK_INTERFACE`; may be empty. */
  readonly detail: string;
  readonly size: number;
  /** The message itself, decrypted where it could be. */
  readonly base64: string;
  /** Its fields, with offsets in `base64`; null for what cannot be read. */
  readonly fields: TreeNode | null;
}

/** Something that was done to a device, before the packet of this number. */
export interface TraceStep {
  readonly packet: number;
  readonly verb: DeviceVerb;
  readonly device: string;
}

export interface TraceChange {
  /** From this packet on it is so. */
  readonly packet: number;
  readonly state: string;
  /** Number of the step that made it so, where no message says it: a link that broke, a device that is gone. */
  readonly step?: number;
}

/** How something went. */
export interface TraceLane {
  readonly kind: 'session' | 'stream' | 'interface';
  /** `session 0xffffffff`, `stream 0`, `0000:01:00.0`. */
  readonly name: string;
  readonly changes: readonly TraceChange[];
}

export interface TraceView {
  /** Who asks: `TDX module`; null for a capture of others. */
  readonly agent: string | null;
  readonly messages: readonly TraceMessage[];
  readonly steps: readonly TraceStep[];
  readonly lanes: readonly TraceLane[];
  /** Rules that were broken, with the clause in `spec`. */
  readonly violations: readonly (Problem & { readonly packet: number })[];
  /** Records without keys, or that their keys do not open. */
  readonly undecrypted: number;
  /** What is wrong with the file. */
  readonly problems: readonly Problem[];
}
