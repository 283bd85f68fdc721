/** The live source over trees of every revision: the same machine, whatever the kernel shows. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PROFILE_NAMES, type ProfileName } from '@tsm/abi';
import { inProcess, readFile, writeFile, type Given, type KitFiles, type Subject } from '@tsm/abi/kit';
import { extendDigest, portableDigests, TsmError, utf8Bytes, utf8Text, type MachineChange } from '@tsm/core';
import { decodeLog, replay } from '@tsm/eventlog';
import cca from '@tsm/provider-cca';
import cove from '@tsm/provider-cove';
import snp, { createSnp } from '@tsm/provider-snp';
import tdx from '@tsm/provider-tdx';
import { afterAll, describe, expect, it } from 'vitest';
import { openLive } from '../src/live/index.ts';
import { liveMachine, type LiveSetting } from '../src/live/machine.ts';
import { reportOf } from '../src/live/report.ts';

const target = inProcess({ tdx, snp: createSnp, cca });
const providers = [tdx, snp, cca, cove];
const HELLO = portableDigests.digest('sha384', utf8Bytes('hello'));
const REPORT = '/sys/kernel/config/tsm/report';

let items = 0;
const settingOf = (files: KitFiles, change: Partial<LiveSetting> = {}): LiveSetting => ({
  ...{ files, providers, digests: portableDigests, allowExtend: false },
  item: () => `item${String(items++)}`,
  wait: () => Promise.resolve(),
  ...change,
});

const start = (profile: ProfileName, given: Given = { provider: 'tdx' }): Promise<Subject> =>
  target.start(profile, given);

async function live(profile: ProfileName, given?: Given, change?: Partial<LiveSetting>) {
  const { files, inside } = await start(profile, given);
  return { files, inside, machine: await liveMachine(settingOf(files, change)) };
}

const code = async (action: () => Promise<unknown>): Promise<string> => {
  try {
    await action();
    return 'success';
  } catch (error) {
    if (error instanceof TsmError) return error.code;
    throw error;
  }
};

describe('a live machine', () => {
  it.each(PROFILE_NAMES)(
    'reads, extends and reports in the profile %s',
    { timeout: 30_000 },
    async (profile) => {
      const { machine, files } = await live(profile, undefined, { allowExtend: true });
      expect(machine).toMatchObject({ id: 'live', source: 'live', provider: 'tdx' });
      const rtmr2 = machine.registers.find((one) => one.name === 'rtmr2');
      expect(rtmr2).toMatchObject({ algorithm: 'sha384', size: 48, role: 'os', numbers: { rtmr: 2 } });
      const before = await machine.read('rtmr2');
      if (rtmr2?.extensible === true) {
        await machine.extend('rtmr2', HELLO);
        expect(await machine.read('rtmr2')).toEqual(extendDigest(portableDigests, 'sha384', before, HELLO));
      } else expect(await code(() => machine.extend('rtmr2', HELLO))).toBe('EINVAL');
      const inblob = new Uint8Array(64).fill(0x5a);
      const { outblob, generation } = await machine.report({ inblob });
      expect(tdx.evidence.decode(outblob).reportData).toEqual(inblob);
      expect(generation).toBe(1n);
      expect(await files.list(REPORT)).toEqual([]);
    },
  );

  it('has the registers that the kernel shows', async () => {
    const names = async (profile: ProfileName, given?: Given): Promise<string[]> =>
      (await live(profile, given)).machine.registers.map(({ name }) => name).sort();
    const all = tdx.registers.map(({ name }) => name).sort();
    for (const profile of ['unified', '7.0', 'mr-v2-2025', 'mr-rfc-2024', '6.7'] as const)
      expect(await names(profile)).toEqual(all);
    expect(await names('rtmrs-2024')).toEqual(['rtmr0', 'rtmr1', 'rtmr2', 'rtmr3']);
    // No kernel shows registers of SEV-SNP and CCA: those of a report are taken.
    expect(await names('7.0', { provider: 'snp' })).toContain('measurement');
    expect(await names('7.0', { provider: 'cca' })).toContain('rim');
    expect(await names('unified', { provider: 'snp' })).toEqual(snp.registers.map(({ name }) => name).sort());
  });

  it.each(['mr-rfc-2024', 'unified'] as const)('appends to the log that %s keeps', async (profile) => {
    const { machine } = await live(profile, undefined, { allowExtend: true });
    const seen: MachineChange['kind'][] = [];
    const stop = machine.subscribe(({ kind }) => seen.push(kind));
    const { logged, digest, value } = await machine.append('rtmr3', 'example.com/app start v1');
    expect(logged).toMatch(/^SYNC sha384\/0+\n\nexample\.com\/app start v1\n$/);
    expect(digest).toEqual(portableDigests.digest('sha384', utf8Bytes('example.com/app start v1')));
    expect(value).toEqual(await machine.read('rtmr3'));
    expect(replay(decodeLog(await machine.eventLog('rtmr3'))).registers[0]?.value).toEqual(value);
    stop();
    await machine.extend('rtmr3', HELLO);
    expect(seen).toEqual(['logged', 'extended']);
  });

  it('says where the kernel keeps no log', async () => {
    const { machine } = await live('7.0', undefined, { allowExtend: true });
    await expect(machine.append('rtmr3', 'x')).rejects.toThrow('extend it by a digest instead');
    expect(await machine.eventLog('rtmr3')).toEqual(new Uint8Array(0));
  });

  it('is read-only unless it is asked otherwise', async () => {
    const { machine } = await live('unified');
    const before = await machine.read('rtmr2');
    expect(await code(() => machine.extend('rtmr2', HELLO))).toBe('EPERM');
    expect(await code(() => machine.append('rtmr2', 'x'))).toBe('EPERM');
    expect(await machine.read('rtmr2')).toEqual(before);
  });

  it('refuses what cannot be, and names what there is', async () => {
    const { machine } = await live('7.0', undefined, { allowExtend: true });
    expect(await code(() => machine.extend('mrtd', HELLO))).toBe('EINVAL');
    await expect(machine.extend('rtmr2', HELLO.subarray(1))).rejects.toThrow('expected 48 bytes, got 47');
    await expect(machine.read('pcr0')).rejects.toThrow('no register pcr0: there are ');
    await expect(machine.report({ inblob: HELLO, privlevel: 1 })).rejects.toThrow('no attribute privlevel');
    expect(await machine.collateral()).toBeUndefined();
  });

  it('reads banks that share a name, of a driver that no provider is for', async () => {
    const { files, inside } = await start('7.0', {});
    inside?.guest.tsm.registerMeasurements({
      name: 'lab_guest',
      registers: (['sha256', 'sha384'] as const).map((algorithm) => ({
        ...tdx.registers[4]!,
        ...{ name: 'x', algorithm, size: algorithm === 'sha256' ? 32 : 48 },
      })),
      read: (register) => new Uint8Array(register === 'x:sha256' ? 32 : 48).fill(1),
      extend: () => undefined,
    });
    const machine = await liveMachine(settingOf(files));
    expect(machine.provider).toBe('lab_guest');
    expect(await machine.read('x:sha256')).toEqual(new Uint8Array(32).fill(1));
    expect(await machine.read('x:sha384')).toHaveLength(48);
    expect(await code(() => machine.report({ inblob: HELLO }))).toBe('ENXIO');
  });

  it('asks SEV-SNP at a level, and brings the certificates', async () => {
    const { machine } = await live('7.0', { provider: 'snp' });
    const { outblob, auxblob, generation } = await machine.report({
      inblob: new Uint8Array(64),
      privlevel: 2,
    });
    expect(outblob[0x30]).toBe(2);
    expect(auxblob?.length).toBeGreaterThan(48);
    expect(generation).toBe(2n);
  });

  it('has the firmware log', async () => {
    const firmwareLog = utf8Bytes('a log');
    const { machine } = await live('6.7', { provider: 'tdx', firmwareLog });
    expect(await machine.firmwareLog()).toEqual(firmwareLog);
    expect(await machine.imaLog()).toBeUndefined();
  });

  it('without the right to make report items says what to do', async () => {
    const { files } = await start('7.0');
    const mkdir = (): Promise<never> => Promise.reject(new TsmError('EACCES', 'permission denied'));
    const barred = Object.assign(Object.create(files) as KitFiles, { mkdir });
    await expect(liveMachine(settingOf(barred))).rejects.toThrow(
      'no right to make a report item; run it as root',
    );
  });

  it('without a TVM lists what was looked for', async () => {
    const { files } = await start('7.0', {});
    await expect(liveMachine(settingOf(files))).rejects.toThrow(
      /there is none of .*tsm\/report, .*\/dev\/sev-guest/,
    );
    expect(await code(() => liveMachine(settingOf(files)))).toBe('ENODEV');
  });
});

describe('a report', () => {
  /** Another program writes to the item as soon as our request stands, `times` times. */
  function interfering(files: KitFiles, times: number): KitFiles {
    let left = times;
    const open: KitFiles['open'] = async (path, access, options) => {
      if (path.endsWith('/outblob') && left-- > 0)
        await writeFile(files, path.replace(/outblob$/, 'inblob'), new Uint8Array(64).fill(9));
      return files.open(path, access, options);
    };
    return Object.assign(Object.create(files) as KitFiles, { open });
  }

  it('that somebody interfered with is taken again', async () => {
    const { files } = await start('7.0');
    const machine = await liveMachine(settingOf(interfering(files, 2)));
    const inblob = new Uint8Array(64).fill(7);
    expect(tdx.evidence.decode((await machine.report({ inblob })).outblob).reportData).toEqual(inblob);
  });

  it('is EBUSY when that goes on, says so, and leaves no item', async () => {
    const { files } = await start('7.0');
    const machine = await liveMachine(settingOf(interfering(files, Infinity)));
    await expect(machine.report({ inblob: HELLO })).rejects.toThrow(
      /expected generation 1, got 2: another program writes/,
    );
    expect(await files.list(REPORT)).toEqual([]);
  });

  it('of two writers of one item is seen by the loser only', async () => {
    const { files } = await start('7.0');
    const path = `${REPORT}/shared`;
    await files.mkdir(path);
    const mine = new Uint8Array(64).fill(1);
    const other = new Uint8Array(64).fill(2);
    let theirs: Promise<unknown> = Promise.resolve();
    const open: KitFiles['open'] = async (at, access, options) => {
      if (at.endsWith('/outblob')) {
        theirs = reportOf(files, path, { inblob: other });
        await theirs;
      }
      return files.open(at, access, options);
    };
    const slow = Object.assign(Object.create(files) as KitFiles, { open });
    await expect(reportOf(slow, path, { inblob: mine })).rejects.toMatchObject({ code: 'EBUSY' });
    await expect(theirs).resolves.toMatchObject({ generation: 2n });
  });

  it('is tried again while the driver is busy, after a pause', async () => {
    const { files } = await start('7.0');
    const pauses: number[] = [];
    const open: KitFiles['open'] = (path, access, options) => {
      if (path.endsWith('/outblob')) throw new TsmError('EBUSY', 'a quote is in flight');
      return files.open(path, access, options);
    };
    const busy = Object.assign(Object.create(files) as KitFiles, { open });
    const wait = (milliseconds: number): Promise<void> => {
      pauses.push(milliseconds);
      return Promise.resolve();
    };
    const machine = await liveMachine(settingOf(busy, { wait }));
    expect(await code(() => machine.report({ inblob: new Uint8Array(64) }))).toBe('EBUSY');
    expect(pauses).toEqual([250, 500]);
  });

  it('that is empty is EIO: the driver hid that the host refused', async () => {
    const wrap = {
      tdx: (hardware: object) => ({ ...hardware, getQuote: () => ({ status: 1n, quote: HELLO }) }),
    };
    const { machine } = await live('7.0', { provider: 'tdx', wrap: wrap as never });
    await expect(machine.report({ inblob: new Uint8Array(64) })).rejects.toThrow('the host refused it');
  });
});

