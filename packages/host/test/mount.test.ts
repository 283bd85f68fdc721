/** Mounted trees: how they begin and end, whom they share a machine with, and what a person is told. */
import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nodeDigests, openJournal, StateDirectory } from '@tsm/host';
import tdx from '@tsm/provider-tdx';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mountMachine, type Mounted } from '../src/mount/mount.ts';
import type { Served } from '../src/mount/messages.ts';
import { argumentOf } from './support/programs/arguments.ts';
import { describeWhere, execute, fresh, noMount, outputOf, usePrograms } from './support/mounting.ts';

const programs = usePrograms();
const TIMEOUT = 60_000;
const MEASUREMENTS = 'sys/devices/virtual/misc/tdx_guest/measurements';
const digests = nodeDigests();

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tsm-mounts-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function mountPoint(): Promise<string> {
  const directory = path.join(folder, `tree${++count}`);
  await mkdir(directory);
  return directory;
}

async function isMounted(directory: string): Promise<boolean> {
  return (await readFile('/proc/self/mountinfo', 'utf8')).includes(` ${directory} `);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await condition()) return;
    await sleep(25);
  }
  throw new Error('it did not happen within ten seconds');
}

/** Mounts in this process, for as long as `use` takes. */
async function mounted<T>(served: Served, use: (tree: Mounted) => Promise<T>): Promise<T> {
  const tree = await mountMachine(await mountPoint(), served, { worker: programs().urls.worker });
  try {
    return await use(tree);
  } finally {
    await tree.stop();
  }
}

