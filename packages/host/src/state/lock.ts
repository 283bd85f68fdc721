/**
 * A lock between threads and processes that outlives none of them. It is a symbolic link whose target names its owner:
 * one system call makes it, owner and all, or fails because there is one.
 *
 * A lock whose owner has ended is broken by whoever comes next, under a second lock that is named after the first one and
 * its owner. Only its holder removes that link, after it has seen that the owner is still the same. So of two that find
 * a lock stale one removes it, and nobody removes the lock of an owner that lives.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TsmError } from '@tsm/core';
import { codeOf, refusal } from './errors.ts';
import { isGone, OWNER, pidOf } from './owner.ts';

/** How long to wait for another one, in milliseconds. */
export const PATIENCE = 10_000;
/** Longest pause between two attempts, in milliseconds. */
const LONGEST_PAUSE = 8;

/** True when the file was made, false when there is one already. */
function make(path: string): boolean {
  try {
    symlinkSync(OWNER, path);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') return false;
    if (code !== 'EPERM' && code !== 'ENOSYS' && code !== 'EOPNOTSUPP')
      throw refusal(error, 'write', dirname(path));
    return makeFile(path);
  }
}

/** For file systems without symbolic links, and for Windows, where they are a privilege. */
function makeFile(path: string): boolean {
  try {
    const file = openSync(path, 'wx', 0o600);
    writeSync(file, OWNER);
    closeSync(file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw refusal(error, 'write', dirname(path));
  }
}

/** Undefined when it is not there any more. */
function ownerOf(path: string): string | undefined {
  for (const read of [() => readlinkSync(path), () => readFileSync(path, 'utf8')]) {
    try {
      return read();
    } catch (error) {
      // EINVAL: not a link. UNKNOWN: the same on Windows.
      if (codeOf(error) === 'ENOENT') return undefined;
      if (codeOf(error) !== 'EINVAL' && codeOf(error) !== 'UNKNOWN') throw refusal(error, 'read', path);
    }
  }
  return undefined;
}

function release(path: string): void {
  rmSync(path, { force: true });
}

/** The lock that whoever breaks the one of this owner must hold. */
export function guardOf(path: string, owner: string): string {
  return `${path}.${createHash('sha256').update(`${path} ${owner}`).digest('hex').slice(0, 16)}`;
}

/** Takes the lock, or breaks it when its owner has ended, so that the next attempt may take it. */
function take(path: string): boolean {
  if (make(path)) return true;
  const owner = ownerOf(path);
  if (owner === undefined || !isGone(owner)) return false;
  const guard = guardOf(path, owner);
  if (!take(guard)) return false;
  try {
    if (ownerOf(path) === owner) release(path);
  } finally {
    release(guard);
  }
  return false;
}

/** Runs the step if the lock is free. */
function attempt<T>(path: string, step: () => T): { readonly value: T } | undefined {
  if (!take(path)) return undefined;
  try {
    return { value: step() };
  } finally {
    release(path);
  }
}

function busy(path: string): TsmError {
  const owner = ownerOf(path) ?? '';
  const pid = pidOf(owner);
  const who = pid === undefined ? 'another process' : `process ${pid}`;
  return new TsmError(
    'EBUSY',
    `${who} has kept ${path} for too long — end it, or remove the file if no process uses it`,
  );
}

/** How long to pause before the next attempt; nobody's turn comes at the same time as that of others each time. */
function* pauses(path: string, patience: number): Generator<number, never> {
  const deadline = performance.now() + patience;
  for (let longest = 1; ; longest = Math.min(2 * longest, LONGEST_PAUSE)) {
    if (performance.now() > deadline) throw busy(path);
    yield longest * (0.5 + Math.random() / 2);
  }
}

const NEVER = new Int32Array(new SharedArrayBuffer(4));

/** Runs the step while holding the lock; the thread waits for it. EBUSY when another one keeps it for too long. */
export function withLockSync<T>(path: string, step: () => T, patience = PATIENCE): T {
  const waits = pauses(path, patience);
  for (;;) {
    const done = attempt(path, step);
    if (done) return done.value;
    Atomics.wait(NEVER, 0, 0, waits.next().value);
  }
}

/** As {@link withLockSync}, without stopping the thread while it waits. The step itself is synchronous. */
export async function withLock<T>(path: string, step: () => T, patience = PATIENCE): Promise<T> {
  const waits = pauses(path, patience);
  for (;;) {
    const done = attempt(path, step);
    if (done) return done.value;
    await sleep(waits.next().value);
  }
}
