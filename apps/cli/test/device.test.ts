/** `tsm device`: from connect to RUN, evidence, faults, the trace, and a device on a socket. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concat, utf8Bytes } from '@tsm/core';
import { connectSpdmPeer } from '@tsm/host';
import {
  driveAsync,
  endSession,
  openPskSession,
  openSession,
  Requester,
  seededBytes,
  portableSpdmCrypto,
  TDI_STATES,
  TDISP_LAYOUTS,
  vendorDefined,
  type Flow,
} from '@tsm/pci-tdisp';
import { identityOf } from '../../../packages/pci-tdisp/test/support/identity.ts';
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

  it('verifies machine and devices as one, bound by the report', TIMEOUT, async () => {
    const good = await device(['verify', 'dev', '--nonce', '0011']);
    expect(good.out).toMatch(/TDX.* dev with 1 device {3}PASS/);
    expect(good.exit).toBe(0);
    expect(tooWide(good.out)).toEqual([]);
    expect(good.out).toContain('✔ devices and machine belong together');
    expect(good.out.replace(/\s+/g, ' ')).toContain('binding.link: that the link is encrypted');
    const { json } = await device(['verify', 'dev', DEVICE, '--nonce', '0011', '--json']);
    const document = json() as unknown as { reportData: string; checks: { id: string; status: string }[] };
    expect(document).toMatchObject({ machine: 'dev', devices: [DEVICE], nonce: '0011', verdict: 'pass' });
    expect(document.checks.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'machine pass',
      `device.${DEVICE} pass`,
      'binding pass',
    ]);
    const other = (await device(['verify', 'dev', '--nonce', '0012', '--json'])).json();
    expect(other['reportData']).not.toBe(document.reportData);
  });

  it('a device that fell out of RUN fails the whole', TIMEOUT, async () => {
    await run(['machine', 'new', 'fell', '--provider', 'snp', '--no-boot', '--state', state]);
    const early = await device(['verify', 'fell', '--json']);
    expect([early.exit, early.json()]).toMatchObject([2, { error: { code: 'ENODEV' } }]);
    const unlocked = await device(['verify', 'fell', DEVICE]);
    expect(unlocked.err).toContain(`tsm device lock fell ${DEVICE}`);
    expect((await device(['verify', 'dev', '--nonce', 'xyz'])).exit).toBe(2);
    for (const verb of ['connect', 'lock', 'accept', 'break-link']) await device([verb, 'fell', DEVICE]);
    const { exit, out } = await device(['verify', 'fell', DEVICE]);
    expect(exit).toBe(4);
    expect(tooWide(out)).toEqual([]);
    expect(out).toMatch(/found +accepted, ERROR/);
  });

  it('a line that is corrupt is named, and one that was cut is none', TIMEOUT, async () => {
    const path = join(state, 'machines', 'arm', 'devices.ndjson');
    expect(existsSync(path)).toBe(false); // looking writes nothing
    expect((await device(['remove', 'arm', '0000:02:00.0'])).exit).toBe(0);
    const content = readFileSync(path, 'utf8');
    writeFileSync(path, `${content}{"op":"conn`);
    expect((await device(['list', 'arm'])).exit).toBe(0);
    writeFileSync(path, `${content}{"op":"accept","device":"${DEVICE}"}\n`);
    const { exit, err } = await device(['list', 'arm']);
    expect(exit).toBe(3);
    expect(err).toContain('devices.ndjson line 3');
    writeFileSync(path, content);
  });
});

/** Serves a device, runs a conversation with it, stops it, and gives what it said. */
async function conversation(
  args: readonly string[],
  files: Files,
  talk: (requester: Requester, drive: <T>(flow: Flow<T>) => Promise<T>) => Promise<void>,
): Promise<Awaited<ReturnType<typeof run>> & { port: number }> {
  const stop = new AbortController();
  const port = 20_000 + ((process.pid + ports++) % 20_000);
  const serving = run(
    ['device', 'serve', '--port', String(port), ...args],
    files,
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
  await talk(requester, (flow) => driveAsync(flow, transport));
  await peer.close();
  stop.abort();
  return { ...(await serving), port };
}
let ports = 0;

describe('device serve', () => {
  it('answers a requester on loopback until it is told to stop', TIMEOUT, async () => {
    const files: Files = new Map();
    const { exit, out, port } = await conversation(
      ['--trust-anchor', 'root.der'],
      files,
      async (requester, drive) => {
        await drive(requester.connect());
        await drive(requester.digests());
        const { certificates } = await drive(requester.certificate());
        expect(certificates[0]?.der).toEqual(files.get('root.der'));
        await drive(requester.challenge());
        const session = await drive(openSession(requester));
        expect(TDISP_LAYOUTS.GET_DEVICE_INTERFACE_STATE.request.size).toBe(16);
        const request = Uint8Array.of(0x10, 0x85, 0, 0, 0xef, 0xbe, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        const answer = await drive(vendorDefined(requester, session, 1, request));
        expect(TDI_STATES[answer[16] ?? 9]).toBe('CONFIG_UNLOCKED');
      },
    );
    expect(exit).toBe(0);
    expect(out).toContain(`127.0.0.1:${String(port)}`);
  });

  it.each(['ecdsa-p256', 'rsassa-3072', 'ed25519'])(
    'has the identity it is given: %s',
    TIMEOUT,
    async (asym) => {
      const { certificates, privateKey } = identityOf(asym);
      const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
      const files: Files = new Map([
        ['chain.der', concat(...certificates)],
        ['leaf.key', utf8Bytes(pem)],
      ]);
      const { exit } = await conversation(
        ['--chain', 'chain.der', '--key', 'leaf.key'],
        files,
        async (requester, drive) => {
          await drive(requester.connect());
          expect(requester.connection.suite?.asym?.name).toBe(asym);
          await drive(requester.digests());
          const chain = await drive(requester.certificate());
          expect(chain.certificates.map(({ der }) => der)).toEqual(certificates);
          await drive(requester.challenge());
        },
      );
      expect(exit).toBe(0);
    },
  );

  it('has the pre-shared keys it is given', TIMEOUT, async () => {
    const psks = ['--psk', 'lab=00ff', '--psk', '0x6c616200=0x0102'];
    const { exit } = await conversation(psks, new Map(), async (requester, drive) => {
      await drive(requester.connect());
      for (const [hint, key] of [
        ['lab', [0, 0xff]],
        ['lab\0', [1, 2]],
      ] as const) {
        const psk = { hint: utf8Bytes(hint), key: Uint8Array.from(key) };
        await drive(endSession(requester, await drive(openPskSession(requester, psk))));
      }
    });
    expect(exit).toBe(0);
    for (const bad of ['lab', '=00', 'lab=0', 'lab=xy'])
      expect((await run(['device', 'serve', '--port', '0', '--psk', bad])).exit).toBe(2);
  });

  it('refuses a key that is not that of the certificates, and half of an identity', async () => {
    const { certificates } = identityOf('ecdsa-p256');
    const { privateKey } = identityOf('ecdsa-p256', 'other');
    const files: Files = new Map([
      ['chain.der', concat(...certificates)],
      ['other.key', new Uint8Array(privateKey.export({ type: 'sec1', format: 'der' }))],
      ['text', utf8Bytes('no key')],
    ]);
    const serve = async (...args: string[]) => {
      const { exit, err } = await run(['device', 'serve', '--port', '0', ...args], files);
      return [exit, err.split('\n')[0]];
    };
    expect(await serve('--chain', 'chain.der', '--key', 'other.key')).toEqual([
      3,
      'error: other.key: the key is not that of the last certificate, the leaf',
    ]);
    expect((await serve('--chain', 'chain.der', '--key', 'text'))[1]).toContain('text: no private key');
    expect((await serve('--chain', 'text', '--key', 'other.key'))[1]).toContain('text: no certificates');
    expect(await serve('--key', 'other.key')).toEqual([
      2,
      'error: --chain and --key: expected both, or none of them',
    ]);
  });

  it('refuses a port or function that is none', async () => {
    expect((await run(['device', 'serve', '--port', 'x'])).exit).toBe(2);
    expect((await run(['device', 'serve', '--port', '70000'])).exit).toBe(2);
    expect((await run(['device', 'serve', '--function', 'xyz'])).exit).toBe(2);
  });
});
