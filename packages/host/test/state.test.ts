/** Machines in a state directory: kept, shared between openings, and safe from what goes wrong on disks. */
import * as fs from 'node:fs';
import { appendFile, chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toHex, utf8Text } from '@tsm/core';
import { decodeLog, replay } from '@tsm/eventlog';
import { defaultStateDirectory, nodeDigests, openMachineFile, StateDirectory } from '@tsm/host';
import type { Created } from '@tsm/machine';
import tdx from '@tsm/provider-tdx';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

vi.mock('node:fs', async (original) => ({ ...(await original<typeof fs>()) }));

const created = (id: string): Created => ({
  ...{ op: 'create', version: 1, id, provider: 'tdx', boot: false, values: {} },
  ...{ seed: new Uint8Array(32).fill(1), now: new Date('2026-01-01T00:00:00Z') },
});

let path = '';
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'tsm-state-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(path, { recursive: true });
});

const open = (at = path): StateDirectory =>
  new StateDirectory(at, () => Promise.resolve(tdx), { digests: nodeDigests() });
const journal = (id: string): string => join(path, 'machines', id, 'journal.ndjson');

async function events(state: StateDirectory, id: string): Promise<string[]> {
  const log = utf8Text(await (await state.machine(id)).eventLog('rtmr3'));
  return log.split('\n').filter((line) => /^[a-z]/.test(line));
}

describe('state directory', () => {
  it('follows XDG, and falls back to the home directory', () => {
    expect(defaultStateDirectory({ XDG_STATE_HOME: '/xdg' })).toBe(join('/xdg', 'tsm'));
    expect(defaultStateDirectory({ XDG_STATE_HOME: '' })).toMatch(/\.local[\\/]state[\\/]tsm$/);
  });

  it('keeps a machine: what one opening did, the next one has', async () => {
    const state = open();
    expect(state.list()).toEqual([]);
    const machine = await state.create(created('a'));
    const { value } = await machine.append('rtmr3', 'event');
    expect(await (await open().machine('a')).read('rtmr3')).toEqual(value);
    expect(state.list()).toEqual(['a']);
  });

  it('refuses names that are taken or make no folder, and names what there is', async () => {
    const state = open();
    await state.create(created('a'));
    await expect(state.create(created('a'))).rejects.toMatchObject({ code: 'EEXIST' });
    for (const bad of ['', '..', 'a/b', '-x', '.new', 'x'.repeat(65)]) {
      await expect(state.create(created(bad))).rejects.toMatchObject({ code: 'EINVAL' });
    }
    await expect(state.machine('b')).rejects.toThrow('no machine "b" — there are: a');
    expect(await readdir(join(path, 'machines'))).toEqual(['a']);
  });

  it('leaves nothing of a machine that cannot be launched', async () => {
    const bad = { ...created('a'), values: { nosuch: new Uint8Array(1) } };
    await expect(open().create(bad)).rejects.toMatchObject({ code: 'EINVAL' });
    expect(open().list()).toEqual([]);
  });

  it('sweeps up what a process left that ended while it made a machine', async () => {
    const state = open();
    await state.create(created('a'));
    const left = join(path, 'machines', '.new.999999999.1.1..nowhere');
    fs.mkdirSync(left);
    await state.create(created('b'));
    // It may be of another computer, where it is still under way.
    expect(fs.existsSync(left)).toBe(true);
    expect(state.list()).toEqual(['a', 'b']);
  });
});

