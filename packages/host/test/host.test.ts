/** The host: Node's digests held equal to the portable ones, and machines in a state directory. */
import { spawn } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { portableDigests, toHex, utf8Bytes, type AlgorithmName } from '@tsm/core';
import { decodeLog, replay } from '@tsm/eventlog';
import { defaultStateDirectory, nodeDigests, StateDirectory } from '@tsm/host';
import type { Created } from '@tsm/machine';
import tdx from '@tsm/provider-tdx';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

describe('node digests', () => {
  const digests = nodeDigests();
  const ALGORITHMS: AlgorithmName[] = ['sha1', 'sha256', 'sha384', 'sha512'];

  it('give what the portable ones give, hash by hash and as a chain', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom(...ALGORITHMS), (bytes, algorithm) => {
        const hash = portableDigests.digest(algorithm, bytes);
        expect(digests.digest(algorithm, bytes)).toEqual(hash);
        const [fast, slow] = [digests, portableDigests].map((one) => {
          const chain = one.chain(algorithm, hash);
          chain.extend(hash);
          chain.extend(Uint8Array.of(0, ...hash), 1);
          return chain.value();
        });
        expect(fast).toEqual(slow);
      }),
    );
  });

  it('run chains on the kernels, and on a hash of Node where there is none', () => {
    for (const algorithm of ALGORITHMS) expect(digests.chainKind(algorithm)).toBe('kernel');
    expect(digests.chainKind('sha3-256')).toBe('backend');
  });

  it('have SM3 and SHA-3 where the OpenSSL of Node has them', () => {
    if (digests.has('sm3')) {
      expect(toHex(digests.digest('sm3', utf8Bytes('abc')))).toMatch(/^66c7f0f4/);
    }
    expect(toHex(digests.digest('sha3-256', new Uint8Array(0)))).toMatch(/^a7ffc6f8/);
  });
});

describe('state directory', () => {
  let path = '';
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'tsm-state-'));
  });
  afterEach(() => rm(path, { recursive: true }));

  const created = (id: string): Created => ({
    ...{ op: 'create', version: 1, id, provider: 'tdx', boot: true, values: {} },
    ...{ seed: new Uint8Array(32).fill(1), now: new Date('2026-01-01T00:00:00Z') },
  });
  const open = (): StateDirectory =>
    new StateDirectory(path, () => Promise.resolve(tdx), { digests: nodeDigests() });
  const journal = (id: string): string => join(path, 'machines', id, 'journal.ndjson');

  it('follows XDG, and falls back to the home directory', () => {
    expect(defaultStateDirectory({ XDG_STATE_HOME: '/xdg' })).toBe(join('/xdg', 'tsm'));
    expect(defaultStateDirectory({ XDG_STATE_HOME: '' })).toMatch(/\.local[\\/]state[\\/]tsm$/);
  });

  it('keeps a machine: what one opening did, the next one has', async () => {
    const state = open();
    await state.create(created('a'));
    const value = await state.withMachine(
      'a',
      async (machine) => (await machine.append('rtmr3', 'event')).value,
    );
    expect(await open().withMachine('a', (machine) => machine.read('rtmr3'))).toEqual(value);
    expect(await state.list()).toEqual(['a']);
  });

  it('refuses names that are taken or make no folder, and names what there is', async () => {
    const state = open();
    await state.create(created('a'));
    await expect(state.create(created('a'))).rejects.toMatchObject({ code: 'EEXIST' });
    for (const bad of ['', '..', 'a/b', '-x', 'x'.repeat(65)]) {
      await expect(state.create(created(bad))).rejects.toMatchObject({ code: 'EINVAL' });
    }
    await expect(state.withMachine('b', () => Promise.resolve())).rejects.toThrow(
      'no machine "b" — there are: a',
    );
  });

  it('drops a line that was cut while it was written, and goes on cleanly', async () => {
    const state = open();
    await state.create(created('a'));
    await appendFile(journal('a'), '{"op":"append","regis');
    await state.withMachine('a', (machine) => machine.append('rtmr3', 'after'));
    const lines = (await readFile(journal('a'), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { op: string }).op)).toEqual(['create', 'append']);
  });

  it('lets one writer in at a time: no extend is lost or doubled', async () => {
    const state = open();
    await state.create(created('a'));
    const events = Array.from({ length: 12 }, (_, i) => `example.com/w n${i}`);
    await Promise.all(
      events.map((event) => open().withMachine('a', (machine) => machine.append('rtmr3', event))),
    );
    const [log, value] = await state.withMachine(
      'a',
      async (machine) => [await machine.eventLog('rtmr3'), await machine.read('rtmr3')] as const,
    );
    const replayed = replay(decodeLog(log));
    expect(replayed.registers[0]).toMatchObject({ value, extends: events.length + 1 });
    expect(replayed.issues).toEqual([]);
  });

  it('takes over the lock of a process that is gone', async () => {
    const state = open();
    await state.create(created('a'));
    const child = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => child.on('close', resolve));
    await writeFile(join(path, 'machines/a/lock'), String(child.pid));
    await expect(state.withMachine('a', (machine) => machine.read('rtmr0'))).resolves.toHaveLength(48);
  });
});
