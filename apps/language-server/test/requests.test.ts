/** The requests beside those of LSP, without a connection: files as what they are, and machines in memory. */
import { fromHex, portableDigests, toHex, utf8Text } from '@tsm/core';
import { encodeAgileLog } from '@tsm/eventlog';
import tdx from '@tsm/provider-tdx';
import { beforeEach, describe, expect, test } from 'vitest';
import { serveDocuments } from '../src/documents/serve.ts';
import { fromBase64, toBase64 } from '../src/machines/base64.ts';
import { MemoryStore } from '../src/machines/memory-store.ts';
import { serveMachines } from '../src/machines/serve.ts';
import type { Params, Requests, Result, Source } from '../src/protocol/requests.ts';
import type { CheckLine } from '../src/protocol/views.ts';
import { Providers } from '../src/providers.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
let changed: string[];
let ask: <M extends keyof Requests>(method: M, params: Params<M>) => Promise<Result<M>>;

beforeEach(() => {
  changed = [];
  const handlers = new Map<string, (params: never) => unknown>();
  const channel = {
    onRequest: (method: string, handler: (params: never) => unknown) => handlers.set(method, handler),
    sendNotification: (_method: string, { machine }: { machine: string }) => changed.push(machine),
  };
  const providers = () => Promise.resolve([tdx]);
  const read = (uri: string) => Promise.reject(new Error(`there is no ${uri}`));
  const common = { digests: portableDigests, providers, now: () => NOW, read };
  serveMachines(channel, {
    ...common,
    store: new MemoryStore(() => Promise.resolve(tdx)),
    random: (length) => new Uint8Array(length),
  });
  serveDocuments(channel, {
    ...common,
    pause: () => Promise.resolve(),
  });
  ask = (method, params) => handlers.get(method)!(params as never) as never;
});

const source = (base64: string, name = 'file'): Source => ({ base64, name });

/** A machine with one event, its firmware's log and its quote. */
async function machine() {
  await ask('tsm/machine/create', { id: 'dev', provider: 'tdx', seed: 'test' });
  await ask('tsm/machine/extend', { id: 'dev', register: 'rtmr3', by: { event: 'example.com/a start 1' } });
  const log = (await ask('tsm/machine/log', { id: 'dev' }))!.base64;
  const quote = (await ask('tsm/machine/report', { id: 'dev', reportData: 'ab' })).base64;
  return { log: source(log, 'log'), quote: source(quote, 'quote') };
}

/** The log with one bit of the digest of an event turned over. */
async function tampered(log: Source, event: number): Promise<Source> {
  const { children } = await ask('tsm/tree', { source: log, event });
  const bytes = fromBase64((log as { base64: string }).base64);
  const at = children.find(({ name }) => name.startsWith('digest sha384'))!.offset;
  bytes[at]! ^= 1;
  return source(toBase64(bytes), 'tampered');
}