describe('a machine that is open twice', () => {
  it('has in each opening what the other one did, and tells its listeners', async () => {
    await open().create(created('a'));
    const [one, two] = [await open().open('a'), await open().open('a')];
    const told: string[] = [];
    two.subscribe((change) => told.push(`${change.kind} ${change.register}`));
    one.append('rtmr3', 'first');
    expect(two.read('rtmr3')).toEqual(one.read('rtmr3'));
    expect(told).toEqual(['extended rtmr3', 'logged rtmr3']);
    two.append('rtmr3', 'second');
    one.append('rtmr3', 'third');
    expect(utf8Text(two.eventLog('rtmr3'))).toBe(utf8Text(one.eventLog('rtmr3')));
    expect(await events(open(), 'a')).toEqual(['first', 'second', 'third']);
  });

  it('loses and doubles nothing when all write at the same time', async () => {
    await open().create(created('a'));
    const names = Array.from({ length: 12 }, (_, i) => `example.com/w n${i}`);
    await Promise.all(
      names.map(async (event) => {
        const machine = await open().machine('a');
        await Promise.all([machine.append('rtmr3', event), machine.append('rtmr2', event)]);
      }),
    );
    expect((await events(open(), 'a')).sort()).toEqual([...names].sort());
    const machine = await open().machine('a');
    const replayed = replay(decodeLog(await machine.eventLog('rtmr3')));
    expect(replayed.registers[0]).toMatchObject({ value: await machine.read('rtmr3'), extends: 13 });
    expect(replayed.issues).toEqual([]);
  });

  it('is extended by guest drivers through its journal, and shows them what others did', async () => {
    await open().create(created('a'));
    const [one, two] = [openMachineFile(journal('a'), tdx), await open().open('a')];
    const digest = new Uint8Array(48).fill(7);
    one.model.extend('rtmr2', digest);
    expect(two.model.read('rtmr2')).toEqual(one.read('rtmr2'));
    expect(utf8Text(two.eventLog('rtmr2'))).toContain('# .EXTEND 0707');
    // What a driver calls beyond the contract is there, and follows as well.
    two.append('rtmr3', 'event');
    const { tdReport } = one.model as unknown as { tdReport: (data: Uint8Array) => Uint8Array };
    expect(toHex(tdReport(new Uint8Array(64)))).toContain(toHex(two.read('rtmr3')));
    expect(() => {
      one.model.extend('rtmr2', new Uint8Array(3));
    }).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  it('is stale when its journal was replaced', async () => {
    await open().create(created('a'));
    const machine = await open().open('a');
    machine.append('rtmr3', 'event');
    const content = await readFile(journal('a'));
    await rm(journal('a'));
    expect(() => machine.read('rtmr3')).toThrow('is gone — was the machine removed?');
    await writeFile(journal('a'), content.subarray(0, content.indexOf(0x0a) + 1));
    expect(() => machine.read('rtmr3')).toThrow('was replaced while it was in use');
    expect(() => machine.append('rtmr3', 'x')).toThrow(expect.objectContaining({ code: 'ESTALE' }));
  });
});

describe('a damaged journal', () => {
  it('that ends in a cut line never had that line, for readers and for the next writer', async () => {
    await open().create(created('a'));
    const before = await open().open('a');
    await appendFile(journal('a'), '{"op":"append","regis');
    expect(before.eventLog('rtmr3')).toHaveLength(0);
    const other = await open().open('a');
    other.append('rtmr3', 'after');
    const lines = (await readFile(journal('a'), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { op: string }).op)).toEqual(['create', 'append']);
    // Even when the file is as long as it was with the cut line.
    const bytes = (await readFile(journal('a'))).length - Buffer.byteLength(lines[0]!) - 1;
    expect(before.eventLog('rtmr3')).toEqual(other.eventLog('rtmr3'));
    await appendFile(journal('a'), 'x'.repeat(bytes));
    expect(before.eventLog('rtmr3')).toEqual(other.eventLog('rtmr3'));
    other.append('rtmr3', 'after');
    expect(before.eventLog('rtmr3')).toEqual(other.eventLog('rtmr3'));
  });

  it('is refused with file, line and way out; salvage goes on before it and keeps a copy', async () => {
    const state = open();
    const machine = await state.create(created('a'));
    await machine.append('rtmr3', 'good');
    const good = await machine.read('rtmr3');
    await appendFile(journal('a'), '{"op":"explode"}\n');
    await appendFile(journal('a'), '{"op":"append","register":"rtmr3","event":"after"}\n');
    const damaged = await readFile(journal('a'), 'utf8');
    await expect(state.machine('a')).rejects.toThrow(
      `${journal('a')} line 3: op "explode" is not known — "tsm machine salvage a" goes on from line 2`,
    );
    expect(await readFile(journal('a'), 'utf8')).toBe(damaged);
    const { kept, dropped, original } = await state.salvage('a');
    expect({ kept, dropped }).toEqual({
      kept: 2,
      dropped:
        damaged.indexOf('{"op":"append","register":"rtmr3","event":"after') +
        51 -
        damaged.indexOf('{"op":"explode'),
    });
    expect(await readFile(original!, 'utf8')).toBe(damaged);
    expect(await (await state.machine('a')).read('rtmr3')).toEqual(good);
    await expect(machine.read('rtmr3')).rejects.toMatchObject({ code: 'ESTALE' });
    expect(await state.salvage('a')).toEqual({ kept: 2, dropped: 0 });
  });

  it('whose entries cannot be replayed is refused and salvaged as well', async () => {
    const state = open();
    await state.create(created('a'));
    await appendFile(journal('a'), '{"op":"append","register":"rtmr9","event":"x"}\n');
    await expect(state.machine('a')).rejects.toThrow(
      /journal\.ndjson line 2: no register "rtmr9".*salvage a/,
    );
    expect(await state.salvage('a')).toMatchObject({ kept: 1, dropped: 47 });
    expect(await (await state.machine('a')).eventLog('rtmr3')).toHaveLength(0);
  });

  it('without its launch cannot be salvaged, and says so', async () => {
    const state = open();
    await state.create(created('a'));
    await writeFile(journal('a'), 'nonsense\n');
    await expect(state.machine('a')).rejects.toMatchObject({ code: 'journal.corrupt' });
    await expect(state.salvage('a')).rejects.toThrow('put back a copy of the file, or remove');
    await writeFile(journal('a'), '');
    await expect(state.machine('a')).rejects.toThrow('line 1: expected the create entry');
  });
});

describe('what the computer refuses', () => {
  /** Fails as the disk would, after half of the bytes were written. */
  function failingDisk(code: string): void {
    const write = fs.writeSync.bind(undefined);
    const half = (file: number, bytes: Uint8Array, from = 0): number => {
      if (from > 0) throw Object.assign(new Error(code), { code });
      return write(file, bytes, from, bytes.length >> 1);
    };
    vi.spyOn(fs, 'writeSync').mockImplementation(half as typeof fs.writeSync);
  }

  it.each([
    ['ENOSPC', 'no space is left'],
    ['EDQUOT', 'no space is left'],
    ['EIO', 'the disk failed'],
  ])('%s leaves the machine as it was, and says what to do', async (code, text) => {
    await open().create(created('a'));
    const machine = await open().open('a');
    machine.append('rtmr3', 'event');
    const [value, content] = [machine.read('rtmr3'), await readFile(journal('a'), 'utf8')];
    failingDisk(code);
    expect(() => machine.append('rtmr3', 'lost')).toThrow(expect.objectContaining({ code }));
    expect(() => machine.append('rtmr3', 'lost')).toThrow(text);
    await expect(open().create(created('b'))).rejects.toMatchObject({ code });
    vi.restoreAllMocks();
    expect(machine.read('rtmr3')).toEqual(value);
    expect(await readFile(journal('a'), 'utf8')).toBe(content);
    expect(open().list()).toEqual(['a']);
    machine.append('rtmr3', 'later');
    expect(await events(open(), 'a')).toEqual(['event', 'later']);
  });

  it.each([
    ['EACCES', 'run as its owner, or choose another directory with --state'],
    ['EROFS', 'is on a read-only file system'],
    ['ENOTDIR', 'a part of this path is no directory'],
  ])('%s says what to do', async (code, text) => {
    const machine = await open().create(created('a'));
    const refused = (): never => {
      throw Object.assign(new Error(code), { code });
    };
    vi.spyOn(fs, 'symlinkSync').mockImplementation(refused);
    await expect(machine.append('rtmr3', 'x')).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text) as string,
    });
    expect(await machine.eventLog('rtmr3')).toHaveLength(0);
    vi.spyOn(fs, 'mkdirSync').mockImplementation(refused);
    await expect(open().create(created('b'))).rejects.toThrow(text);
    vi.spyOn(fs, 'statSync').mockImplementation(refused);
    await expect(machine.read('rtmr3')).rejects.toThrow(text);
  });

  it('a file in the place of the directory is named', async () => {
    const file = join(path, 'file');
    await writeFile(file, '');
    await chmod(file, 0o600);
    expect(() => open(file).list()).toThrow('a part of this path is no directory');
    await expect(open(file).create(created('a'))).rejects.toThrow('a part of this path is no directory');
  });
});
