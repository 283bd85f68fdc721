/** A running TVM as everything above it sees it: the same interface for a simulated, a live and a recorded one. */
import type { ReportBlobs, ReportRequest } from './provider.ts';
import type { RegisterSpec } from './register.ts';
import type { MintedCollateral } from './verdict.ts';

/** Something changed in a machine. */
export type MachineChange =
  | { readonly kind: 'extended'; readonly register: string; readonly value: Uint8Array }
  | { readonly kind: 'logged'; readonly register: string; readonly text: string };

export interface Report extends ReportBlobs {
  /** Generation the report was taken at (configfs-tsm `generation`). */
  readonly generation: bigint;
}

/** What an appended event did. */
export interface Appended {
  readonly register: string;
  /** The bytes that were added to the register's log, UTF-8. */
  readonly logged: string;
  readonly digest: Uint8Array;
  /** Value of the register after the extend. */
  readonly value: Uint8Array;
}

/** Asynchronous, because a live machine does I/O. Refusals are a TsmError whose code is an errno name. */
export interface Machine {
  readonly id: string;
  /** Provider id, such as `tdx`. */
  readonly provider: string;
  readonly source: 'simulated' | 'live' | 'recorded';
  readonly registers: readonly RegisterSpec[];
  read(register: string): Promise<Uint8Array>;
  /** Extends without an event: the register's log records only that it happened. */
  extend(register: string, digest: Uint8Array): Promise<void>;
  /** Records an event and extends by its digest, in one step. */
  append(register: string, event: string): Promise<Appended>;
  /** The firmware's log, as it stands in ACPI memory; undefined when the machine has none. */
  firmwareLog(): Promise<Uint8Array | undefined>;
  /** The text log of a register; empty when nothing was logged. */
  eventLog(register: string): Promise<Uint8Array>;
  report(request: ReportRequest): Promise<Report>;
  /** What verifiers of its reports need; undefined where the vendor's services have it. */
  collateral(): Promise<MintedCollateral | undefined>;
  /** Calls back after each change until the returned function is called. */
  subscribe(listener: (change: MachineChange) => void): () => void;
}
