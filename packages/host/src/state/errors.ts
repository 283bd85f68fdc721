/** What a person is told when the computer refuses: what, where, and the way out. */
import { TsmError } from '@tsm/core';

/** Name of a system error, such as ENOENT; undefined for any other error. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

type Row = (doing: string, path: string) => string;

const noSpace: Row = (_doing, path) =>
  `no space is left for ${path} — the machine is as it was; free some space and try again`;
const noRights: Row = (doing, path) =>
  `no permission to ${doing} ${path} — run as its owner, or choose another directory with --state`;

const WAYS_OUT: Readonly<Record<string, Row>> = {
  ENOSPC: noSpace,
  EDQUOT: noSpace,
  EACCES: noRights,
  EPERM: noRights,
  EROFS: (_doing, path) =>
    `${path} is on a read-only file system — choose another directory with --state to change machines`,
  ENOENT: (_doing, path) =>
    `${path} is gone — was the machine removed? list those there are: tsm machine list`,
  ENOTDIR: (_doing, path) => `${path}: a part of this path is no directory — choose another with --state`,
  EIO: (_doing, path) => `the disk failed at ${path} — the machine is as it was; look at the kernel's log`,
};

/** A system error as a TsmError of the same code that says what to do; anything else as it is. */
export function refusal(error: unknown, doing: 'read' | 'write', path: string): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const row = error instanceof TsmError ? undefined : WAYS_OUT[codeOf(error) ?? ''];
  return row ? new TsmError(codeOf(error) ?? '', row(doing, path)) : error;
}
