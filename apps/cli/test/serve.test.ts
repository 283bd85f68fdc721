/** `tsm serve`: what it prints, what it answers while it runs, and how it ends. */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { socketOf } from '@tsm/host';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run, tooWide, type Ran } from './support/run.ts';

let state = '';
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'tsm-serve-'));
});
afterEach(() => rm(state, { recursive: true }));

/** Serves while `during` runs, then stops as Ctrl-C does. */
async function serving(args: string[], during: () => Promise<void>): Promise<Ran> {
  const stop = new AbortController();
  const all = ['serve', '--state', state, ...args];
  const ran = run(all, undefined, undefined, undefined, undefined, stop.signal);
  try {
    while (!existsSync(socketOf(state))) await sleep(5);
    await during();
  } finally {
    stop.abort();
  }
  return ran;
}

describe('serve', () => {
  it('prints where it listens, serves until it is stopped, and leaves no socket', async () => {
    const ran = await serving([], () => Promise.resolve());
    expect(ran.exit).toBe(0);
    expect(ran.out).toContain(socketOf(state));
    expect(tooWide(ran.out.replaceAll(state, 'DIR'))).toEqual([]);
    expect(await readdir(state)).toEqual([]);
  });

  it('answers containers on the port that it prints', async () => {
    await run(['machine', 'new', 'dev', '--state', state]);
    const port = 20_000 + (process.pid % 20_000);
    const ran = await serving(['--http', String(port), '--json'], async () => {
      let answer: Response | undefined;
      while (!answer) answer = await fetch(`http://127.0.0.1:${port}/info`).catch(() => undefined);
      expect(await answer.json()).toMatchObject({ version: '0.0.0-test', tee: 'tdx' });
    });
    expect(ran.json()).toEqual({
      socket: socketOf(state),
      state,
      http: { url: `http://127.0.0.1:${port}`, machine: 'dev' },
    });
  });

  it('refuses what cannot be served', async () => {
    await writeFile(join(state, 'file'), '');
    const refused: [string[], string][] = [
      [['--http', 'x'], 'expected a port'],
      [['--http', '65536'], 'expected a port'],
      [['--machine', 'dev'], '--machine is what --http serves'],
      [['--http', '0'], 'tsm machine new NAME'],
      [['--http', '0', '--machine', 'none'], 'which machine is served'],
      [['--socket', join(state, 'file')], 'is no socket — remove it'],
    ];
    for (const [args, text] of refused) {
      const ran = await run(['serve', '--state', state, ...args]);
      expect([args, ran.exit]).toEqual([args, 2]);
      expect(ran.err).toContain(text);
    }
    await serving([], async () => {
      const second = await run(['serve', '--state', state]);
      expect(second.exit).toBe(2);
      expect(second.err).toContain('a server answers at');
    });
  });
});
