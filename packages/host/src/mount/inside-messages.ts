/** What `tsm run` and the program in the namespace tell each other. */
import type { Served } from './messages.ts';

export interface Job {
  readonly served: Served;
  /** URL of the module that the serving worker runs. Default: the one of this package. */
  readonly worker?: string;
  readonly command: string;
  readonly args: readonly string[];
}

export type ToInside = Job | { readonly signal: NodeJS.Signals };

/** How it ended: the exit code as a shell has it, or why the command was not run at all. */
export type Ended =
  | { readonly exit: number; readonly message?: string }
  | { readonly refused: { readonly code: string; readonly message: string } };
