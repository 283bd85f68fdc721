/** What the kernel is told when a device or its firmware fails, and what is done for what cannot be refused. */
import { TsmError } from '@tsm/core';

/** Errors of the protocols (`spdm.…`, `tdisp.…`) have no number that the kernel could give: they become this one. */
export function errnoOf(failure: string, error: unknown): unknown {
  const protocol = error instanceof TsmError && error.code.includes('.');
  return protocol ? new TsmError(failure, error.message) : error;
}

export function asErrno<T>(failure: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw errnoOf(failure, error);
  }
}

/** A device that does not answer any more changes nothing for the host. */
export function bestEffort(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof TsmError)) throw error;
  }
}
