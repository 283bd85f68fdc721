/** The requests about devices: verbs, the trace of a run with its lanes, the verdict, captures; in memory, in a folder. */
import { appendFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fromBase64, portableDigests, toBase64, utf8Bytes, utf8Text, type Provider } from '@tsm/core';
import { withDevices } from '@tsm/host';
import { DeviceRecorder } from '@tsm/host/devices';
import { decodeCapture, parseSecrets } from '@tsm/pci-tdisp';
import cca from '@tsm/provider-cca';
import tdx from '@tsm/provider-tdx';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeVectors, readVector, vectors } from '../../../packages/core/test/support/vectors.ts';
import { traceView } from '../src/devices/trace.ts';
import { MemoryStore } from '../src/machines/memory-store.ts';
import { serveMachines } from '../src/machines/serve.ts';
import type { MachineStore } from '../src/machines/store.ts';
import { FolderStore } from '../src/node/folder-store.ts';
import type { DeviceVerb, TraceLane, TraceView } from '../src/protocol/devices.ts';
import type { Params, Requests, Result } from '../src/protocol/requests.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const DEVICE = '0000:01:00.0';
const SLOW = 60_000;
/** A third party's: a machine, and no platform for devices. */
const acme: Provider = { ...tdx, id: 'acme' };
const PROVIDERS = [tdx, cca, acme];

interface Server {
  readonly ask: <M extends keyof Requests>(method: M, params: Params<M>) => Promise<Result<M>>;
  readonly changed: string[];
}

function serve(store: MachineStore): Server {
  const handlers = new Map<string, (params: never) => unknown>();
  const changed: string[] = [];
  const channel = {
    onRequest: (method: string, handler: (params: never) => unknown) => handlers.set(method, handler),
    sendNotification: (_method: string, { machine }: { machine: string }) => changed.push(machine),
  };
  serveMachines(channel, {
    ...{ store, digests: portableDigests, providers: () => Promise.resolve(PROVIDERS), now: () => NOW },
    random: (length) => new Uint8Array(length).fill(7),
    read: (uri) => Promise.reject(new Error(`there is no ${uri}`)),
  });
  return { changed, ask: (method, params) => handlers.get(method)!(params as never) as never };
}

const providerOf = (name: string): Promise<Provider> =>
  Promise.resolve(PROVIDERS.find(({ id }) => id === name) ?? tdx);

let server: Server;
const act = (verb: DeviceVerb, device = DEVICE, id = 'dev') =>
  server.ask('tsm/machine/device/do', { id, device, verb });
const device = async (address = DEVICE, id = 'dev') =>
  (await server.ask('tsm/machine/devices', { id })).devices.find((one) => one.address === address);
const trace = (address = DEVICE) => server.ask('tsm/machine/device/trace', { id: 'dev', device: address });
const lane = ({ lanes }: TraceView, kind: TraceLane['kind']): [string, number | undefined][] =>
  lanes
    .filter((one) => one.kind === kind)
    .flatMap(({ changes }) => changes.map(({ state, step }): [string, number | undefined] => [state, step]));

