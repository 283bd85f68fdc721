/** The server: what each request gives, what subscribers are told, and the socket itself. */
import { once } from 'node:events';
import { existsSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromHex, toHex, utf8Bytes, utf8Text } from '@tsm/core';
import { decodeLog, replay } from '@tsm/eventlog';
import { nodeDigests, serveState, socketOf, StateDirectory, type Serving } from '@tsm/host';
import tdx from '@tsm/provider-tdx';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Given } from '../src/serve/given.ts';
import { connectTo, type Client } from './support/client.ts';

const onUnix = describe.runIf(process.platform !== 'win32');
/** What the issue allows from an extend to the word of it, in milliseconds. */
const SOON = 100;

let path = '';
let serving: Serving;
let client: Client;
const state = (): StateDirectory =>
  new StateDirectory(path, () => Promise.resolve(tdx), { digests: nodeDigests() });
const NEW = { id: 'dev', seed: '01'.repeat(32), now: '2026-01-01T00:00:00Z' };

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'tsm-serve-'));
  serving = await serveState(state());
  client = await connectTo(serving.socket);
});
afterEach(async () => {
  client.close();
  await serving.stop();
  await rm(path, { recursive: true });
});

describe('requests', () => {
  it('say who serves what', async () => {
    expect(await client.request('server/info', {})).toEqual({ protocol: 1, pid: process.pid, state: path });
    expect(await client.request('machine/list', {})).toEqual([]);
  });

  it('launch, read, extend, log and report a machine, which the state directory has', async () => {
    const made = await client.request('machine/new', NEW);
    expect(made).toMatchObject({ id: 'dev', provider: 'tdx', source: 'simulated' });
    const on = { machine: 'dev', register: 'rtmr3' };
    const appended = await client.request('register/append', { ...on, event: 'example.com/app start' });
    expect(appended.logged).toContain('example.com/app start\n');
    const value = await client.request('register/extend', { ...on, digest: '11'.repeat(48) });
    expect(await client.request('register/read', on)).toBe(value);
    expect(await client.request('register/eventLog', on)).toMatch(/app start\n\n# \.EXTEND 1111/);
    expect(toHex((await state().open('dev')).read('rtmr3'))).toBe(value);
    const got = await client.request('machine/get', { machine: 'dev' });
    expect(got.registers.find(({ name }) => name === 'rtmr3')).toMatchObject({
      ...{ value, role: 'application', kind: 'runtime', algorithm: 'sha384', extensible: true },
      lastEvent: `# .EXTEND ${'11'.repeat(48)}`,
    });
    const report = await client.request('machine/report', { machine: 'dev', inblob: 'c0ffee' });
    const quote = tdx.evidence.decode(fromHex(report.outblob)!);
    expect(toHex(quote.reportData)).toBe(`c0ffee${'00'.repeat(61)}`);
    expect(toHex(quote.registers.find(({ name }) => name === 'rtmr3')!.value)).toBe(value);
    const log = decodeLog(fromHex((await client.request('machine/firmwareLog', { machine: 'dev' }))!)!);
    expect(log).toMatchObject({ format: 'ccel', issues: [] });
    const snapshot = await client.request('machine/snapshot', { machine: 'dev' });
    expect(snapshot.eventLogs).toEqual({ rtmr3: await client.request('register/eventLog', on) });
    expect(snapshot.registers).toEqual(got.registers);
    const collateral = await client.request('machine/collateral', { machine: 'dev' });
    expect(collateral?.trustAnchors).toHaveLength(1);
    expect(await client.request('machine/list', {})).toEqual([
      { id: 'dev', provider: 'tdx', source: 'simulated' },
    ]);
  });

  it('reach the files of the guest, in any revision', async () => {
    await client.request('machine/new', { ...NEW, boot: false });
    const report = '/sys/kernel/config/tsm/report';
    const at = (rest: string): { machine: string; path: string } => ({ machine: 'dev', path: report + rest });
    await client.request('tree/mkdir', at('/r0'));
    expect(await client.request('tree/write', { ...at('/r0/inblob'), bytes: 'ab'.repeat(64) })).toBe(64);
    const names = (await client.request('tree/list', at('/r0'))).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['generation', 'inblob', 'outblob', 'provider']));
    expect(fromHex(await client.request('tree/read', at('/r0/generation')))).toEqual(utf8Bytes('1\n'));
    const outblob = fromHex(await client.request('tree/read', at('/r0/outblob')))!;
    expect(toHex(tdx.evidence.decode(outblob).reportData)).toBe('ab'.repeat(64));
    expect(await client.request('tree/stat', at('/r0/inblob'))).toMatchObject({ kind: 'file', mode: 0o200 });
    await expect(client.request('tree/read', at('/r0/inblob'))).rejects.toMatchObject({
      data: { code: 'EACCES' },
    });
    const old = { ...at(''), profile: '6.7' };
    expect(await client.request('tree/list', old)).toEqual([]);
    await client.request('tree/rmdir', at('/r0'));
    await expect(client.request('tree/stat', at('/r0'))).rejects.toMatchObject({ data: { code: 'ENOENT' } });
    const rtmr = '/sys/devices/virtual/misc/tdx_guest/measurements/rtmr2:sha384';
    await client.request('tree/write', { machine: 'dev', path: rtmr, bytes: '22'.repeat(48) });
    expect(await client.request('register/eventLog', { machine: 'dev', register: 'rtmr2' })).toBe(
      `# .EXTEND ${'22'.repeat(48)}\n`,
    );
  });

  it.each(['unified', 'mr-rfc-2024'])(
    'show the same text logs in the tree of %s as everywhere',
    async (profile) => {
      await client.request('machine/new', { ...NEW, boot: false });
      const at = (name: string): { machine: string; profile: string; path: string } => ({
        ...{ machine: 'dev', profile, path: `/sys/kernel/tsm/tdx_guest/rtmr3/${name}` },
      });
      const other = await state().open('dev');
      other.append('rtmr3', 'from another process');
      await client.request('tree/write', { ...at('append_event'), bytes: toHex(utf8Bytes('from the tree')) });
      await client.request('tree/write', { ...at('digest'), bytes: '33'.repeat(48) });
      other.append('rtmr3', 'at last');
      const text = utf8Text(other.eventLog('rtmr3'));
      expect(text).toMatch(/from another process\n[^]*from the tree\n[^]*# \.EXTEND 3333[^]*at last\n$/);
      expect(utf8Text(fromHex(await client.request('tree/read', at('event_log')))!)).toBe(text);
      expect(replay(decodeLog(other.eventLog('rtmr3'))).registers[0]?.value).toEqual(other.read('rtmr3'));
      if (profile !== 'unified') return;
      const global = fromHex(
        await client.request('tree/read', { ...at(''), path: '/sys/kernel/tsm/event_log' }),
      )!;
      const lines = text.split('\n').filter((line) => line !== '');
      expect(utf8Text(global)).toBe(lines.map((line) => `tdx_guest/rtmr3 ${line}\n`).join(''));
    },
  );

  it('that are refused say why, and leave the connection and the machine as they were', async () => {
    await client.request('machine/new', { ...NEW, boot: false });
    const refused: [string, unknown, string, string][] = [
      ['machine/get', { machine: 'none' }, 'ENOENT', 'no machine "none" — there are: dev'],
      ['machine/get', {}, 'EINVAL', 'machine: expected a text, got nothing'],
      ['machine/new', NEW, 'EEXIST', 'machine dev exists'],
      ['machine/new', { id: 'x', seed: 'xyz' }, 'EINVAL', 'seed: expected hex, got "xyz"'],
      ['machine/new', { id: 'x', now: 'soon' }, 'EINVAL', 'now: expected a date'],
      ['machine/new', { id: 'x', boot: 'no' }, 'EINVAL', 'boot: expected true or false'],
      ['machine/new', { id: 'x', values: 7 }, 'EINVAL', 'values: expected an object of hex'],
      ['machine/report', { machine: 'dev', inblob: '00'.repeat(65) }, 'EFBIG', 'at most 64 bytes'],
      ['machine/report', { machine: 'dev', inblob: '', privlevel: 'x' }, 'EINVAL', 'a whole number'],
      ['register/extend', { machine: 'dev', register: 'mrtd', digest: '00' }, 'EINVAL', 'static'],
      ['register/read', { machine: 'dev', register: 'rtmr9' }, 'EINVAL', 'this machine has mrtd'],
      ['tree/list', { machine: 'dev', path: 'sys' }, 'EINVAL', 'expected an absolute one'],
      ['tree/list', { machine: 'dev', path: '/', profile: '1.0' }, 'EINVAL', 'expected one of'],
      ['tree/list', { machine: 'dev', path: '/nowhere' }, 'ENOENT', 'no nowhere'],
      ['subscribe', { machine: 'none' }, 'ENOENT', 'there are: dev'],
    ];
    for (const [method, params, code, text] of refused) {
      const failure = client.raw(method, params);
      await expect(failure, method).rejects.toMatchObject({ data: { code } });
      await expect(failure, method).rejects.toThrow(text);
    }
    await expect(client.raw('no/such', {})).rejects.toMatchObject({ code: -32601 });
    expect(await client.request('machine/list', {})).toHaveLength(1);
    expect(new Given({ a: null }).hexes('b')).toEqual({});
  });
});

