/** The attestation agent's REST endpoints over a machine: what containers get, and who is refused. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBase64, toHex, utf8Text, type Provider } from '@tsm/core';
import { compare, decodeLog, replay } from '@tsm/eventlog';
import { nodeDigests, serveState, StateDirectory, type Serving } from '@tsm/host';
import cca from '@tsm/provider-cca';
import snp from '@tsm/provider-snp';
import tdx from '@tsm/provider-tdx';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const PROVIDERS: Readonly<Record<string, Provider>> = { tdx, snp, cca };

let path = '';
let state: StateDirectory;
let serving: Serving | undefined;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'tsm-http-'));
  state = new StateDirectory(path, (name) => Promise.resolve(PROVIDERS[name]!), { digests: nodeDigests() });
});
afterEach(async () => {
  await serving?.stop();
  serving = undefined;
  await rm(path, { recursive: true });
});

async function machine(provider: string, id = 'dev', boot = provider === 'tdx'): Promise<void> {
  const launch = { seed: new Uint8Array(32).fill(1), now: new Date('2026-01-01T00:00:00Z'), values: {} };
  await state.create({ op: 'create', version: 1, id, provider, boot, ...launch });
}

async function serve(name?: string): Promise<string> {
  const http = { port: 0, version: '1.2.3', ...(name === undefined ? {} : { machine: name }) };
  serving = await serveState(state, { http });
  return serving.http?.url ?? '';
}

const post = (url: string, body: unknown): Promise<Response> =>
  fetch(`${url}/aa/aael`, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });

const EVENT = {
  domain: 'github.com/confidential-containers',
  operation: 'PullImage',
  content: '{"image":"busybox","digest":"sha256:00 11"}',
};

describe('a TDX machine', () => {
  it('gives a quote over the runtime data, and a log that explains its registers with the agent’s events', async () => {
    await machine('tdx');
    const url = await serve();
    expect((await post(url, EVENT)).status).toBe(200);
    expect((await post(url, { ...EVENT, operation: 'Start', register_index: 8 })).status).toBe(200);
    const response = await fetch(`${url}/aa/evidence?runtime_data=xxxx`);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    const { quote, cc_eventlog } = (await response.json()) as Record<string, string>;
    const evidence = tdx.evidence.decode(fromBase64(quote!)!);
    expect(utf8Text(evidence.reportData.subarray(0, 4))).toBe('xxxx');
    expect(toHex(evidence.reportData.subarray(4))).toBe('00'.repeat(60));
    const log = decodeLog(fromBase64(cc_eventlog!)!);
    expect(log).toMatchObject({ format: 'ccel', issues: [], tail: { kind: 'none' } });
    const rtmrs = evidence.registers.filter(({ name }) => name.startsWith('rtmr'));
    expect(compare(log, rtmrs).registers.map(({ status }) => status)).toEqual(Array(4).fill('match'));
    const last = [...log].slice(-2).map((event) => [event.typeName, event.content()]);
    expect(JSON.stringify(last)).toContain('PullImage');
    // The text log of the register has it as a direct extend.
    const again = await state.machine('dev');
    expect(utf8Text(await again.eventLog('rtmr3'))).toMatch(/^# \.EXTEND [0-9a-f]{96}\n$/);
    expect(toHex(await again.read('rtmr3'))).toBe(toHex(rtmrs[3]!.value));
  });

  it('takes base64 for URLs, and makes a log of its own where there is no firmware log', async () => {
    await machine('tdx', 'dev', false);
    const url = await serve('dev');
    await post(url, EVENT);
    const response = await fetch(`${url}/aa/evidence?runtime_data=-_8&encoding=base64`);
    const { quote, cc_eventlog } = (await response.json()) as Record<string, string>;
    const evidence = tdx.evidence.decode(fromBase64(quote!)!);
    expect(toHex(evidence.reportData)).toMatch(/^fbff0000/);
    const { registers } = replay(decodeLog(fromBase64(cc_eventlog!)!));
    const rtmr3 = evidence.registers.find(({ name }) => name === 'rtmr3');
    expect(registers.at(-1)).toMatchObject({ value: rtmr3?.value, extends: 1 });
  });

  it('says what the server is', async () => {
    await machine('tdx');
    const url = await serve();
    expect(await (await fetch(`${url}/info`)).json()).toEqual({
      ...{ version: '1.2.3', tee: 'tdx', additional_tees: [], feature: 'attestation' },
    });
  });
});

it('other technologies: a CCA token as the agent writes it, an SNP report and no register to extend', async () => {
  await machine('cca', 'realm');
  await machine('snp', 'guest');
  const realm = await serve('realm');
  const { token } = (await (await fetch(`${realm}/aa/evidence?runtime_data=x`)).json()) as {
    token: number[];
  };
  expect(cca.evidence.decode(Uint8Array.from(token)).issues).toEqual([]);
  await serving?.stop();
  const guest = await serve('guest');
  const { outblob, provider } = (await (await fetch(`${guest}/aa/evidence?runtime_data=x`)).json()) as Record<
    string,
    string
  >;
  expect(provider).toBe('sev_guest');
  expect(toHex(snp.evidence.decode(fromBase64(outblob!)!).reportData)).toMatch(/^7800/);
  const refused = await post(guest, EVENT);
  expect(refused.status).toBe(501);
  expect(await refused.text()).toContain('has no register for PCR 17');
});

describe('refusals', () => {
  it('have a status, and a JSON error that says why', async () => {
    await machine('tdx');
    const url = await serve();
    const cases: [string, RequestInit | undefined, number, string][] = [
      ['/aa/token?token_type=kbs', undefined, 501, 'take /aa/evidence'],
      ['/aa/evidence', undefined, 400, 'runtime_data is missing'],
      ['/aa/evidence?runtime_data=x&encoding=hex', undefined, 400, 'expected base64 or none'],
      ['/aa/evidence?runtime_data=%2B&encoding=base64', undefined, 400, 'without padding'],
      [`/aa/evidence?runtime_data=${'x'.repeat(65)}`, undefined, 400, 'at most 64 bytes'],
      ['/aa/evidence?runtime_data=x', { method: 'POST' }, 405, 'takes GET alone'],
      ['/aa/aael', undefined, 405, 'takes POST alone'],
      ['/aa/aael', { method: 'POST', body: '{' }, 400, 'expected JSON'],
      ['/aa/aael', { method: 'POST', body: '{"domain":"a"}' }, 400, 'operation: expected a text'],
      ['/aa/aael', { method: 'POST', body: 'x'.repeat(70_000) }, 400, 'at most 65536 bytes'],
      [
        '/aa/aael',
        { method: 'POST', body: JSON.stringify({ ...EVENT, domain: 'a b' }) },
        400,
        'domain and operation: expected no spaces',
      ],
      [
        '/aa/aael',
        { method: 'POST', body: JSON.stringify({ ...EVENT, register_index: 23 }) },
        501,
        'no register for PCR 23',
      ],
      ['/cdh/resource/a/b/c', undefined, 404, 'there are /aa/evidence'],
      ['/toString', undefined, 404, 'no /toString'],
      ['/info', { headers: { origin: 'https://example.com' } }, 403, 'only programs on this computer'],
    ];
    for (const [route, init, status, text] of cases) {
      const response = await fetch(url + route, init);
      expect([route, response.status]).toEqual([route, status]);
      const { error } = (await response.json()) as { error: { message: string } };
      expect(error.message).toContain(text);
    }
    expect(await (await state.machine('dev')).eventLog('rtmr3')).toHaveLength(0);
  });

  it('meet a page that comes by a name of its own', async () => {
    await machine('tdx');
    const url = await serve();
    const status = await new Promise((resolve) => {
      request(`${url}/info`, { headers: { host: 'evil.example' } }, ({ statusCode }) => {
        resolve(statusCode);
      }).end();
    });
    expect(status).toBe(403);
  });

  it('meet a port that is taken, and the question which machine; no socket is left', async () => {
    await expect(serve()).rejects.toThrow('none yet, make one with: tsm machine new NAME');
    await machine('tdx', 'a');
    await machine('tdx', 'b');
    await expect(serve()).rejects.toThrow('give --machine NAME — there are: a, b');
    const url = await serve('a');
    const http = { port: Number(new URL(url).port), machine: 'a', version: '0' };
    const other = serveState(state, { http, socket: join(path, 'other.sock') });
    await expect(other).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(other).rejects.toThrow('choose another with --http');
    expect((await readdir(path)).sort()).toEqual(['machines', 'serve.sock']);
  });
});
