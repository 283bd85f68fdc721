/** A lock file: one writer at a time, across processes. */
import { open, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { TsmError } from '@tsm/core';

const RETRY_MS = 20;
const PATIENCE_MS = 5_000;

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Is the process that wrote the lock gone? A lock that cannot be read yet is being written. */
async function isStale(path: string): Promise<boolean> {
  const pid = Number(await readFile(path, 'utf8').catch(() => ''));
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return isErrno(error, 'ESRCH');
  }
}

async function take(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Runs `action` while holding the lock at `path`. EBUSY after five seconds of waiting for another process. */
export async function withLock<T>(path: string, action: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await take(path))) {
    if (await isStale(path)) await rm(path, { force: true });
    else if (Date.now() > deadline) {
      throw new TsmError(
        'EBUSY',
        `another process holds ${path} — end it, or remove the file if no process uses it`,
      );
    } else await sleep(RETRY_MS);
  }
  try {
    return await action();
  } finally {
    await rm(path, { force: true });
  }
}
