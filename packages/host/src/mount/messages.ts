/** What the main thread and a serving worker tell each other. */
import type { ProfileName } from '@tsm/abi';
import type { Created } from '@tsm/machine';
import type { Graft } from './grafts.ts';

/** The machine behind a tree. */
export interface Served {
  /** URL of the module whose default export is the provider. */
  readonly provider: string;
  /** A journal that other processes may use too, or a launch whose machine nobody else sees. */
  readonly machine: { readonly journal: string } | { readonly created: Created };
  /** Default: as `createGuest` of `@tsm/abi`. */
  readonly profile?: ProfileName;
  /** Whether extends are refused with EPERM. Default: no. */
  readonly readOnly?: boolean;
}

/** What a worker is started with. */
export interface Task {
  /** Descriptor of the connection to the kernel. */
  readonly connection: number;
  readonly served: Served;
}

/** What it says. It serves once it is told, by any message, that the connection is mounted. */
export type Said =
  | { readonly ready: Presented }
  | { readonly failed: { readonly code: string; readonly message: string } }
  /** A fault in the program: a caller got EIO. */
  | { readonly fault: string };

/** What is served. */
export interface Presented {
  /** Name of the machine. */
  readonly id: string;
  /** Provider id. */
  readonly provider: string;
  readonly profile: ProfileName;
  readonly grafts: readonly Graft[];
}
