/** Exit codes, and the errors that carry one. */
import type { TsmError } from '@tsm/core';

/** Documented and stable: scripts depend on them. */
export const EXIT = {
  ok: 0,
  internal: 1,
  usage: 2,
  /** Unreadable or unsupported input. */
  input: 3,
  /** Bad signature, chain or binding. */
  untrusted: 4,
  /** Policy, debug attribute or TCB level. */
  policy: 5,
  /** Missing, stale or malformed collateral. */
  collateral: 6,
  inconclusive: 7,
  differences: 8,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error that a person can do something about. */
export class CliError extends Error {
  readonly exit: ExitCode;
  readonly code: string;
  /** What to do next. */
  readonly hint: string | undefined;
  constructor(exit: ExitCode, code: string, message: string, hint?: string) {
    super(message);
    this.name = 'CliError';
    this.exit = exit;
    this.code = code;
    this.hint = hint;
  }
}

export function usage(message: string, hint?: string): CliError {
  return new CliError(EXIT.usage, 'usage', message, hint);
}

/** By name, not by class: a provider may bring its own copy of the library. */
function isTsmError(error: unknown): error is TsmError {
  return error instanceof Error && error.name === 'TsmError' && 'code' in error;
}

/** Refusals of the library by kind: what the user asked for, or what the files hold. */
function exitOfTsmError({ code }: TsmError): ExitCode {
  return code === 'journal.corrupt' || code.includes('.') ? EXIT.input : EXIT.usage;
}

/** What to print and how to exit for anything that was thrown. */
export function describeError(error: unknown): {
  exit: ExitCode;
  code: string;
  message: string;
  hint?: string;
} {
  if (error instanceof CliError) {
    const { exit, code, message, hint } = error;
    return hint === undefined ? { exit, code, message } : { exit, code, message, hint };
  }
  if (isTsmError(error)) return { exit: exitOfTsmError(error), code: error.code, message: error.message };
  if (error instanceof RangeError) return { exit: EXIT.usage, code: 'usage', message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  const hint = 'this is a fault in tsm: run again with --debug and report what it prints';
  return { exit: EXIT.internal, code: 'internal', message, hint };
}
