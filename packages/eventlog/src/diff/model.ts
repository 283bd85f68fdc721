/** What a comparison of logs says, as plain data. */

/** What a difference is about, in words people use. */
export const DIFFERENCE_CLASSES = {
  kernel: 'kernel',
  'command-line': 'command line',
  initrd: 'initrd',
  acpi: 'ACPI table',
  'boot-entry': 'boot entry',
  'boot-order': 'boot order',
  'secure-boot': 'Secure Boot database',
  driver: 'driver',
  application: 'boot application',
  firmware: 'firmware blob',
  'firmware-config': 'firmware configuration',
  'partition-table': 'partition table',
  'boot-loader': 'boot loader command',
  variable: 'UEFI variable',
  separator: 'separator',
  action: 'action',
  'runtime-event': 'runtime event',
  file: 'measured file',
  other: 'event',
} as const;

export type DifferenceClass = keyof typeof DIFFERENCE_CLASSES;

/** `moved`: the same event elsewhere in the order, or in another register. */
export type Change = 'added' | 'removed' | 'changed' | 'moved';

/** One event of one log. */
export interface DiffEvent {
  readonly event: number;
  readonly register: number;
  readonly typeName: string;
  readonly title: string;
  /** Digests in hexadecimal, one a bank; none where the format stores none. */
  readonly digests: Readonly<Record<string, string>>;
}

export interface Difference {
  readonly class: DifferenceClass;
  readonly change: Change;
  /** The event in the first log; null when it was added. */
  readonly before: DiffEvent | null;
  /** The event in the second log; null when it was removed. */
  readonly after: DiffEvent | null;
  /** One sentence: `kernel changed: \vmlinuz-6.16.0 → \vmlinuz-6.17.0`. */
  readonly words: string;
}

/** Final values of a register in one bank, in hexadecimal; null where a log does not have it. */
export interface FinalValues {
  readonly algorithm: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly equal: boolean;
}

export interface RegisterDiff {
  /** `rtmr1`, `pcr7`; `log` for a log of a register that nobody named. */
  readonly name: string;
  /** Events that extend it, in either log. */
  readonly events: { readonly before: number; readonly after: number };
  /** In order of the register's events. */
  readonly differences: readonly Difference[];
  readonly firstDivergence: Difference | null;
  readonly values: readonly FinalValues[];
  /** All banks that both logs have end with the same value, and there is one. */
  readonly sameValue: boolean;
}

export interface LogDiff {
  /** Number of the log that is compared with the first. */
  readonly log: number;
  readonly equal: boolean;
  readonly registers: readonly RegisterDiff[];
}

export interface LogsDiff {
  /** Numbers of the logs whose registers all end with the same values, by the first of each group. */
  readonly groups: readonly (readonly number[])[];
  /** Each log but the first, compared with the first. */
  readonly diffs: readonly LogDiff[];
}
