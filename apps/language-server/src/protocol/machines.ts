/** Machines as the server shows them: registers with their values, and what changed. */

export interface MachineRegister {
  /** Address: `rtmr3`, or with its hash where banks share the name. */
  readonly name: string;
  readonly title: string;
  readonly algorithm: string | null;
  readonly role: string;
  readonly kind: 'static' | 'runtime';
  readonly extensible: boolean;
  /** Hexadecimal; absent for a register that cannot be read. */
  readonly value?: string;
  /** Size of the value in bytes. */
  readonly size: number;
  /** Has it a text log? */
  readonly hasLog: boolean;
  /** Events that were appended to its text log, and the last one in words. */
  readonly events: number;
  readonly lastEvent?: string;
}

export interface MachineView {
  readonly id: string;
  readonly provider: string;
  readonly source: 'simulated' | 'live' | 'recorded';
  /** Has it simulated PCI devices? */
  readonly hasDevices: boolean;
  readonly registers: readonly MachineRegister[];
}

/** A machine that could not be opened is listed with the reason. */
export interface MachineFailure {
  readonly id: string;
  readonly message: string;
}

export interface MachineChanged {
  /** Empty when machines came or went. */
  readonly machine: string;
}

/** What a register is extended by: a digest, or the hash of bytes; or an event, which the register's log then has. */
export type ExtendBy = { readonly digest: string } | { readonly base64: string } | { readonly event: string };

export interface Extended {
  readonly register: string;
  readonly digest: string;
  readonly value: string;
  /** Text that the register's log got. */
  readonly logged: string;
}

/** A place in the kernel's file tree of a machine, as an absolute path of the guest. */
export interface TreePath {
  readonly machine: string;
  readonly path: string;
}

export interface TreeEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'link';
}

/** Links are followed. */
export interface TreeStat {
  readonly kind: 'file' | 'directory';
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
}