describe('notifications', () => {
  it('tell within 100 ms what another process did', async () => {
    await client.request('machine/new', { ...NEW, boot: false });
    const told: unknown[] = [];
    let heard = (): void => undefined;
    client.on('machine/changed', (params) => {
      told.push(params);
      if (params.kind === 'logged') heard();
    });
    await client.request('subscribe', { machine: 'dev' });
    const other = await state().open('dev');
    const times: number[] = [];
    for (let i = 0; i < 10; i++) {
      const next = new Promise<void>((resolve) => (heard = resolve));
      const begun = performance.now();
      other.append('rtmr3', `event ${i}`);
      await next;
      times.push(performance.now() - begun);
    }
    expect(told).toHaveLength(20);
    expect(told.at(-2)).toMatchObject({
      kind: 'extended',
      register: 'rtmr3',
      value: toHex(other.read('rtmr3')),
    });
    expect(told.at(-1)).toEqual({ machine: 'dev', kind: 'logged', register: 'rtmr3', text: '\nevent 9\n' });
    // Half of them, so that one pause of a busy computer does not count.
    expect(times.sort((a, b) => a - b)[5]).toBeLessThan(SOON);
    await client.request('unsubscribe', { machine: 'dev' });
    other.append('rtmr3', 'unheard');
    await sleep(2 * SOON);
    expect(told).toHaveLength(20);
  });

  it('tell of machines that come and go, of all machines, and of one that failed', async () => {
    const heard: string[] = [];
    for (const name of ['machines/changed', 'machine/changed', 'machine/failed'] as const)
      client.on(name, (params) => heard.push(`${name} ${'machine' in params ? params.machine : ''}`.trim()));
    const until = async (text: string): Promise<void> => {
      while (!heard.includes(text)) await sleep(5);
    };
    await client.request('subscribe', {});
    const create = (id: string) => ({
      ...({ op: 'create', version: 1, id, provider: 'tdx', boot: false } as const),
    });
    const launch = { seed: new Uint8Array(32), now: new Date(0), values: {} };
    const machine = await state().create({ ...create('late'), ...launch });
    await until('machines/changed');
    await machine.append('rtmr3', 'x');
    await until('machine/changed late');
    await appendFile(state().journalOf('late'), 'nonsense\n');
    await until('machine/failed late');
    const [broken] = await client.request('machine/list', {});
    expect(broken?.error?.message).toContain('tsm machine salvage late');
    await state().salvage('late');
    const { registers } = await client.request('machine/get', { machine: 'late' });
    expect(registers.find(({ name }) => name === 'rtmr3')?.value).toBe(
      toHex(await (await state().machine('late')).read('rtmr3')),
    );
    await rm(join(path, 'machines', 'late'), { recursive: true });
    await expect(client.request('machine/get', { machine: 'late' })).rejects.toThrow('no machine "late"');
  });

  it('stop with the client that asked for them', async () => {
    await client.request('machine/new', { ...NEW, boot: false });
    const other = await connectTo(serving.socket);
    await other.request('subscribe', {});
    other.close();
    await client.request('register/append', { machine: 'dev', register: 'rtmr3', event: 'x' });
    expect(await client.request('machine/list', {})).toHaveLength(1);
  });
});

