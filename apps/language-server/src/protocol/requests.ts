/** Requests beside those of LSP, as one table: method, what it takes, what it answers. Errors are LSP response errors. */
import type { DevicePath, DevicesView, DeviceVerb, TraceView } from './devices.ts';
import type {
  ExtendBy,
  Extended,
  MachineChanged,
  MachineFailure,
  MachineView,
  TreeEntry,
  TreePath,
  TreeStat,
} from './machines.ts';
import type {
  ComparisonView,
  EvidenceView,
  ExplanationView,
  LogRow,
  LogSummary,
  TreeNode,
  VerdictView,
} from './views.ts';

/** A file by its URI (an open document wins over the disk), or its bytes. Hex, base64 and JSON around it are taken off. */
export type Source = { readonly uri: string } | { readonly base64: string; readonly name?: string };

/** What a source is. `offset`s elsewhere count in `base64`, the content without its wrapping. */
export type Decoded = {
  /** Such as `hex` for a file that holds the content as text; empty for the content itself. */
  readonly wrapping: readonly string[];
  readonly size: number;
  readonly base64: string;
} & (
  | { readonly kind: 'log'; readonly log: LogSummary }
  | { readonly kind: 'evidence'; readonly evidence: EvidenceView }
  | { readonly kind: 'unknown'; readonly message: string }
);

/** Which rows to show. */
export interface RowFilter {
  /** Title of a register. */
  readonly register?: string;
  /** Text that type, title or digest must have, in either case. */
  readonly search?: string;
}

/** Which register of a log is meant, by name; needed where the log is of several. */
interface Held {
  readonly log: Source;
  /** Register that a text log is of. */
  readonly register?: string;
}

/** A provider that is built in, or that the settings name. */
export interface ProviderView {
  readonly id: string;
  readonly title: string;
  /** Module that it was loaded from; absent for a built-in one. */
  readonly module?: string;
  /** Why it is not there. */
  readonly failure?: string;
  /** Addresses of registers that can be extended. */
  readonly registers: readonly string[];
  readonly canSimulate: boolean;
}

interface Method<Params, Result> {
  readonly params: Params;
  readonly result: Result;
}

