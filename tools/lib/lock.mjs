// @ts-check
/** One process at a time: a lock file that names its owner, so that a dead owner's lock is recognised. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from './run.mjs';
import { tick } from './progress.mjs';

/** @type {(error: unknown) => string | undefined} */
const codeOf = (error) => /** @type {NodeJS.ErrnoException} */ (error).code;

/**
 * Take the lock if it is free. A link makes file and content appear in one step.
 * @param {string} lock
 * @param {string} mine
 */
const take = (lock, mine) => {
  try {
    linkSync(mine, lock);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
};

/**
 * The process that holds the lock, or undefined if the lock is gone.
 * @param {string} lock
 */
const owner = (lock) => {
  try {
    return Number(readFileSync(lock, 'utf8'));
  } catch {
    return undefined;
  }
};

/** @type {(pid: number) => boolean} */
const alive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
};

/**
 * Take a dead owner's lock away. If a living process took it in the meantime, it gets it back.
 * @param {string} lock
 * @param {string} mine
 * @param {number} dead
 */
const bury = (lock, mine, dead) => {
  const grave = `${mine}.stale`;
  try {
    renameSync(lock, grave);
    if (Number(readFileSync(grave, 'utf8')) !== dead) linkSync(grave, lock);
  } catch {
    return; // another process was faster; the caller looks again
  } finally {
    rmSync(grave, { force: true });
  }
};

/**
 * Run `work` while no other process that uses this lock does; by default, no other of this checkout.
 * @template T
 * @param {() => Promise<T>} work
 * @param {string} [lock]
 * @returns {Promise<T>}
 */
export const alone = async (work, lock = path.join(ROOT, '.tsm-lock')) => {
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, `${process.pid}\n`);
  /** @type {() => void} */
  let stop = () => undefined;
  try {
    for (let waits = 0; !take(lock, mine); waits += 1) {
      const pid = owner(lock);
      if (pid !== undefined && !alive(pid)) bury(lock, mine, pid);
      else if (waits === 0) stop = tick(() => `waiting for process ${pid}, which holds ${lock}`);
      await sleep(100);
    }
  } finally {
    stop();
    rmSync(mine, { force: true });
  }
  const release = () => rmSync(lock, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
};