onUnix('the socket', () => {
  it('is for its owner only, and gone after the end', async () => {
    expect(serving.socket).toBe(socketOf(path));
    expect(statSync(serving.socket).mode & 0o777).toBe(0o600);
    await serving.stop();
    await client.closed;
    expect(readdirSync(path)).toEqual([]);
  });

  it('is refused where a server answers, which keeps it', async () => {
    await expect(serveState(state())).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: expect.stringContaining('a server answers at') as string,
    });
    expect(await client.request('machine/list', {})).toEqual([]);
    expect(readdirSync(path)).toEqual(['serve.sock']);
  });

  it('takes the place of one that a dead server left, and of nothing else', async () => {
    const left = join(path, 'left.sock');
    const dead = createServer();
    await new Promise<void>((resolve) => dead.listen(left, resolve));
    // A server that is killed leaves its file: closing would take it away.
    renameSync(left, `${left}.kept`);
    await new Promise((resolve) => dead.close(resolve));
    renameSync(`${left}.kept`, left);
    const again = await serveState(state(), { socket: left });
    const second = await connectTo(left);
    expect(await second.request('machine/list', {})).toEqual([]);
    second.close();
    await again.stop();
    expect(existsSync(left)).toBe(false);
    const file = join(path, 'file');
    writeFileSync(file, 'keep me');
    await expect(serveState(state(), { socket: file })).rejects.toThrow('is no socket');
    await expect(serveState(state(), { socket: join(path, 'x'.repeat(120)) })).rejects.toThrow('too long');
    await expect(serveState(state(), { socket: join(file, 'sock') })).rejects.toThrow(/no directory|EEXIST/);
    expect(readdirSync(path).sort()).toEqual(['file', 'serve.sock']);
  });

  it('outlives clients that send nonsense, or leave in the middle', async () => {
    for (const bytes of [
      'nonsense\r\n\r\n',
      'Content-Length: 5\r\n\r\n{"a":',
      'Content-Length: 3\r\n\r\n[1]',
      '\0\xff',
    ]) {
      const socket = connect(serving.socket);
      await once(socket, 'connect');
      socket.on('error', () => undefined);
      socket.write(bytes, 'latin1');
      await sleep(20);
      socket.destroy();
    }
    expect(await client.request('machine/list', {})).toEqual([]);
  });

  it('has a short name where the state directory has a long one', () => {
    expect(socketOf(`/${'x'.repeat(200)}`).length).toBeLessThan(100);
    expect(socketOf(`/${'x'.repeat(200)}`)).not.toBe(socketOf(`/${'y'.repeat(200)}`));
  });
});