describe('in memory', { timeout: SLOW }, () => {
  beforeEach(async () => {
    server = serve(new MemoryStore(providerOf));
    await server.ask('tsm/machine/create', { id: 'dev', provider: 'tdx', seed: 'test' });
  });

  test('devices are listed in the words of the platform, each with what can be done to it', async () => {
    const { platform, devices } = await server.ask('tsm/machine/devices', { id: 'dev' });
    expect(platform).toBe('Intel TDX Connect');
    expect(devices.map(({ address, kind, verbs }) => [address, kind, verbs])).toEqual([
      [DEVICE, 'accelerator', ['connect', 'remove']],
      ['0000:01:00.1', 'accelerator (VF)', ['remove']],
      ['0000:02:00.0', 'network', ['connect', 'remove']],
      ['0000:02:00.1', 'network', ['remove']],
    ]);
  });

  test('a third party’s machine has none, and is told so without an error', async () => {
    await server.ask('tsm/machine/create', { id: 'third', provider: 'acme' });
    expect(await server.ask('tsm/machine/devices', { id: 'third' })).toEqual({ platform: null, devices: [] });
    await expect(act('connect', DEVICE, 'third')).rejects.toThrow(/^EOPNOTSUPP: third/);
    const { machines } = await server.ask('tsm/machines', null);
    expect(machines.map(({ hasDevices }) => hasDevices)).toEqual([true, false]);
  });

  test('from connect to RUN and back: states, verbs, and a message after each', async () => {
    const steps: [DeviceVerb, string, number | null, string[]][] = [
      ['connect', 'CONFIG_UNLOCKED', 0, ['disconnect', 'lock']],
      ['lock', 'CONFIG_LOCKED', 0, ['disconnect', 'accept', 'unlock']],
      ['accept', 'RUN', 0, ['disconnect', 'unlock']],
      ['break-link', 'ERROR', 0, ['disconnect', 'unlock']],
      ['disconnect', 'CONFIG_UNLOCKED', null, ['connect']],
    ];
    for (const [verb, state, stream, verbs] of steps) {
      server.changed.length = 0;
      const { devices } = await act(verb);
      const now = devices.find(({ address }) => address === DEVICE)!;
      expect([verb, now.state, now.stream]).toEqual([verb, state, stream]);
      expect(now.verbs.filter((one) => one !== 'remove' && one !== 'break-link')).toEqual(verbs);
      expect(server.changed).toEqual(['dev']);
    }
  });

  test('a refusal is the kernel’s, and leaves everything as it was', async () => {
    await expect(act('accept')).rejects.toThrow(/^EINVAL: 0000:01:00\.0 is not locked/);
    await expect(act('connect', '0000:01:00.1')).rejects.toThrow(/^ENOENT: /);
    await expect(act('connect', '0000:09:00.0')).rejects.toThrow(/^ENODEV: /);
    await act('connect');
    const before = await trace();
    await expect(act('connect')).rejects.toThrow(/^EBUSY: /);
    expect(await trace()).toEqual(before);
    expect((await act('lock')).devices[0]).toMatchObject({ state: 'CONFIG_LOCKED' });
  });

  test('the trace has every message, decrypted, with who did what, and lanes that end in RUN', async () => {
    expect((await trace()).messages).toEqual([]);
    for (const verb of ['connect', 'lock', 'accept'] as const) await act(verb);
    const run = await trace();
    expect([run.agent, run.undecrypted, run.violations]).toEqual(['TDX module', 0, []]);
    expect(run.messages.map(({ packet }) => packet)).toEqual([...run.messages.keys()]);
    const lock = run.messages.find(({ detail }) => detail.startsWith('TDISP LOCK_INTERFACE'))!;
    expect(lock).toMatchObject({ secured: true, from: 'requester', name: 'VENDOR_DEFINED_REQUEST' });
    const message = lock.fields!.children.find(({ name }) => name === 'payload')!.children.at(-1)!;
    expect(message.children.map(({ name }) => name)).toContain('streamId');
    expect(run.messages[0]).toMatchObject({ secured: false, session: null });
    const at = (verb: string): number => run.steps.find((step) => step.verb === verb)!.packet;
    expect(at('connect')).toBe(0);
    expect(lock.packet).toBeGreaterThanOrEqual(at('lock'));
    expect(lock.packet).toBeLessThan(at('accept'));
    expect(lane(run, 'session').map(([state]) => state)).toEqual(['handshake', 'established']);
    expect(lane(run, 'stream').map(([state]) => state)).toEqual(['keys programmed', 'secure']);
    expect(lane(run, 'interface').map(([state]) => state)).toEqual([
      'CONFIG_UNLOCKED',
      'CONFIG_LOCKED',
      'RUN',
    ]);
    const [, locked] = run.lanes.find(({ name }) => name === DEVICE)!.changes;
    expect(run.messages[locked!.packet]?.detail).toMatch(/^TDISP LOCK_INTERFACE/);
  });

  test('a fault that no message tells is in the lanes, with the step that made it', async () => {
    for (const verb of ['connect', 'lock', 'accept', 'break-link', 'disconnect'] as const) await act(verb);
    const run = await trace();
    expect(lane(run, 'interface').slice(-2)).toEqual([
      ['ERROR', 3],
      ['CONFIG_UNLOCKED', undefined],
    ]);
    expect(lane(run, 'stream').slice(-2)).toEqual([
      ['insecure', 3],
      ['gone', 4],
    ]);
    expect(lane(run, 'session').at(-1)).toEqual(['ended', undefined]);
  });

  test('a virtual function shows the run of its device', async () => {
    await act('connect');
    expect(await trace('0000:01:00.1')).toEqual(await trace());
    expect((await trace('0000:02:00.0')).messages).toEqual([]);
  });

  test('a device that is pulled out is gone, and its trace stays', async () => {
    await act('connect');
    const said = (await trace()).messages.length;
    await act('remove');
    expect(await device()).toBeUndefined();
    expect((await trace()).messages.length).toBeGreaterThanOrEqual(said);
  });

  test('the verdict is that of the device’s certificates and measurements, and is no part of the run', async () => {
    await expect(server.ask('tsm/machine/device/verdict', { id: 'dev', device: DEVICE })).rejects.toThrow(
      /^ENXIO/,
    );
    for (const verb of ['connect', 'lock'] as const) await act(verb);
    const before = await trace();
    const { verdict, checks } = await server.ask('tsm/machine/device/verdict', { id: 'dev', device: DEVICE });
    expect(verdict).toBe('pass');
    expect(checks.map(({ id }) => id)).toContain('certificates');
    expect(await trace()).toEqual(before);
  });
});