/** From the client to the server. */
export interface Requests {
  'tsm/decode': Method<{ readonly source: Source; readonly evidence?: Source }, Decoded>;
  /** `bank`: default the first. Rows `from`… of those that fit the filter. */
  'tsm/rows': Method<
    { source: Source; from: number; count: number; filter?: RowFilter; bank?: string },
    { readonly rows: readonly LogRow[]; readonly total: number }
  >;
  /** Decode tree of one event of a log. */
  'tsm/tree': Method<{ readonly source: Source; readonly event: number }, TreeNode>;
  /** The source as text that stays the same as long as what it says does: fit for a diff. */
  'tsm/text': Method<{ readonly source: Source }, { readonly text: string }>;
  'tsm/verify': Method<
    {
      readonly source: Source;
      readonly collateral?: readonly Source[];
      readonly trustAnchors?: readonly Source[];
      /** What the evidence must say: a policy, a CoRIM, or RVPS reference values. */
      readonly policy?: Source;
      /** What the registers must come from; `register`: which one a text log is of. */
      readonly log?: Source;
      readonly register?: string;
      /** ISO 8601; default: now. */
      readonly at?: string;
    },
    VerdictView
  >;
  'tsm/compare': Method<Held & { readonly evidence: Source }, ComparisonView>;
  /** `expected`: hexadecimal, in place of evidence. `budget`: extends at most. */
  'tsm/explain': Method<
    Held & {
      readonly register: string;
      readonly expected?: string;
      readonly evidence?: Source;
      readonly knownGood?: Source;
      readonly budget?: number;
    },
    ExplanationView
  >;
  'tsm/diff': Method<
    { readonly logs: readonly Source[] },
    { readonly text: string; readonly equal: boolean }
  >;
  'tsm/convert': Method<
    Held & { readonly format: string; readonly dialect?: string; readonly algorithm?: string },
    | { readonly base64: string; readonly losses: readonly string[]; readonly refused?: undefined }
    | { readonly refused: { readonly code: string; readonly words: string; readonly remedy: string } }
  >;
  'tsm/providers': Method<null, { readonly providers: readonly ProviderView[] }>;
  'tsm/machines': Method<
    null,
    { readonly machines: readonly MachineView[]; readonly failures: readonly MachineFailure[] }
  >;
  'tsm/machine/create': Method<{ id: string; provider: string; seed?: string }, MachineView>;
  'tsm/machine/read': Method<{ readonly id: string }, MachineView>;
  /** `confirmed`: a person was asked, and said yes; a machine that is real hardware is not extended without. */
  'tsm/machine/extend': Method<{ id: string; register: string; by: ExtendBy; confirmed?: true }, Extended>;
  /** `reportData`: hexadecimal, padded with zeros to what the driver takes. */
  'tsm/machine/report': Method<
    { readonly id: string; readonly reportData?: string },
    { readonly base64: string; readonly auxblob?: string; readonly generation: number }
  >;
  /** The firmware's log, or with `register` its text log; null where the machine has none. */
  'tsm/machine/log': Method<{ id: string; register?: string }, { readonly base64: string } | null>;
  /** What verifiers of its reports need; null where the vendor's services have it. */
  'tsm/machine/collateral': Method<
    { readonly id: string },
    { readonly files: Readonly<Record<string, string>>; readonly trustAnchors: readonly string[] } | null
  >;
  /** PCI devices of a simulated machine; looking writes nothing. */
  'tsm/machine/devices': Method<{ readonly id: string }, DevicesView>;
  /** Refusals name the errno. Gives the devices as they are then. */
  'tsm/machine/device/do': Method<DevicePath & { readonly verb: DeviceVerb }, DevicesView>;
  /** All that was said to a device since the fleet was made, decrypted. */
  'tsm/machine/device/trace': Method<DevicePath, TraceView>;
  /** Certificates, measurements and the interface report of a connected device. */
  'tsm/machine/device/verdict': Method<DevicePath, VerdictView>;
  /** A capture (pcap, pcapng) of SPDM over DOE; `secrets`: JSON that makes its records readable. */
  'tsm/spdm/decode': Method<{ readonly source: Source; readonly secrets?: Source }, TraceView>;
  /** The kernel's file tree of a simulated machine; whole files in base64. Refusals name the errno. */
  'tsm/machine/tree/stat': Method<TreePath, TreeStat>;
  'tsm/machine/tree/list': Method<TreePath, { readonly entries: readonly TreeEntry[] }>;
  'tsm/machine/tree/read': Method<TreePath, { readonly base64: string }>;
  'tsm/machine/tree/write': Method<TreePath & { readonly base64: string }, null>;
  'tsm/machine/tree/mkdir': Method<TreePath, null>;
  'tsm/machine/tree/rmdir': Method<TreePath, null>;
}

/** From the server to a client that says `"tsm": {"files": true}` in its `initializationOptions`: files in a worker. */
export interface ClientRequests {
  /** Content in base64; null where there is no such file. */
  'tsm/client/readFile': Method<{ readonly uri: string }, { readonly base64: string } | null>;
  /** URIs of the files of the workspace that are named like this, such as `*.tsmlog`. */
  'tsm/client/findFiles': Method<{ readonly glob: string }, { readonly uris: readonly string[] }>;
}

/** From the server to the client. */
export interface Notifications {
  /** Some register or log of the machine changed; read it again. */
  'tsm/machine/changed': MachineChanged;
  'tsm/providers/changed': null;
}

export type Params<M extends keyof Requests> = Requests[M]['params'];
export type Result<M extends keyof Requests> = Requests[M]['result'];
