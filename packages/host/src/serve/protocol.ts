/**
 * What `tsm serve` answers on its socket: JSON-RPC 2.0 in the framing of the Language Server Protocol. One row a request:
 * its parameters and its result. Bytes are lower-case hex. A refusal is an error whose `data.code` is an errno name, or a
 * code such as `journal.corrupt`, and whose message says what to do.
 */

/** Version of this table, as `server/info` gives it. It rises when a client would have to change. */
export const PROTOCOL = 1;

/** Bytes as lower-case hex. */
export type Hex = string;

export interface OnMachine {
  readonly machine: string;
}

export interface OnRegister extends OnMachine {
  /** Address, such as `rtmr3`, or with its bank `pcr0:sha256`. */
  readonly register: string;
}

export interface ServerInfo {
  /** {@link PROTOCOL} of the server. */
  readonly protocol: number;
  readonly pid: number;
  /** State directory. */
  readonly state: string;
}

export interface MachineSummary {
  readonly id: string;
  readonly provider?: string;
  readonly source?: string;
  /** Present where the machine cannot be opened. */
  readonly error?: { readonly code: string; readonly message: string };
}

export interface RegisterState {
  readonly name: string;
  readonly title: string;
  readonly role: string;
  readonly kind: 'static' | 'runtime';
  readonly algorithm: string | null;
  readonly extensible: boolean;
  /** Absent where the guest cannot read it. */
  readonly value?: Hex;
  /** Last line of its text log; absent while that is empty. */
  readonly lastEvent?: string;
}

export interface MachineState extends MachineSummary {
  readonly registers: readonly RegisterState[];
}

export interface NewMachine {
  readonly id: string;
  /** Default `tdx`. */
  readonly provider?: string;
  /** Secrets are derived from it; default: random. */
  readonly seed?: Hex;
  /** Time of the launch, ISO 8601; default: now. */
  readonly now?: string;
  readonly values?: Readonly<Record<string, Hex>>;
  readonly image?: Hex;
  /** Whether the sample firmware is measured; default: where the provider has the registers for it. */
  readonly boot?: boolean;
}

export interface Snapshot extends MachineState {
  /** Text log by register; registers with nothing logged are left out. */
  readonly eventLogs: Readonly<Record<string, string>>;
  readonly firmwareLog: Hex | null;
}

export interface OnTree extends OnMachine {
  /** Absolute path in the guest, such as `/sys/kernel/config/tsm/report`. */
  readonly path: string;
  /** Revision of the ABI; default: that of today's kernel. Each has a tree of its own. */
  readonly profile?: string;
}

export interface TreeEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'link';
  /** Permission bits. */
  readonly mode: number;
  /** st_size: what a read gives may be longer. */
  readonly size: number;
}

/** Options of a report, as the attributes of a report item. */
export interface ReportParams extends OnMachine {
  /** Filled up with zeros to what the driver takes. */
  readonly inblob: Hex;
  readonly privlevel?: number;
  readonly serviceProvider?: string;
  readonly serviceGuid?: string;
  readonly serviceManifestVersion?: number;
}

export interface ReportResult {
  readonly outblob: Hex;
  readonly auxblob?: Hex;
  readonly manifestblob?: Hex;
  /** Decimal. */
  readonly generation: string;
}

type Nothing = Readonly<Record<string, never>>;

/** Every request: `[parameters, result]`. */
export interface Requests {
  'server/info': [Nothing, ServerInfo];
  'machine/list': [Nothing, readonly MachineSummary[]];
  'machine/new': [NewMachine, MachineState];
  'machine/get': [OnMachine, MachineState];
  'machine/snapshot': [OnMachine, Snapshot];
  /** The firmware's log (CCEL); null where there is none. */
  'machine/firmwareLog': [OnMachine, Hex | null];
  'machine/report': [ReportParams, ReportResult];
  /** Null where the vendor's services have it. */
  'machine/collateral': [
    OnMachine,
    { readonly files: Readonly<Record<string, Hex>>; readonly trustAnchors: readonly Hex[] } | null,
  ];
  'register/read': [OnRegister, Hex];
  /** The text log. */
  'register/eventLog': [OnRegister, string];
  /** Without an event. Gives the new value. */
  'register/extend': [OnRegister & { readonly digest: Hex }, Hex];
  /** Logged, and extended by its hash. */
  'register/append': [
    OnRegister & { readonly event: string },
    { readonly logged: string; readonly digest: Hex; readonly value: Hex },
  ];
  'tree/list': [OnTree, readonly TreeEntry[]];
  'tree/stat': [OnTree, TreeEntry];
  'tree/read': [OnTree, Hex];
  /** One open, write and close. Gives the bytes that were taken. */
  'tree/write': [OnTree & { readonly bytes: Hex }, number];
  'tree/mkdir': [OnTree, null];
  'tree/rmdir': [OnTree, null];
  /** From now on this connection is told what changes, whoever changes it: in one machine, or in all. */
  subscribe: [Partial<OnMachine>, null];
  unsubscribe: [Partial<OnMachine>, null];
}

/** What subscribers are told. */
export interface Notifications {
  /** Within 100 ms, also of what other processes did. */
  'machine/changed': OnMachine &
    (
      | { readonly kind: 'extended'; readonly register: string; readonly value: Hex }
      | { readonly kind: 'logged'; readonly register: string; readonly text: string }
    );
  /** A machine came or went. To subscribers of all machines. */
  'machines/changed': Nothing;
  /** A machine cannot be followed any more, such as `journal.corrupt`. */
  'machine/failed': OnMachine & { readonly code: string; readonly message: string };
}

export type Method = keyof Requests;
export type Params<M extends Method> = Requests[M][0];
export type Result<M extends Method> = Requests[M][1];
export type NotificationName = keyof Notifications;
