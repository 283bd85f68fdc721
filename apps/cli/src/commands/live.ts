/** The machine named `live`: the one that this program runs in. */
import { TsmError } from '@tsm/core';
import { openLive, type LiveMachine } from '@tsm/host';
import type { Cli } from '../cli.ts';
import { CliError, EXIT, usage } from '../exit.ts';

/** Its name among machines; no simulated one can have it. */
export const LIVE = 'live';

export interface LiveOptions {
  readonly root?: string;
  readonly allowExtend?: boolean;
}

/** Says what to do where there is no TSM. */
export async function whereTsm<T>(look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof TsmError) || error.code !== 'ENODEV') throw error;
    const hint = 'for a simulated one: tsm run -- COMMAND, or tsm mount DIR and then that folder as the root';
    throw new CliError(EXIT.input, error.code, error.message, hint);
  }
}

export function openLiveMachine(
  cli: Cli,
  { root = '/', allowExtend = false }: LiveOptions,
): Promise<LiveMachine> {
  return whereTsm(() => openLive({ providers: cli.providers.builtIn, root, allowExtend }));
}

/** Options that say something about the live machine alone. */
export function checkNotLive({ root, allowExtend }: LiveOptions, name: string): void {
  if (root !== undefined) throw usage(`--root is for the machine ${LIVE}, not for ${name}`);
  if (allowExtend === true) throw usage(`--allow-extend is for the machine ${LIVE}, not for ${name}`);
}