describe('a capture', { timeout: SLOW }, () => {
  const source = (bytes: Uint8Array) => ({ base64: toBase64(bytes) });
  let capture: Uint8Array;
  let secrets: Uint8Array;

  beforeEach(() => {
    server = serve(new MemoryStore(providerOf));
    const folder = mkdtempSync(path.join(tmpdir(), 'tsm-capture-'));
    const recorder = new DeviceRecorder(DEVICE);
    const made = () => ({ platform: 'cca-da', seed: new Uint8Array(32), now: NOW }) as const;
    withDevices(folder, made, (_, doIt) => doIt('connect', DEVICE), recorder.watching);
    rmSync(folder, { recursive: true });
    capture = recorder.capture;
    secrets = utf8Bytes(JSON.stringify(recorder.secrets));
  });

  test('is decrypted with its secrets, and says how much is not without them', async () => {
    const open = await server.ask('tsm/spdm/decode', { source: source(capture), secrets: source(secrets) });
    expect([open.undecrypted, open.violations, open.problems, open.steps]).toEqual([0, [], [], []]);
    expect(lane(open, 'stream').map(([state]) => state)).toEqual(['keys programmed', 'secure']);
    const closed = await server.ask('tsm/spdm/decode', { source: source(capture) });
    expect(closed.undecrypted).toBeGreaterThan(10);
    expect(closed.messages).toHaveLength(open.messages.length);
    expect(closed.messages.at(-1)).toMatchObject({ name: 'SECURED_MESSAGE', fields: null });
  });

  test('that is damaged anywhere is read as far as it goes, and secrets that are none are refused', async () => {
    for (let size = 0; size < capture.length; size += 211) {
      const cut = await server.ask('tsm/spdm/decode', { source: source(capture.subarray(0, size)) });
      expect(cut.messages.length + cut.problems.length).toBeGreaterThan(0);
    }
    const bad = { source: source(capture), secrets: source(utf8Bytes('{"name":"x"}')) };
    await expect(server.ask('tsm/spdm/decode', bad)).rejects.toThrow(/^EINVAL: .*secrets/);
  });

  test('a rule that was broken is told at its message, with the clause', async () => {
    const run = await server.ask('tsm/spdm/decode', { source: source(capture), secrets: source(secrets) });
    const at = run.messages.find(({ name }) => name === 'CHALLENGE_AUTH')!;
    const bytes = fromBase64(at.base64)!;
    const start = Buffer.from(capture).indexOf(Buffer.from(bytes));
    const broken = capture.slice();
    broken[start + bytes.length - 1]! ^= 1; // of its signature
    const { violations } = await server.ask('tsm/spdm/decode', { source: source(broken) });
    expect(violations[0]).toMatchObject({
      packet: at.packet,
      spec: expect.stringContaining('DSP0274') as string,
    });
  });
});