describe('machines', () => {
  test('a new one is listed with its registers, and an event shows in value, count and words', async () => {
    await machine();
    const { machines, failures } = await ask('tsm/machines', null);
    expect(failures).toEqual([]);
    const rtmr3 = machines[0]!.registers.find(({ name }) => name === 'rtmr3')!;
    expect(rtmr3).toMatchObject({
      events: 1,
      lastEvent: expect.stringContaining('start') as string,
      size: 48,
    });
    expect(rtmr3.value).not.toBe('00'.repeat(48));
    expect(changed).toContain('dev');
  });

  test('an extend by bytes is one by their digest', async () => {
    await ask('tsm/machine/create', { id: 'dev', provider: 'tdx', seed: 'test' });
    const by = { base64: btoa('hello') };
    const { digest } = await ask('tsm/machine/extend', { id: 'dev', register: 'rtmr3', by });
    expect(digest).toBe(toHex(portableDigests.digest('sha384', new TextEncoder().encode('hello'))));
  });

  test.each([
    ['ENOENT', () => ask('tsm/machine/read', { id: 'nobody' })],
    ['EEXIST', () => ask('tsm/machine/create', { id: 'dev', provider: 'tdx' })],
    ['ENODEV', () => ask('tsm/machine/create', { id: 'other', provider: 'acme' })],
    ['EINVAL', () => ask('tsm/machine/extend', { id: 'dev', register: 'mrtd', by: { base64: '' } })],
    ['EINVAL', () => ask('tsm/machine/extend', { id: 'dev', register: 'rtmr3', by: { digest: 'xy' } })],
    ['EINVAL', () => ask('tsm/machine/report', { id: 'dev', reportData: '00'.repeat(65) })],
    ['ENOENT', () => ask('tsm/machine/tree/read', { machine: 'dev', path: '/sys/nothing' })],
  ])('a refusal begins with %s', async (errno, refused) => {
    await machine();
    await expect(refused()).rejects.toThrow(new RegExp(`^${errno}: `));
  });

  test('the kernel’s tree has the register, and a report that is asked for by files', async () => {
    await machine();
    const path = '/sys/devices/virtual/misc/tdx_guest/measurements/rtmr3:sha384';
    const { registers } = await ask('tsm/machine/read', { id: 'dev' });
    const { base64 } = await ask('tsm/machine/tree/read', { machine: 'dev', path });
    expect(toHex(fromBase64(base64))).toBe(registers.find(({ name }) => name === 'rtmr3')!.value);
    const item = '/sys/kernel/config/tsm/report/mine';
    await ask('tsm/machine/tree/mkdir', { machine: 'dev', path: item });
    const inblob = toBase64(new Uint8Array(64));
    await ask('tsm/machine/tree/write', { machine: 'dev', path: `${item}/inblob`, base64: inblob });
    const names = (await ask('tsm/machine/tree/list', { machine: 'dev', path: item })).entries;
    expect(names.map(({ name }) => name)).toContain('outblob');
    const report = await ask('tsm/machine/tree/read', { machine: 'dev', path: `${item}/outblob` });
    expect((await ask('tsm/decode', { source: source(report.base64) })).kind).toBe('evidence');
    await ask('tsm/machine/tree/rmdir', { machine: 'dev', path: item });
    await expect(ask('tsm/machine/tree/stat', { machine: 'dev', path: item })).rejects.toThrow(/^ENOENT/);
  });
});

