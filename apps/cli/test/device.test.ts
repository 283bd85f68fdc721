/** `tsm device`: from connect to RUN, evidence, faults, the trace, and a device on a socket. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectSpdmPeer } from '@tsm/host';
import {
  driveAsync,
  openSession,
  Requester,
  seededBytes,
  portableSpdmCrypto,
  TDI_STATES,
  TDISP_LAYOUTS,
  vendorDefined,
} from '@tsm/pci-tdisp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, tooWide, type Files } from './support/run.ts';

const DEVICE = '0000:01:00.0';
const TIMEOUT = { timeout: 60_000 };

let state = '';
beforeAll(async () => {
  state = mkdtempSync(join(tmpdir(), 'tsm-device-'));
  for (const [name, provider] of [
    ['dev', 'tdx'],
    ['arm', 'cca'],
  ] as const)
    await run(['machine', 'new', name, '--provider', provider, '--no-boot', '--state', state]);
}, 60_000);
afterAll(() => rmSync(state, { recursive: true }));

const device = (args: readonly string[], files?: Files) => run(['device', ...args, '--state', state], files);

describe('device', () => {
  it('lists what is there, in the words of the platform', TIMEOUT, async () => {
    const { exit, out } = await device(['list', 'dev']);
    expect(exit).toBe(0);
    expect(tooWide(out)).toEqual([]);
    expect(out).toContain('Intel TDX Connect');
    expect(out).toMatch(/0000:01:00\.1\s+accelerator \(VF\)/);
    const { json } = await device(['list', 'arm', '--json']);
    expect(json()).toMatchObject({ machine: 'arm', platform: 'cca-da' });
  });

  it('goes from connect to RUN, keeps it, and takes it back', TIMEOUT, async () => {
    const stateAfter = async (...args: string[]): Promise<unknown> => {
      const { exit, json } = await device([...args, '--json']);
      return exit === 0 ? (json()['device'] as unknown as { state: string } | null)?.state : json()['error'];
    };
    expect(await stateAfter('lock', 'dev', DEVICE)).toMatchObject({ code: 'EINVAL' });
    expect(await stateAfter('connect', 'dev', '0000:01:00.1')).toMatchObject({ code: 'ENOENT' });
    expect(await stateAfter('connect', 'dev', '0000:09:00.0')).toMatchObject({ code: 'ENODEV' });
    expect(await stateAfter('connect', 'dev', DEVICE)).toBe('CONFIG_UNLOCKED');
    expect(await stateAfter('connect', 'dev', DEVICE)).toMatchObject({ code: 'EBUSY' });
    expect(await stateAfter('accept', 'dev', DEVICE)).toMatchObject({ code: 'EINVAL' });
    expect(await stateAfter('lock', 'dev', DEVICE)).toBe('CONFIG_LOCKED');
    expect(await stateAfter('accept', 'dev', DEVICE)).toBe('RUN');
    expect(await stateAfter('break-link', 'dev', DEVICE)).toBe('ERROR');
    expect(await stateAfter('disconnect', 'dev', DEVICE)).toBe('CONFIG_UNLOCKED');
    expect(await stateAfter('connect', 'dev', DEVICE)).toBe('CONFIG_UNLOCKED');
    expect(await stateAfter('lock', 'dev', DEVICE)).toBe('CONFIG_LOCKED');
    expect(await stateAfter('accept', 'dev', DEVICE)).toBe('RUN');
    expect(await stateAfter('remove', 'dev', '0000:02:00.0')).toBeUndefined();
    const { out } = await device(['list', 'dev']);
    expect(tooWide(out)).toEqual([]);
    expect(out).toMatch(/0000:01:00\.0\s+accelerator\s+tsm0\s+0\s+accepted\s+RUN/);
    expect(out).not.toContain('0000:02:00.0');
  });

  it('shows the report and the measurements, verified', TIMEOUT, async () => {
    const files: Files = new Map();
    const report = await device(['report', 'dev', DEVICE, '--out', 'report.bin'], files);
    expect(report.exit).toBe(0);
    expect(report.out).toContain('NO_FW_UPDATE');
    expect(files.get('report.bin')?.length).toBeGreaterThan(60);
    const measured = await device(['measurements', 'dev', DEVICE, '--out', 'evidence'], files);
    expect(measured.exit).toBe(0);
    expect(tooWide(measured.out)).toEqual([]);
    expect(measured.out).toMatch(/2 {2}firmware +[0-9a-f]+…[0-9a-f]+/);
    expect([...files.keys()]).toEqual(
      expect.arrayContaining(['evidence/cert0', 'evidence/measurements', 'evidence/trust-anchor']),
    );
    const early = await device(['report', 'arm', DEVICE]);
    expect(early.exit).toBe(2);
    expect(early.err).toContain('tsm device lock arm');
  });

  it(
    'writes a trace that the decoder reads, with nothing undecrypted and no rule broken',
    TIMEOUT,
    async () => {
      const files: Files = new Map();
      const trace = await device(
        ['trace', 'dev', DEVICE, '--out', 'run.pcap', '--secrets', 'run.json'],
        files,
      );
      expect(trace.exit).toBe(0);
      expect(tooWide(trace.out)).toEqual([]);
      for (const name of ['GET_VERSION', 'IDE_KM KEY_PROG', 'TDISP LOCK_INTERFACE', 'TDISP START_INTERFACE'])
        expect(trace.out).toContain(name);
      const { json } = await run(['spdm', 'decode', 'run.pcap', '--secrets', 'run.json', '--json'], files);
      expect(json()).toMatchObject({ undecrypted: 0, violations: [] });
    },
  );

  it('a line that is corrupt is named, and one that was cut is none', TIMEOUT, async () => {
    const path = join(state, 'machines', 'arm', 'devices.ndjson');
    const content = readFileSync(path, 'utf8');
    writeFileSync(path, `${content}{"op":"conn`);
    expect((await device(['list', 'arm'])).exit).toBe(0);
    writeFileSync(path, `${content}{"op":"accept","device":"${DEVICE}"}\n`);
    const { exit, err } = await device(['list', 'arm']);
    expect(exit).toBe(3);
    expect(err).toContain('devices.ndjson line 2');
    writeFileSync(path, content);
  });
});

describe('device serve', () => {
  it('answers a requester on loopback until it is told to stop', TIMEOUT, async () => {
    const stop = new AbortController();
    const port = 20_000 + (process.pid % 20_000);
    const serving = run(
      ['device', 'serve', '--port', String(port)],
      undefined,
      {},
      undefined,
      false,
      stop.signal,
    );
    let peer: Awaited<ReturnType<typeof connectSpdmPeer>> | undefined;
    for (let tries = 0; !peer && tries < 100; tries++)
      peer = await connectSpdmPeer({ port }).catch(async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        return undefined;
      });
    if (!peer) throw new Error('nobody listens');
    const { transport } = peer;
    const requester = new Requester({ random: seededBytes(portableSpdmCrypto, new Uint8Array(1), 'test') });
    await driveAsync(requester.connect(), transport);
    await driveAsync(requester.digests(), transport);
    await driveAsync(requester.certificate(), transport);
    await driveAsync(requester.challenge(), transport);
    const session = await driveAsync(openSession(requester), transport);
    expect(TDISP_LAYOUTS.GET_DEVICE_INTERFACE_STATE.request.size).toBe(16);
    const request = Uint8Array.of(0x10, 0x85, 0, 0, 0xef, 0xbe, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    const answer = await driveAsync(vendorDefined(requester, session, 1, request), transport);
    expect(TDI_STATES[answer[16] ?? 9]).toBe('CONFIG_UNLOCKED');
    await peer.close();
    stop.abort();
    const { exit, out } = await serving;
    expect(exit).toBe(0);
    expect(out).toContain(`127.0.0.1:${String(port)}`);
  });

  it('refuses a port or function that is none', async () => {
    expect((await run(['device', 'serve', '--port', 'x'])).exit).toBe(2);
    expect((await run(['device', 'serve', '--port', '70000'])).exit).toBe(2);
    expect((await run(['device', 'serve', '--function', 'xyz'])).exit).toBe(2);
  });
});
