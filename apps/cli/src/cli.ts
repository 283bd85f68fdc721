/** What every command gets, and the one place where its result is printed. */
import { printable, toHex, type Digests } from '@tsm/core';
import { describeError } from './exit.ts';
import type { Io, Style } from './io.ts';
import type { Providers } from './providers.ts';
import { table, type Column } from './view/table.ts';

/** What a command did. `json` is the whole document of `--json`; its shape is documented and stable. */
export interface Outcome {
  readonly json: unknown;
  /** An {@link ExitCode}, or that of a program which the command ran. */
  readonly exit: number;
  /** What a server still does once its document is printed: runs until it is stopped. */
  readonly serving?: Promise<void>;
}

export interface Cli {
  readonly io: Io;
  readonly style: Style;
  readonly digests: Digests;
  readonly providers: Providers;
  /** Of this command line. */
  readonly version: string;
  /** A line for people; nothing in JSON mode. */
  say(line?: string): void;
  /** A table for people, cut to the terminal; in JSON mode it is not even laid out. */
  sayTable(columns: readonly Column[], rows: readonly (readonly string[])[], total?: number): void;
}

/** Bytes as hex, bigints as decimal text, dates as ISO 8601. */
function jsonText(value: unknown): string {
  return JSON.stringify(
    value,
    function (this: Record<string, unknown>, key, shown: unknown) {
      const own = this[key];
      if (own instanceof Uint8Array) return toHex(own);
      return typeof own === 'bigint' ? own.toString() : shown;
    },
    2,
  );
}

/** Runs a command: prints its lines, or in JSON mode exactly one document, also when it fails. Returns the exit code. */
export async function run(
  base: Omit<Cli, 'say' | 'sayTable'>,
  options: { readonly json: boolean; readonly debug: boolean },
  command: (cli: Cli) => Promise<Outcome>,
): Promise<number> {
  const { io } = base;
  const say = (line = ''): void => {
    if (!options.json) io.out(`${line}\n`);
  };
  const sayTable: Cli['sayTable'] = (columns, rows, total = io.columns) => {
    if (!options.json) for (const lines of table(columns, rows, total, base.style)) say(lines);
  };
  try {
    const outcome = await command({ ...base, say, sayTable });
    if (options.json) io.out(`${jsonText(outcome.json)}\n`);
    await outcome.serving;
    return outcome.exit;
  } catch (error) {
    const { exit, code, message, hint } = describeError(error);
    io.err(`error: ${printable(message)}\n${hint === undefined ? '' : `  ${hint}\n`}`);
    if (options.debug && error instanceof Error) io.err(`${error.stack ?? ''}\n`);
    if (options.json)
      io.out(`${jsonText({ error: { code, message, ...(hint === undefined ? {} : { hint }) } })}\n`);
    return exit;
  }
}
