// @ts-check
/** One process at a time: a lock file that names its owner, so that a dead owner's lock is recognised. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from './run.mjs';
import { tick } from './progress.mjs';

const LOCK = path.join(ROOT, '.tsm-lock');

/** @type {(error: unknown) => string | undefined} */
const codeOf = (error) => /** @type {NodeJS.ErrnoException} */ (error).code;

/**
 * Take the lock if it is free. A link makes file and content appear in one step.
 * @param {string} mine
 */
const take = (mine) => {
  try {
    linkSync(mine, LOCK);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
};

/** The process that holds the lock, or undefined if the lock is gone. */
const owner = () => {
  try {
    return Number(readFileSync(LOCK, 'utf8'));
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
 * @param {string} mine
 * @param {number} dead
 */
const bury = (mine, dead) => {
  const grave = `${mine}.stale`;
  try {
    renameSync(LOCK, grave);
    if (Number(readFileSync(grave, 'utf8')) !== dead) linkSync(grave, LOCK);
  } catch {
    return; // another process was faster; the caller looks again
  } finally {
    rmSync(grave, { force: true });
  }
};

/**
 * Run `work` while no other process of this checkout does.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export const alone = async (work) => {
  const mine = `${LOCK}.${process.pid}`;
  writeFileSync(mine, `${process.pid}\n`);
  /** @type {() => void} */
  let stop = () => undefined;
  try {
    for (let waits = 0; !take(mine); waits += 1) {
      const pid = owner();
      if (pid !== undefined && !alive(pid)) bury(mine, pid);
      else if (waits === 0) stop = tick(() => `waiting for process ${pid}, which holds .tsm-lock`);
      await sleep(100);
    }
  } finally {
    stop();
    rmSync(mine, { force: true });
  }
  const release = () => rmSync(LOCK, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
};