describe('names of 2023', () => {
  it('are known', async () => {
    const { files, machine } = await live('report-2023', { provider: 'snp' });
    expect(machine.provider).toBe('snp');
    await files.mkdir(`${REPORT}/a`);
    expect(utf8Text(await readFile(files, `${REPORT}/a/provider`))).toBe('sev-snp\n');
  });
});

describe('a tree of plain files', () => {
  const root = mkdtempSync(join(tmpdir(), 'tsm-live-'));
  const put = (path: string, content: Uint8Array | string, mode = 0o644): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content, { mode });
  };
  afterAll(() => {
    rmSync(root, { recursive: true });
  });

  it('gives what is there: registers, the firmware log, the log of IMA', async () => {
    const registers = '/sys/devices/virtual/misc/tdx_guest/measurements';
    put(`${registers}/rtmr1:sha384`, HELLO);
    put(`${registers}/mrowner`, new Uint8Array(48), 0o444);
    put('/sys/firmware/acpi/tables/data/CCEL', 'firmware');
    put('/sys/kernel/security/ima/ascii_runtime_measurements', 'ima');
    const machine = await openLive({ providers, root });
    expect(machine.registers.map(({ name, extensible }) => [name, extensible])).toEqual([
      ['mrowner', false],
      ['rtmr1', true],
    ]);
    expect(await machine.read('rtmr1')).toEqual(HELLO);
    expect(await machine.firmwareLog()).toEqual(utf8Bytes('firmware'));
    expect(await machine.imaLog()).toEqual(utf8Bytes('ima'));
    expect(await code(() => machine.extend('rtmr1', HELLO))).toBe('EPERM');
    expect(await code(() => machine.report({ inblob: HELLO }))).toBe('ENXIO');
  });

  it('that has nothing is no TVM', async () => {
    const empty = join(root, 'empty');
    mkdirSync(empty);
    expect(await code(() => openLive({ providers, root: empty }))).toBe('ENODEV');
  });
});
