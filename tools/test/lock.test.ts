/** The bootstrap's lock: processes that want it at once come one after the other, and a dead owner's is taken over. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const LOCK_MODULE = new URL('../lib/lock.mjs', import.meta.url).href;

/** Adds one to a number in a file, slowly, so that two at once would lose one. */
const ADD_ONE = `
  import { readFileSync, writeFileSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  const [module, lock, file] = process.argv.slice(1);
  const { alone } = await import(module);
  await alone(async () => {
    const before = Number(readFileSync(file, 'utf8'));
    await sleep(50);
    writeFileSync(file, String(before + 1));
  }, lock);`;

test.each([['free'], ['held by a dead process']])('four processes, the lock %s', async (state) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tsm-lock-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [lock, file] = [path.join(folder, 'lock'), path.join(folder, 'number')];
  writeFileSync(file, '0');
  if (state !== 'free') writeFileSync(lock, `${2 ** 30}\n`);
  const args = ['--input-type=module', '--eval', ADD_ONE, LOCK_MODULE, lock, file];
  await Promise.all(Array.from({ length: 4 }, () => promisify(execFile)(process.execPath, args)));
  expect(readFileSync(file, 'utf8')).toBe('4');
  expect(readdirSync(folder)).toEqual(['number']);
});
