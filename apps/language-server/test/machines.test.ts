/** Machines of this computer over LSP: those of the state directory that others use too, and the one that the server runs in. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { toHex, utf8Bytes } from '@tsm/core';
import { serveState, StateDirectory } from '@tsm/host';
import tdx from '@tsm/provider-tdx';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectTo } from '../../../packages/host/test/support/client.ts';
import { buildServer, startClient, type Client } from './support/client.ts';
import { digests } from './support/logs.ts';

const MINUTE = 60_000;
/** What is allowed from an extend to the word of it, in milliseconds. */
const SOON = 100;

let server: Awaited<ReturnType<typeof buildServer>>;
let folder: string;

beforeAll(async () => {
  server = await buildServer();
  folder = await mkdtemp(path.join(tmpdir(), 'tsm-lsp-machines-'));
}, 2 * MINUTE);

afterAll(async () => {
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

/** Milliseconds from each action to the next word of a change of the machine: the middle one of ten. */
async function median(
  client: Client,
  machine: string,
  act: (i: number) => Promise<unknown>,
): Promise<number> {
  let heard = (): void => undefined;
  client.onMachineChanged((name) => {
    if (name === machine) heard();
  });
  const times: number[] = [];
  for (let i = 0; i < 10; i++) {
    const next = new Promise<void>((resolve) => (heard = resolve));
    const began = performance.now();
    await act(i);
    await next;
    times.push(performance.now() - began);
    // A second word of the same change is not the word of the next one.
    await new Promise((resolve) => setTimeout(resolve, 2 * SOON));
  }
  return times.sort((a, b) => a - b)[5]!;
}

describe('a state directory', { timeout: MINUTE }, () => {
  let client: Client;
  let state: StateDirectory;
  beforeAll(async () => {
    state = new StateDirectory(path.join(folder, 'state'), () => Promise.resolve(tdx), { digests });
    await state.create({
      ...{ op: 'create', version: 1, id: 'dev', provider: 'tdx', boot: false, values: {} },
      ...{ seed: new Uint8Array(32), now: new Date('2026-01-01') },
    });
    client = await startClient(server.file, { initializationOptions: { state: state.path } });
    const { machines } = await client.request('tsm/machines', null);
    expect(machines.map(({ id, source }) => `${id} ${source}`)).toEqual(['dev simulated']);
  }, MINUTE);
  afterAll(async () => {
    await client.stop();
  });

  const rtmr3 = async () => {
    const { registers } = await client.request('tsm/machine/read', { id: 'dev' });
    return registers.find(({ name }) => name === 'rtmr3');
  };

  test('within 100 ms the editor is told what another process appended', async () => {
    const other = await state.open('dev');
    const time = await median(client, 'dev', (i) =>
      Promise.resolve(other.append('rtmr3', `a b ${String(i)}`)),
    );
    expect(time).toBeLessThan(SOON);
    expect(await rtmr3()).toMatchObject({ events: 10, value: toHex(other.read('rtmr3')) });
  });

  test('and what was extended through the socket of tsm serve', async () => {
    const serving = await serveState(state);
    const socket = await connectTo(serving.socket);
    const time = await median(client, 'dev', (i) => {
      const digest = String(i).padStart(96, '0');
      return socket.request('register/extend', { machine: 'dev', register: 'rtmr3', digest });
    });
    expect(time).toBeLessThan(SOON);
    const value = await socket.request('register/read', { machine: 'dev', register: 'rtmr3' });
    expect(await rtmr3()).toMatchObject({ value });
    socket.close();
    await serving.stop();
  });

  test('no simulated machine has the name of the live one', async () => {
    const created = client.request('tsm/machine/create', { id: 'live', provider: 'tdx' });
    await expect(created).rejects.toThrow(/EINVAL: live is the machine that this program runs in/);
  });
});

describe('the machine that the server runs in', { timeout: MINUTE }, () => {
  const registers = () => path.join(folder, 'root/sys/devices/virtual/misc/tdx_guest/measurements');
  const rtmr3 = () => path.join(registers(), 'rtmr3:sha384');
  const start = async (): Promise<Client> => {
    const liveRoot = path.join(folder, 'root');
    const state = path.join(folder, 'none');
    return startClient(server.file, { initializationOptions: { state, liveRoot } });
  };
  beforeAll(async () => {
    await mkdir(registers(), { recursive: true });
    await writeFile(path.join(registers(), 'mrtd:sha384'), new Uint8Array(48).fill(1), { mode: 0o444 });
    await writeFile(rtmr3(), new Uint8Array(48).fill(3));
  });

  test('is listed with its registers, after the simulated ones', async () => {
    const client = await start();
    await client.request('tsm/machine/create', { id: 'zebra', provider: 'tdx' });
    const { machines, failures } = await client.request('tsm/machines', null);
    expect(failures).toEqual([]);
    expect(machines.map(({ id, source }) => `${id} ${source}`)).toEqual(['zebra simulated', 'live live']);
    expect(machines[1]!.registers.map(({ name, value, extensible }) => [name, value, extensible])).toEqual([
      ['mrtd', '01'.repeat(48), false],
      ['rtmr3', '03'.repeat(48), true],
    ]);
    await expect(client.request('tsm/machine/tree/stat', { machine: 'live', path: '/sys' })).rejects.toThrow(
      /ENOTSUP: live is this computer/,
    );
    await client.stop();
  });

  test('is extended only by who says that the person was asked', async () => {
    const client = await start();
    const wanted = { id: 'live', register: 'rtmr3', by: { digest: 'ab'.repeat(48) } };
    await expect(client.request('tsm/machine/extend', wanted)).rejects.toThrow(
      /EPERM: live is real hardware/,
    );
    expect(toHex(await readFile(rtmr3()))).toBe('03'.repeat(48));
    const changed: string[] = [];
    client.onMachineChanged((machine) => changed.push(machine));
    await client.request('tsm/machine/extend', { ...wanted, confirmed: true });
    // The file stands for the kernel's: it has what was written, and extends nothing.
    expect(toHex(await readFile(rtmr3()))).toBe('ab'.repeat(48));
    expect(changed).toContain('live');
    await client.stop();
  });

  test('is looked at all the time: the kernel tells nobody of an extend', async () => {
    const client = await start();
    await client.request('tsm/machines', null);
    const time = await median(client, 'live', (i) => writeFile(rtmr3(), new Uint8Array(48).fill(64 + i)));
    expect(time).toBeLessThan(SOON);
    await client.stop();
  });

  test('is not mentioned where there is none, and is found when its driver comes', async () => {
    const liveRoot = path.join(folder, 'later');
    await mkdir(liveRoot);
    const client = await startClient(server.file, {
      initializationOptions: { state: path.join(folder, 'none of them'), liveRoot },
    });
    expect(await client.request('tsm/machines', null)).toEqual({ machines: [], failures: [] });
    const place = path.join(liveRoot, 'sys/devices/virtual/misc/tdx_guest/measurements');
    await mkdir(place, { recursive: true });
    await writeFile(path.join(place, 'rtmr0:sha384'), utf8Bytes('0'.repeat(48)));
    const { machines } = await client.request('tsm/machines', null);
    expect(machines.map(({ id }) => id)).toEqual(['live']);
    await client.stop();
  });
});
