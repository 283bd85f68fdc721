/** Devices over the server's standard streams, beside another process on the same state directory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { toBase64 } from '@tsm/core';
import { DeviceRecorder, withDevices, type MachineDevices } from '@tsm/host';
import { decodeRun } from '@tsm/pci-tdisp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildServer, startClient, type Client } from './support/client.ts';

const MINUTE = 60_000;
const DEVICE = '0000:01:00.0';
let server: Awaited<ReturnType<typeof buildServer>>;
let state: string;
let client: Client;

beforeAll(async () => {
  server = await buildServer();
  state = mkdtempSync(path.join(tmpdir(), 'tsm-devices-'));
  client = await startClient(server.file, { initializationOptions: { state } });
  await client.request('tsm/machine/create', { id: 'dev', provider: 'snp' });
}, 2 * MINUTE);

afterAll(async () => {
  expect(await client.stop()).toBe(0);
  await server.remove();
  rmSync(state, { recursive: true });
});

test(
  'what the command line does to a device is told, shown, and gone on with',
  { timeout: MINUTE },
  async () => {
    const told: string[] = [];
    client.onMachineChanged((machine) => told.push(machine));
    const id = 'dev';
    const before = await client.request('tsm/machine/devices', { id });
    expect(before.platform).toBe('AMD SEV-TIO');
    const made = () => ({ platform: 'sev-tio', seed: new Uint8Array(32), now: new Date() }) as const;
    withDevices(path.join(state, 'machines', id), made, (_, act) => {
      act('connect', DEVICE);
      act('lock', DEVICE);
    });
    await expect.poll(() => told, { timeout: MINUTE / 4 }).toContain(id);
    const locked = await client.request('tsm/machine/devices', { id });
    expect(locked.devices[0]).toMatchObject({ address: DEVICE, state: 'CONFIG_LOCKED', stream: 0 });
    const { devices } = await client.request('tsm/machine/device/do', { id, device: DEVICE, verb: 'accept' });
    expect(devices[0]).toMatchObject({ state: 'RUN', accepted: true });
    await expect(
      client.request('tsm/machine/device/do', { id, device: DEVICE, verb: 'connect' }),
    ).rejects.toThrow(/^EBUSY: 0000:01:00\.0/);
    const trace = await client.request('tsm/machine/device/trace', { id, device: DEVICE });
    expect([trace.agent, trace.undecrypted, trace.violations]).toEqual(['ASP firmware', 0, []]);
    expect(trace.steps.map(({ verb }) => verb)).toEqual(['connect', 'lock', 'accept']);
    // Another process, on portable cryptography, replays the same file to the same run, byte for byte.
    const recorder = new DeviceRecorder(DEVICE);
    const follow = (all: MachineDevices) => all.stateOf(all.function(DEVICE));
    const again = withDevices(path.join(state, 'machines', id), made, follow, recorder.watching);
    expect(again).toMatchObject({ state: 'RUN', accepted: true });
    const { messages } = decodeRun(recorder.objects, { secrets: recorder.secrets });
    expect(trace.messages.map(({ base64 }) => base64)).toEqual(messages.map(({ bytes }) => toBase64(bytes)));
    const { verdict } = await client.request('tsm/machine/device/verdict', { id, device: DEVICE });
    expect(verdict).toBe('pass');
  },
);
