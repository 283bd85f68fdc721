/** The conformance kit's words: a case, the tree it is run on, and what came of it. */
import type { Digests, LinkTsm, Provider, ReportSource } from '@tsm/core';
import type { VirtualClock } from '../clock.ts';
import type { HardwareWrappers } from '../drivers/choose.ts';
import type { Guest } from '../guest.ts';
import type { Access } from '../node.ts';
import type { NativeCma } from '../pci/rfc-2024.ts';
import type { Profile, ProfileName } from '../profiles.ts';

/** An open file of the tree under test. Errors carry the errno name as `code`. */
export interface KitFile {
  /** At the file's own position, or at `at` as pread(2). */
  read(size: number, at?: number): Promise<Uint8Array>;
  write(bytes: Uint8Array, at?: number): Promise<number>;
  seek(position: number): Promise<void>;
  ioctl(command: number, argument: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface KitStat {
  readonly kind: 'directory' | 'file' | 'link';
  /** Permission bits. */
  readonly mode: number;
  readonly size: number;
}

/** System calls on the tree under test, by the kernel's own absolute paths. */
export interface KitFiles {
  mkdir(path: string): Promise<void>;
  rmdir(path: string): Promise<void>;
  unlink(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  list(path: string): Promise<string[]>;
  stat(path: string): Promise<KitStat>;
  open(path: string, access: Access, options?: { readonly truncate?: boolean }): Promise<KitFile>;
}

/** Which guest a case asks for. */
export interface Given {
  /** One that is simulated, one that the case brings with it, or none. Default: none. */
  readonly provider?: 'tdx' | 'snp' | 'cca' | ReportSource;
  /** The guest's own level, for `snp`. */
  readonly vmpl?: number;
  /** Whether the host hands out certificates, for `snp`. Default: it does. */
  readonly certificates?: boolean;
  readonly wrap?: HardwareWrappers;
  readonly counters?: { readonly write: bigint; readonly read: bigint };
  readonly lockPerItem?: boolean;
  readonly strictTimeout?: boolean;
  readonly banks?: number;
  /** The firmware's log (CCEL). */
  readonly firmwareLog?: Uint8Array;
  /** What the kernel's own CMA finds out about a PCI function. */
  readonly cma?: NativeCma;
}

/** What the firmware of SEV-TIO does wrong. */
export interface SevTioFaults {
  /** It asks for a secured message over the mailbox for plain ones. */
  readonly wrongMailbox?: boolean;
  /** It refuses to disconnect unless it is forced. */
  readonly failOrderly?: boolean;
}

/** A model of SEV-TIO, and the commands that its firmware was given. */
export interface SevTio {
  readonly link: LinkTsm;
  readonly commands: readonly string[];
}

/** What only a tree in the same process lets a case do. */
export interface Inside {
  readonly guest: Guest;
  readonly clock: VirtualClock;
  readonly digests: Digests;
  /** Unloads the guest driver that the case asked for. */
  unplug(): void;
  /** Loads a simulated provider. */
  plug(name: 'tdx' | 'snp' | 'cca'): void;
  /** The simulated provider itself, to decode what it gives. */
  provider(name: 'tdx' | 'snp' | 'cca'): Provider;
  /** Undefined where the target was given no model of it. */
  readonly sevTio: ((faults: SevTioFaults) => SevTio) | undefined;
}

/** A guest that a case runs on. */
export interface Subject {
  readonly files: KitFiles;
  /** Undefined where the tree is served by somebody else. */
  readonly inside: Inside | undefined;
  /** Runs callers at the same time, each with files of its own; milliseconds that each took. */
  together(tasks: readonly ((files: KitFiles) => Promise<void>)[]): Promise<number[]>;
  close(): Promise<void>;
}

/** A tree under test: ours in this process, a mount, or a kernel. */
export interface Target {
  readonly name: string;
  /** Throws {@link NotShown} for what it cannot be. */
  start(profile: ProfileName, given: Given): Promise<Subject>;
}

/** A case that cannot be shown on this target, and why. */
export class NotShown extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'NotShown';
  }
}

/** Marks of the specification: must match; derived, not confirmed on hardware; of a proposal; a superset of ours. */
export type Mark = 'M' | 'D' | 'P' | 'S';

/** `A` to `K` of the specification. */
export type GroupId = 'A' | 'B' | 'C' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I' | 'J' | 'K';

/** What a case's procedure gets. */
export interface Stage {
  readonly profile: Profile;
  /** A guest as asked for; it is closed when the case ends. */
  readonly start: (given: Given) => Promise<Subject>;
}

export interface Case {
  /** Stable number. */
  readonly id: number;
  readonly group: GroupId;
  readonly mark: Mark;
  readonly title: string;
  /** Where it runs when no profile is asked for. */
  readonly profiles: readonly ProfileName[];
  /** Whether it says something about another profile too. */
  readonly holds: (profile: Profile) => boolean;
  /** Throws when the tree does not do as it should. Absent: nothing here can show it, for this reason. */
  readonly run: ((stage: Stage) => Promise<void>) | string;
}

export type CaseStatus = 'passed' | 'failed' | 'not shown';

export interface CaseResult {
  readonly case: number;
  readonly group: GroupId;
  readonly mark: Mark;
  readonly title: string;
  readonly status: CaseStatus;
  /** Profiles it ran in. */
  readonly profiles: readonly ProfileName[];
  /** Why it failed, or was not shown. */
  readonly reason?: string;
}

export interface KitResult {
  readonly target: string;
  readonly passed: number;
  readonly failed: number;
  readonly notShown: readonly { readonly case: number; readonly reason: string }[];
  /** In the order of the numbers. */
  readonly cases: readonly CaseResult[];
}