describe('in a folder', { timeout: SLOW }, () => {
  let state: string;
  let text: string;
  beforeEach(async () => {
    state = mkdtempSync(path.join(tmpdir(), 'tsm-devices-'));
    text = path.join(state, 'machines/dev/devices.ndjson');
    server = serve(new FolderStore(state, providerOf));
    await server.ask('tsm/machine/create', { id: 'dev', provider: 'tdx', seed: 'test' });
  });
  afterEach(() => rmSync(state, { recursive: true }));

  test('looking writes nothing; what is done is there for the next server', async () => {
    await device();
    await trace();
    expect(existsSync(text)).toBe(false);
    await act('connect');
    await act('lock');
    const before = await trace();
    server = serve(new FolderStore(state, providerOf));
    expect(await device()).toMatchObject({ state: 'CONFIG_LOCKED', stream: 0 });
    expect(await trace()).toEqual(before);
  });

  test('what another process does is told, and shown', async () => {
    await act('connect');
    server.changed.length = 0;
    appendFileSync(text, `${JSON.stringify({ op: 'lock', device: DEVICE })}\n`);
    await expect.poll(() => server.changed, { timeout: SLOW / 4 }).toContain('dev');
    expect(await device()).toMatchObject({ state: 'CONFIG_LOCKED' });
    expect((await act('accept')).devices[0]).toMatchObject({ state: 'RUN' });
  });

  test('a text that is corrupt is named with its line', async () => {
    await act('remove', '0000:02:00.0');
    appendFileSync(text, '{"op":"fly","device":"x"}\n');
    await expect(device()).rejects.toThrow(/^journal\.corrupt: .*devices\.ndjson line 3: /);
  });
});

/** Two sessions of the emulator, over its one interface and its one stream. */
const LANES = {
  'session 0xffffffff': ['handshake', 'established', 'ended', 'handshake', 'established', 'ended'],
  'stream 0': ['keys programmed', 'secure', 'insecure', 'keys programmed', 'secure', 'insecure'],
  '0000:be:1d.7': [
    ...['CONFIG_UNLOCKED', 'CONFIG_LOCKED', 'RUN', 'CONFIG_UNLOCKED', 'CONFIG_LOCKED', 'RUN'],
    'CONFIG_UNLOCKED',
  ],
};

const captures = vectors('spdm', ['spdm-pcap']);
describeVectors('lanes of captures of the emulator', 10, captures, ({ file }) => {
  const { secrets } = parseSecrets(utf8Text(readVector(file.replace(/\w+\.pcap$/, 'secrets.json'))));
  const { lanes, messages, undecrypted } = traceView(decodeCapture(readVector(file), { secrets: secrets! }));
  expect([messages.length, undecrypted]).toEqual([184, 0]);
  const states = lanes.map(({ name, changes }) => [name, changes.map(({ state }) => state)] as const);
  expect(Object.fromEntries(states)).toEqual(LANES);
  expect(messages.every(({ fields, detail }) => fields !== null && typeof detail === 'string')).toBe(true);
});
