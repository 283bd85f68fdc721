/** `tsm device serve` as a program of its own: whatever our requester asks of a peer, it asks of it too. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectSpdmPeer } from '@tsm/host';
import { SPDM_VERSIONS, versionText } from '@tsm/pci-tdisp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundle } from '../../../packages/host/test/support/bundle.ts';
import { outputOf } from '../../../packages/host/test/support/mounting.ts';
import { converse } from '../../../packages/host/test/support/spdm-suite.ts';

const MAIN = path.resolve(import.meta.dirname, '../src/main.ts');
const TIMEOUT = { timeout: 60_000 };

let folder = '';
let child: ChildProcess;
let ended: ReturnType<typeof outputOf>;
let port = 0;

/** The port that it says it listens on. */
const listening = (server: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    let said = '';
    server.stdout?.on('data', (part: Buffer) => {
      said += part.toString();
      const found = /127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    server.once('close', () => reject(new Error(`it ended: ${said}`)));
  });

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tsm-device-serve-'));
  await writeFile(path.join(folder, 'package.json'), '{"type":"module","version":"0.0.0-test"}');
  const { main } = await bundle(path.join(folder, 'dist'), { main: MAIN });
  const args = [fileURLToPath(main), 'device', 'serve', '--port', '0'];
  child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  ended = outputOf(child);
  port = await listening(child);
}, 60_000);
afterAll(async () => {
  child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const VERSIONS = SPDM_VERSIONS.filter((version) => version > 0x10);

it.each(VERSIONS.map((version) => [versionText(version), version] as const))(
  'answers from VERSION to RUN and END_SESSION in version %s',
  TIMEOUT,
  async (_, version) => {
    for (const clear of [true, false]) expect(await converse({ port }, version, clear, true)).toBe('done');
  },
);

it('answers the frames of docs/spdm-interop.md as it says', TIMEOUT, async () => {
  const text = await readFile(path.resolve(import.meta.dirname, '../../../docs/spdm-interop.md'), 'utf8');
  const frames = [...text.matchAll(/^([→←]) ((?:[0-9a-f]+ +)+)/gm)].map(([, arrow, hex = '']) => {
    return { arrow, bytes: Buffer.from(hex.replaceAll(' ', ''), 'hex') };
  });
  expect(frames.map(({ arrow }) => arrow).join('')).toBe('→←→←→←');
  const socket = connect({ port, host: '127.0.0.1' });
  const arrived: Buffer[] = [];
  socket.on('data', (part: Buffer) => arrived.push(part));
  const length = (): number => arrived.reduce((sum, part) => sum + part.length, 0);
  for (const { arrow, bytes } of frames) {
    if (arrow === '→') {
      socket.write(bytes);
      continue;
    }
    while (length() < bytes.length) await once(socket, 'data');
    expect(Buffer.concat(arrived.splice(0)).toString('hex')).toBe(bytes.toString('hex'));
  }
  // CONTINUE: it waits for the next requester.
  socket.end(Buffer.from('0000fffd0000000200000000', 'hex'));
  await once(socket, 'close');
});

it('ends when a requester asks it to', TIMEOUT, async () => {
  const peer = await connectSpdmPeer({ port });
  await peer.close('shutdown');
  const { exit, out, err } = await ended;
  expect([exit, err]).toEqual([0, '']);
  expect(out).toMatch(/\d+ requests/);
});