describe('documents', () => {
  test('a log is held against the evidence: what differs, from which event on', async () => {
    const { log, quote } = await machine();
    const good = await ask('tsm/decode', { source: log, evidence: quote });
    if (good.kind !== 'log') throw new Error(good.kind);
    for (const one of good.log.registers.filter(({ events }) => events > 0))
      expect(one.value).toBe(one.expected);
    const compared = await ask('tsm/compare', { log: await tampered(log, 18), evidence: quote });
    const differ = compared.registers.filter(({ status }) => status === 'differs');
    expect(differ.map(({ name }) => name)).toEqual(['rtmr1']);
  });

  test('rows: a window, a register, a search; the last value of a register is what the log replays to', async () => {
    const { log } = await machine();
    const all = await ask('tsm/rows', { source: log, from: 0, count: 1000 });
    expect(all.total).toBe(all.rows.length);
    const part = await ask('tsm/rows', { source: log, from: 5, count: 3 });
    expect(part.rows).toEqual(all.rows.slice(5, 8));
    const filter = { register: 'RTMR1' };
    const { rows } = await ask('tsm/rows', { source: log, from: 0, count: 1000, filter });
    expect(rows).toEqual(all.rows.filter(({ register }) => register === 'RTMR1'));
    const decoded = await ask('tsm/decode', { source: log });
    if (decoded.kind !== 'log') throw new Error(decoded.kind);
    expect(rows.at(-1)!.value).toBe(decoded.log.registers.find(({ title }) => title === 'RTMR1')!.value);
    const found = await ask('tsm/rows', { source: log, from: 0, count: 9, filter: { search: 'secureboot' } });
    expect(found.rows.map(({ title }) => title)).toEqual([expect.stringContaining('SecureBoot')]);
  });

  test('a flipped bit is explained', async () => {
    const { log, quote } = await machine();
    const asked = { log: await tampered(log, 18), evidence: quote, register: 'rtmr1' };
    const { found, edits } = await ask('tsm/explain', asked);
    expect({ found, kinds: edits.map(({ kind, event }) => [kind, event]) }).toEqual({
      found: true,
      kinds: [['bit-flip', 18]],
    });
  });

  test('a verdict is given for the date and the roots of choice', async () => {
    const { quote } = await machine();
    const { files, trustAnchors } = (await ask('tsm/machine/collateral', { id: 'dev' }))!;
    const collateral = Object.values(files).map((base64) => source(base64));
    const anchors = trustAnchors.map((base64) => source(base64));
    const good = { source: quote, collateral, trustAnchors: anchors, at: '2026-01-02' };
    expect((await ask('tsm/verify', good)).verdict).toBe('pass');
    expect((await ask('tsm/verify', { ...good, at: '2040-01-01' })).verdict).toBe('fail');
    expect((await ask('tsm/verify', { source: quote, collateral })).verdict).toBe('fail');
    await expect(ask('tsm/verify', { ...good, at: 'soon' })).rejects.toThrow(/^EINVAL: date "soon"/);
  });

  test('a policy and a log are parts of the verdict; each check names its clause, and registers their bytes', async () => {
    const { log, quote } = await machine();
    const { files, trustAnchors } = (await ask('tsm/machine/collateral', { id: 'dev' }))!;
    const good = {
      ...{ source: quote, at: '2026-01-02' },
      collateral: Object.values(files).map((base64) => source(base64)),
      trustAnchors: trustAnchors.map((base64) => source(base64)),
    };
    const alone = await ask('tsm/verify', good);
    expect(alone.notChecked).toEqual(
      expect.arrayContaining([
        { id: 'log', reason: 'none given' },
        { id: 'policy', reason: 'none given' },
      ]),
    );
    const { registers } = await ask('tsm/machine/read', { id: 'dev' });
    const policyOf = (registers: object): Source =>
      source(btoa(JSON.stringify({ version: 1, registers })), 'policy.json');
    const rtmr3 = registers.find(({ name }) => name === 'rtmr3')!.value!;
    const policy = policyOf({ rtmr3: [{ value: rtmr3 }] });
    const both = await ask('tsm/verify', { ...good, policy, log });
    expect(both.notChecked.map(({ id }) => id)).not.toContain('log');
    const leaves = (checks: readonly CheckLine[]): CheckLine[] =>
      checks.flatMap((check) => [check, ...leaves(check.checks)]);
    const all = leaves(both.checks);
    const offset = all.find(({ id }) => id === 'policy.register.rtmr3')!.offset!;
    const bytes = fromBase64((quote as { base64: string }).base64);
    expect(toHex(bytes.subarray(offset, offset + 48))).toBe(rtmr3);
    expect(all.find(({ id }) => id === 'log.rtmr1')).toMatchObject({ status: 'pass', length: 48 });
    // The firmware's log has nothing of what the application extended.
    expect(both.checks.find(({ id }) => id === 'log')).toMatchObject({ status: 'skipped' });
    expect(both.verdict).toBe('inconclusive');
    // Whether all files of collateral were of use is a question of our own.
    const ours = all.filter(({ spec }) => spec === undefined).map(({ id }) => id);
    expect(ours).toEqual(['collateral.files']);
    expect(all.find(({ id }) => id === 'policy')).toMatchObject({
      link: 'https://www.rfc-editor.org/rfc/rfc9334#section-8.5',
    });
    const wrong = policyOf({ rtmr3: [{ value: '00'.repeat(48) }] });
    expect((await ask('tsm/verify', { ...good, policy: wrong })).verdict).toBe('fail');
    const other = await tampered(log, 18);
    expect((await ask('tsm/verify', { ...good, log: other })).verdict).toBe('fail');
    const text = (await ask('tsm/machine/log', { id: 'dev', register: 'rtmr3' }))!.base64;
    const own = { ...good, policy, log: source(text) };
    await expect(ask('tsm/verify', own)).rejects.toThrow(/^EINVAL: a text log does not say which register/);
    expect((await ask('tsm/verify', { ...own, register: 'rtmr3' })).verdict).toBe('pass');
    await expect(ask('tsm/verify', { ...good, policy: source(btoa('{}'), 'p.json') })).rejects.toThrow(
      /^EINVAL: p\.json: .*a policy is JSON/,
    );
  });

  test('text, diff and conversion are of the log', async () => {
    const { log } = await machine();
    const other = await tampered(log, 18);
    expect((await ask('tsm/diff', { logs: [log, log] })).equal).toBe(true);
    expect((await ask('tsm/diff', { logs: [log, other] })).equal).toBe(false);
    const [a, b] = [await ask('tsm/text', { source: log }), await ask('tsm/text', { source: other })];
    expect(a.text.split('\n').filter((line, i) => line !== b.text.split('\n')[i])).toHaveLength(2);
    const converted = await ask('tsm/convert', { log, format: 'cel-json' });
    expect(converted.refused).toBeUndefined();
    expect((await ask('tsm/convert', { log, format: 'tsm-text' })).refused).toMatchObject({
      code: expect.any(String) as string,
    });
  });

  test('what is nothing is said to be nothing, and no truncated file throws', async () => {
    const { log, quote } = await machine();
    expect((await ask('tsm/decode', { source: source(btoa('hello')) })).kind).toBe('unknown');
    await expect(ask('tsm/rows', { source: quote, from: 0, count: 1 })).rejects.toThrow(
      /^EINVAL: quote is no event log/,
    );
    await expect(ask('tsm/verify', { source: log })).rejects.toThrow(/^EINVAL: log is no evidence/);
    for (const { base64 } of [log, quote] as { base64: string }[]) {
      const bytes = fromBase64(base64);
      for (let size = 0; size < 1200; size += 37) {
        const cut = source(toBase64(bytes.subarray(0, size)));
        const decoded = await ask('tsm/decode', { source: cut });
        if (decoded.kind === 'log') await ask('tsm/rows', { source: cut, from: 0, count: 50 });
      }
    }
  });

  test('a hundred thousand events: any window comes at once', async () => {
    const digest = fromHex('ab'.repeat(48))!;
    const data = new Uint8Array(4);
    const events = Array.from({ length: 100_000 }, () => ({
      register: 1,
      type: 13,
      data,
      digests: { sha384: digest },
    }));
    const big = source(toBase64(encodeAgileLog(['sha384'], events, { headerRegister: 1 })));
    const { rows, total } = await ask('tsm/rows', { source: big, from: 99_990, count: 20 });
    expect([total, rows.length]).toEqual([100_001, 11]);
  });
});

describe('providers', () => {
  test('nothing is loaded where the workspace is not trusted; one that fails is named, the others are there', async () => {
    const loaded: string[] = [];
    const load = (module: string): Promise<unknown> => {
      loaded.push(module);
      return module === 'good'
        ? Promise.resolve({ ...tdx, id: 'good' })
        : Promise.reject(new Error('no such luck'));
    };
    const providers = new Providers(load);
    providers.configure({ providers: ['good', 'bad'] });
    await providers.list();
    expect(loaded).toEqual([]);
    providers.configure({ providers: ['good', 'bad'], trusted: true });
    expect((await providers.list()).map(({ id }) => id)).toEqual(['good', 'tdx', 'snp', 'cca', 'cove']);
    expect(await providers.failures()).toEqual(['provider bad: no such luck']);
    expect((await providers.view()).find(({ id }) => id === 'bad')).toMatchObject({
      failure: 'no such luck',
    });
  });
});

test('base64 is what everybody’s base64 is', () => {
  const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i * 7);
  expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
  expect(fromBase64(toBase64(bytes))).toEqual(bytes);
  expect(utf8Text(fromBase64('aGVsbG8='))).toBe('hello');
});