/** Mounts in a process of its own; resolves when it says so. */
async function mountingProcess(directory: string, served: Served): Promise<ChildProcess> {
  const args = [fileURLToPath(programs().urls.mount), directory, argumentOf(served)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child;
}

async function shell(directory: string, text: string): Promise<string> {
  const { exit, out, err } = await execute('sh', ['-euc', `cd "${directory}"; ${text}`]);
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  return out;
}

describeWhere(noMount, 'a mounted tree', 9, () => {
  it('is there until it is stopped, and then nothing of it is left', { timeout: TIMEOUT }, async () => {
    const directory = await mountPoint();
    const tree = await mountMachine(directory, fresh(programs(), 'tdx'), { worker: programs().urls.worker });
    expect(tree).toMatchObject({ directory, id: 'new', provider: 'tdx', profile: '7.0' });
    const names = await shell(directory, 'ls');
    expect(names).toBe('dev\nsys\n');
    // Somebody is still in it.
    const inside = spawn('sleep', ['30'], { cwd: path.join(directory, 'sys'), stdio: 'ignore' });
    await new Promise((resolve) => inside.once('spawn', resolve));
    await Promise.all([tree.stop(), tree.stop()]);
    await tree.ended;
    inside.kill();
    expect(await isMounted(directory)).toBe(false);
  });

  it('ends when somebody else unmounts it', { timeout: TIMEOUT }, async () => {
    const directory = await mountPoint();
    const child = await mountingProcess(directory, fresh(programs(), 'tdx'));
    const ended = outputOf(child);
    expect(await execute('umount', [directory])).toMatchObject({ exit: 0 });
    expect(await ended).toMatchObject({ exit: 0, out: 'ended\n' });
  });

  it('a server that is killed leaves no dead mount behind', { timeout: TIMEOUT }, async () => {
    const directory = await mountPoint();
    const child = await mountingProcess(directory, fresh(programs(), 'tdx'));
    expect(await isMounted(directory)).toBe(true);
    child.kill('SIGKILL');
    await until(async () => !(await isMounted(directory)));
    expect(await shell(directory, 'ls')).toBe('');
    const again = await mountingProcess(directory, fresh(programs(), 'tdx'));
    const ended = outputOf(again);
    again.kill('SIGTERM');
    expect(await ended).toMatchObject({ exit: 0 });
    expect(await isMounted(directory)).toBe(false);
  });

  it('a slow provider stalls no reader of another machine', { timeout: TIMEOUT }, async () => {
    const read = `cat ${MEASUREMENTS}/rtmr0:sha384 | wc -c`;
    await mounted(fresh(programs(), 'slow'), async (slow) => {
      await mounted(fresh(programs(), 'tdx'), async (quick) => {
        const report = 'sys/kernel/config/tsm/report/a';
        const begin = performance.now();
        let slowDone = false;
        const slowly = shell(
          slow.directory,
          `mkdir ${report}; printf x > ${report}/inblob; cat ${report}/outblob`,
        ).then((out) => {
          slowDone = true;
          return { out, took: performance.now() - begin };
        });
        // The report is under way when the other tree is read.
        await sleep(500);
        // As a plain file, so that starting a process is not measured.
        const from = performance.now();
        const value = await readFile(path.join(quick.directory, MEASUREMENTS, 'rtmr0:sha384'));
        const took = performance.now() - from;
        expect({ size: value.length, slowDone }).toEqual({ size: 48, slowDone: false });
        expect(took).toBeLessThan(100);
        expect(await shell(quick.directory, read)).toBe('48\n');
        expect(await slowly).toMatchObject({ out: 'x' });
        expect((await slowly).took).toBeGreaterThan(1900);
      });
    });
  });

  it('shares a machine with every other process, in both directions', { timeout: TIMEOUT }, async () => {
    const state = new StateDirectory(path.join(folder, 'state'), () => Promise.resolve(tdx), { digests });
    const launch = { seed: new Uint8Array(32), now: new Date('2026-01-01'), values: {}, boot: true };
    const machine = await state.create({ op: 'create', version: 1, id: 'lab', provider: 'tdx', ...launch });
    const journal = state.journalOf('lab');
    const served = { provider: programs().urls.tdx.href, machine: { journal } };
    await mounted(served, async ({ directory, id }) => {
      expect(id).toBe('lab');
      const register = path.join(directory, MEASUREMENTS, 'rtmr3:sha384');
      const value = async () => new Uint8Array(await readFile(register));
      const valueOf = () => machine.read('rtmr3');
      expect(await value()).toEqual(await valueOf());
      // The tree has read its registers: what it holds must not hide what others do.
      await machine.append('rtmr3', 'example.com/app start v1');
      expect(await value()).toEqual(await valueOf());
      await writeFile(register, new Uint8Array(48).fill(1), { flag: 'r+' });
      expect(await value()).toEqual(await valueOf());
      const entries = openJournal(journal).journal.follow();
      expect(entries).toEqual([]);
      expect((await readFile(journal, 'utf8')).trimEnd().split('\n')).toHaveLength(3);
      const { registers } = tdx.evidence.decode(
        (await machine.report({ inblob: new Uint8Array(64) })).outblob,
      );
      expect(registers.find(({ name }) => name === 'rtmr3')?.value).toEqual(await value());
    });
  });

  it('refuses extends when it is read-only, and nothing else', { timeout: TIMEOUT }, async () => {
    await mounted(fresh(programs(), 'tdx', { readOnly: true }), async ({ directory }) => {
      const register = path.join(directory, MEASUREMENTS, 'rtmr3:sha384');
      await expect(writeFile(register, new Uint8Array(48), { flag: 'r+' })).rejects.toMatchObject({
        code: 'EPERM',
      });
      expect(await readFile(register)).toHaveLength(48);
      expect(
        await shell(directory, 'mkdir sys/kernel/config/tsm/report/a; ls sys/kernel/config/tsm/report'),
      ).toBe('a\n');
    });
  });

  it('says where it cannot be mounted, and what to do', { timeout: TIMEOUT }, async () => {
    const tree = (directory: string, served: Served = fresh(programs(), 'tdx')): Promise<Mounted> =>
      mountMachine(directory, served, { worker: programs().urls.worker });
    const at = (name: string): string => path.join(folder, name);
    await writeFile(at('file'), '');
    await expect(tree(at('missing'))).rejects.toThrow(/does not exist — make it with "mkdir -p/);
    await expect(tree(at('file'))).rejects.toThrow(/is not a folder — choose an empty folder/);
    await expect(tree(folder)).rejects.toThrow(/is not empty — choose an empty folder/);
    await mounted(fresh(programs(), 'tdx'), async ({ directory }) => {
      await symlink(directory, at('link'));
      const busy = {
        code: 'EBUSY',
        message: expect.stringMatching(/fuse is mounted there — choose another/) as string,
      };
      await expect(tree(directory)).rejects.toMatchObject(busy);
      await expect(tree(at('link'))).rejects.toMatchObject(busy);
    });
  });

  it('names the rights or the device that are missing, and the way out', { timeout: TIMEOUT }, async () => {
    const { mount, tdx: provider } = programs().urls;
    const directory = await mountPoint();
    await chmod(folder, 0o755);
    await chmod(programs().folder, 0o755);
    const served = argumentOf(fresh(programs(), 'tdx', { provider: provider.href }));
    const run = [process.execPath, fileURLToPath(mount), directory, served];
    const nobody = await execute('setpriv', [
      '--reuid',
      '65534',
      '--regid',
      '65534',
      '--clear-groups',
      ...run,
    ]);
    expect(nobody.err).toContain('mounting needs root — run it with sudo, or let "tsm run -- COMMAND" mount');
    const text = 'mount -t tmpfs none /dev; exec "$@"';
    const bare = await execute('unshare', ['-m', 'sh', '-c', text, 'sh', ...run]);
    expect(bare.err).toContain('/dev/fuse cannot be opened (ENOENT) — "modprobe fuse"');
    expect([nobody.exit, bare.exit]).toEqual([1, 1]);
    expect(await isMounted(directory)).toBe(false);
  });

  it('a machine that cannot be opened is not mounted', { timeout: TIMEOUT }, async () => {
    const directory = await mountPoint();
    const journal = path.join(folder, 'broken', 'journal.ndjson');
    await mkdir(path.dirname(journal));
    await writeFile(journal, 'this is no journal\n');
    const { worker, tdx: provider } = programs().urls;
    await expect(
      mountMachine(directory, { provider: provider.href, machine: { journal } }, { worker }),
    ).rejects.toMatchObject({
      code: 'journal.corrupt',
    });
    const none = fresh(programs(), 'tdx', { provider: worker.href.replace('worker', 'nothing') });
    await expect(mountMachine(directory, none, { worker })).rejects.toThrow(/Cannot find module/);
    expect(await isMounted(directory)).toBe(false);
  });
});
