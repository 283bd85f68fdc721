/** The lock: one at a time, between threads and processes, whatever becomes of them. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { guardOf, withLock, withLockSync } from '../src/state/lock.ts';
import { isGone, OWNER } from '../src/state/owner.ts';
import { bundle } from './support/bundle.ts';

const TIMEOUT = 60_000;
const onLinux = it.runIf(process.platform === 'linux');

let built = '';
let script: URL;
beforeAll(async () => {
  built = await mkdtemp(join(tmpdir(), 'tsm-lock-code-'));
  const entry = fileURLToPath(new URL('support/lock-thread.ts', import.meta.url));
  ({ thread: script } = await bundle(built, { thread: entry }));
}, TIMEOUT);
afterAll(() => rm(built, { recursive: true }));

let folder = '';
let lock = '';
let file = '';
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tsm-lock-'));
  [lock, file] = [join(folder, 'lock'), join(folder, 'file')];
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

function start(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: 'inherit' });
  children.push(child);
  return child;
}

const node = (...args: string[]): ChildProcess => start(process.execPath, [fileURLToPath(script), ...args]);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

/** This thread's name with another process or start time in it. */
const variant = (at: number, value: string): string =>
  OWNER.split('.')
    .map((part, i) => (i === at ? value : part))
    .join('.');

describe('lock', () => {
  it(
    'lets processes and threads in one at a time',
    async () => {
      writeFileSync(file, '0');
      const args = ['count', lock, file, '150'];
      const ends = [node(...args), node(...args), new Worker(script, { workerData: args })].map((one) =>
        once(one, 'exit'),
      );
      let here = 0;
      for (; here < 100; here++)
        await withLock(lock, () => {
          writeFileSync(file, String(Number(readFileSync(file, 'utf8')) + 1));
        });
      expect((await Promise.all(ends)).map(([code]) => code as number)).toEqual([0, 0, 0]);
      expect(Number(readFileSync(file, 'utf8'))).toBe(3 * 150 + here);
      expect(readdirSync(folder)).toEqual(['file']);
    },
    TIMEOUT,
  );

  it(
    'is EBUSY while a living process keeps it, and names the process; another thread may wait without stopping',
    async () => {
      const child = node('hold', lock, file);
      await until(() => existsSync(file));
      const refused = expect.objectContaining({
        code: 'EBUSY',
        message: expect.stringContaining(`process ${child.pid ?? 0} has kept ${lock} for too long`) as string,
      }) as Error;
      expect(() => withLockSync(lock, () => 1, 50)).toThrow(refused);
      let turns = 0;
      const timer = setInterval(() => turns++, 5);
      await expect(withLock(lock, () => 1, 100)).rejects.toEqual(refused);
      clearInterval(timer);
      expect(turns).toBeGreaterThan(3);
      child.kill('SIGKILL');
      expect(await withLock(lock, () => 'taken')).toBe('taken');
      expect(readdirSync(folder)).toEqual(['file']);
    },
    TIMEOUT,
  );

  onLinux(
    'is taken over from a process that was killed and is not yet waited for',
    async () => {
      // sleep never waits for the child that the shell left to it.
      const held = [process.execPath, fileURLToPath(script), 'hold', lock, file].map((one) => `'${one}'`);
      start('sh', ['-c', `${held.join(' ')} & exec sleep 600`]);
      await until(() => existsSync(file));
      const owner = readlinkSync(lock);
      process.kill(Number(owner.split('.')[0]), 'SIGKILL');
      expect(withLockSync(lock, () => 'taken')).toBe('taken');
    },
    TIMEOUT,
  );

  onLinux(
    'is taken over from a thread that was ended in a process that lives',
    async () => {
      const worker = new Worker(script, { workerData: ['hold', lock, file] });
      await until(() => existsSync(file));
      expect(() => withLockSync(lock, () => 1, 50)).toThrow('has kept');
      await worker.terminate();
      expect(withLockSync(lock, () => 'taken')).toBe('taken');
    },
    TIMEOUT,
  );

  onLinux('is taken over where the process number was given to another process', () => {
    symlinkSync(variant(2, '1'), lock);
    expect(withLockSync(lock, () => 'taken')).toBe('taken');
  });

  onLinux('is taken over when the one that was breaking it has ended too', () => {
    const [first, second] = [variant(2, '1'), variant(2, '2')];
    symlinkSync(first, lock);
    symlinkSync(second, guardOf(lock, first));
    symlinkSync(first, guardOf(guardOf(lock, first), second));
    expect(withLockSync(lock, () => 'taken')).toBe('taken');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is never taken over in doubt: another computer, another pid namespace, a text that is no owner', () => {
    for (const owner of [variant(4, 'elsewhere'), variant(3, '1'), 'nonsense']) {
      expect(isGone(owner)).toBe(false);
      symlinkSync(owner, lock);
      expect(() => withLockSync(lock, () => 1, 20)).toThrow(/remove the file if no process uses it/);
      expect(readlinkSync(lock)).toBe(owner);
      withLockSync(join(folder, 'other'), () => 1);
      unlinkSync(lock);
    }
  });

  it('is a plain file where links cannot be made, and is understood all the same', async () => {
    const ended = spawn(process.execPath, ['-e', '']);
    await once(ended, 'exit');
    writeFileSync(lock, variant(0, String(ended.pid)));
    expect(withLockSync(lock, () => 'taken')).toBe('taken');
    writeFileSync(lock, OWNER);
    expect(() => withLockSync(lock, () => 1, 20)).toThrow(`process ${process.pid} has kept`);
  });

  it('is free again when the step fails', async () => {
    const fail = (): never => {
      throw new Error('no');
    };
    expect(() => withLockSync(lock, fail)).toThrow('no');
    await expect(withLock(lock, fail)).rejects.toThrow('no');
    expect(existsSync(lock)).toBe(false);
  });
});
