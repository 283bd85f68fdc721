/** The server over its standard streams, as an editor talks to it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { portableDigests, toBase64, utf8Bytes } from '@tsm/core';
import { encodeAgileLog } from '@tsm/eventlog';
import tdx from '@tsm/provider-tdx';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodedUri } from '../src/protocol/commands.ts';
import type { Range } from '../src/protocol/lsp.ts';
import { LogDocument } from '../src/service/log/document.ts';
import { buildServer, startClient, type Client } from './support/client.ts';
import { digests, sampleLog } from './support/logs.ts';

const MINUTE = 60_000;
let server: Awaited<ReturnType<typeof buildServer>>;
let folder: string;

/** A TD whose RTMR3 was extended by each line of a log, and its quote. */
function quoteOf(log: string): Uint8Array {
  const model = tdx.model(
    { seed: new Uint8Array(32), now: new Date('2026-01-01') },
    { digests: portableDigests },
  );
  const document = new LogDocument('file:///x', 1, log, { digests });
  for (let number = 0; number < document.recordCount; number++)
    model.extend('rtmr3', document.record(number)!.digest!);
  return model.report({ inblob: new Uint8Array(64) }).outblob;
}

const LOG = sampleLog(6);
const QUOTE = quoteOf(LOG);
const uriOf = (name: string): string => pathToFileURL(path.join(folder, name)).href;

beforeAll(async () => {
  server = await buildServer();
  folder = await mkdtemp(path.join(tmpdir(), 'tsm-lsp-'));
  await writeFile(path.join(folder, 'rtmr3.tsmlog'), LOG);
  await writeFile(path.join(folder, 'bad.tsmlog'), 'SYNC sha384/12\n');
  await writeFile(path.join(folder, 'quote.dat'), QUOTE);
  await writeFile(path.join(folder, 'broken.mjs'), 'throw new Error("it was built wrong");');
}, 2 * MINUTE);

afterAll(async () => {
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

const bindings = [{ log: 'rtmr3.tsmlog', register: 'rtmr3', evidence: 'quote.dat' }];

describe('a session', { timeout: MINUTE }, () => {
  let client: Client;
  let uri: string;
  const position = { line: 2, character: 3 };
  beforeAll(async () => {
    client = await startClient(server.file, { folder, initializationOptions: { bindings } });
    uri = uriOf('rtmr3.tsmlog');
    await client.open(uri, LOG);
  }, MINUTE);
  afterAll(async () => {
    expect(await client.stop()).toBe(0);
  });

  test('says what it can do', () => {
    expect(Object.keys(client.capabilities)).toEqual(
      expect.arrayContaining(['hoverProvider', 'inlayHintProvider', 'diagnosticProvider', 'renameProvider']),
    );
  });

  const textDocument = () => ({ uri });
  const range = { start: { line: 0, character: 0 }, end: { line: 30, character: 0 } };
  test.each<[string, () => unknown, RegExp]>([
    ['textDocument/inlayHint', () => ({ range }), /⟵ RTMR3 [0-9a-f]{8}…/],
    ['textDocument/hover', () => ({ position }), /example\.org\/app/],
    ['textDocument/codeLens', () => ({}), /Extend into RTMR3.*Verify against quote\.dat.*Value here/s],
    ['textDocument/completion', () => ({ position: { line: 2, character: 0 } }), /example\.org\/app/],
    ['textDocument/signatureHelp', () => ({ position }), /domain operation content/],
    ['textDocument/semanticTokens/full', () => ({}), /"data":\[0,0,4,0,0/],
    ['textDocument/semanticTokens/range', () => ({ range }), /"data":\[0,0,4,0,0/],
    ['textDocument/documentSymbol', () => ({}), /"name":"RTMR3"/],
    ['textDocument/foldingRange', () => ({}), /"startLine":0/],
    ['textDocument/selectionRange', () => ({ positions: [position] }), /"parent"/],
    ['textDocument/definition', () => ({ position }), /"line":0/],
    ['textDocument/references', () => ({ position, context: {} }), /"line":12/],
    ['textDocument/documentHighlight', () => ({ position }), /"line":12/],
    ['textDocument/prepareRename', () => ({ position }), /"character":15/],
    ['textDocument/rename', () => ({ position, newName: 'other.org/app' }), /other\.org\/app/],
    ['textDocument/formatting', () => ({ options: { tabSize: 2, insertSpaces: true } }), /\[\]/],
    ['textDocument/documentLink', () => ({}), /\[\]/],
    ['textDocument/codeAction', () => ({ range, context: { diagnostics: [] } }), /Convert to dialect/],
    ['textDocument/diagnostic', () => ({}), /"kind":"full","items":\[\]/],
  ])('answers %s', async (method, params, answer) => {
    const found: unknown = await client.ask(method, {
      textDocument: textDocument(),
      ...(params() as object),
    });
    expect(JSON.stringify(found)).toMatch(answer);
  });

  test('answers for the workspace: symbols and diagnostics of files that are not open', async () => {
    const symbols = await client.ask('workspace/symbol', { query: 'EXAMPLE' });
    expect(JSON.stringify(symbols)).toContain('example.org/app');
    const { items } = (await client.ask('workspace/diagnostic', { previousResultIds: [] })) as {
      items: { uri: string; items: { code: string }[] }[];
    };
    const bad = items.find((one) => one.uri === uriOf('bad.tsmlog'));
    expect(bad?.items.map(({ code }) => code)).toContain('text.bad-digest');
    expect(items.find((one) => one.uri === uri)?.items).toEqual([]);
  });

  test('a log that goes on past its evidence is marked where it does, and taken back when it is undone', async () => {
    const line = LOG.split('\n').length - 1;
    const place = { line, character: 0 };
    const more = await client.change(uri, 2, [
      { range: { start: place, end: place }, text: 'one more event\n' },
    ]);
    expect(more.diagnostics.map(({ code }) => code)).toEqual(['log.evidence-mismatch']);
    const marked = await client.next(uri);
    expect(marked.diagnostics[0]?.range.start.line).toBe(line);
    expect(marked.diagnostics[0]?.message).toContain('was taken before this line');
    const undone = await client.change(uri, 3, [
      { range: { start: place, end: { line: line + 1, character: 0 } }, text: '' },
    ]);
    expect(undone.diagnostics).toEqual([]);
  });

  test('the event that is missing is found by a search, and inserted', async () => {
    const line = 8;
    const whole = { start: { line, character: 0 }, end: { line: line + 1, character: 0 } };
    const removed = LOG.split('\n')[line]!;
    await client.open(uriOf('other.tsmlog'), `${removed}\n`);
    const { diagnostics } = await client.change(uri, 4, [{ range: whole, text: '' }]);
    const actions: {
      title: string;
      edit: { changes: Record<string, [{ range: Range; newText: string }]> };
    }[] = await client.ask('textDocument/codeAction', {
      ...{ textDocument: { uri }, range: whole, context: { diagnostics, only: ['quickfix'] } },
    });
    const fix = actions.find(({ title }) => title.startsWith('Insert the missing event'));
    expect(fix?.edit.changes[uri]?.[0].newText).toBe(`${removed}\n`);
    const back = await client.change(
      uri,
      5,
      fix!.edit.changes[uri]!.map(({ range, newText: text }) => ({ range, text })),
    );
    expect(back.diagnostics).toEqual([]);
    await client.change(uri, 6, [{ text: LOG }]);
  });

  test('a decoded binary log has hovers, hints and an outline too', async () => {
    const events = [{ register: 1, type: 5, data: utf8Bytes('x'), digests: { sha384: new Uint8Array(48) } }];
    await writeFile(path.join(folder, 'ccel.bin'), encodeAgileLog(['sha384'], events, { headerRegister: 1 }));
    const source = { uri: uriOf('ccel.bin') };
    const { text } = await client.request('tsm/text', { source });
    const shown = decodedUri(source.uri);
    const { diagnostics } = await client.open(shown, text, 'plaintext');
    expect(diagnostics.map(({ code }) => code)).toEqual(['log.digest']);
    const ask = async (method: string, rest: object): Promise<string> =>
      JSON.stringify(await client.ask(method, { textDocument: { uri: shown }, ...rest }));
    expect(await ask('textDocument/hover', { position: { line: 1, character: 0 } })).toContain('RTMR0');
    expect(await ask('textDocument/inlayHint', { range })).toContain('⟵ RTMR0');
    expect(await ask('textDocument/documentSymbol', {})).toContain('1 events');
    expect(await ask('textDocument/codeLens', {})).toBe('[]');
  });

  test('answers the requests beside LSP, with the text of the editor', async () => {
    const decoded = await client.request('tsm/decode', { source: { uri } });
    expect(decoded).toMatchObject({ kind: 'log', log: { format: 'tsm-text', dialect: 'rfc' } });
    const evidence = await client.request('tsm/decode', { source: { base64: toBase64(QUOTE) } });
    expect(evidence).toMatchObject({ kind: 'evidence', evidence: { provider: 'tdx' } });
    const held = { log: { uri }, register: 'rtmr3', evidence: { uri: uriOf('quote.dat') } };
    const { registers } = await client.request('tsm/compare', held);
    expect(registers).toMatchObject([{ name: 'rtmr3', status: 'match' }]);
    const { rows, total } = await client.request('tsm/rows', { source: { uri }, from: 1, count: 2 });
    expect(rows).toHaveLength(2);
    expect(total).toBe(new LogDocument(uri, 1, LOG, { digests }).recordCount);
  });
});

test('a client that asks for diagnostics gets none pushed', { timeout: MINUTE }, async () => {
  const client = await startClient(server.file, {
    folder,
    capabilities: { textDocument: { diagnostic: {} } },
  });
  const uri = uriOf('bad.tsmlog');
  let pushed = 0;
  void client.next(uri).then(() => pushed++);
  await client.notify('textDocument/didOpen', {
    textDocument: { uri, languageId: 'tsm-eventlog', version: 1, text: 'SYNC sha384/12\n' },
  });
  const { items } = (await client.ask('textDocument/diagnostic', { textDocument: { uri } })) as {
    items: { code: string; range: unknown }[];
  };
  expect(items.map(({ code }) => code)).toContain('text.bad-digest');
  expect(items.find(({ code }) => code === 'text.bad-digest')?.range).toEqual({
    start: { line: 0, character: 12 },
    end: { line: 0, character: 14 },
  });
  await client.stop();
  expect(pushed).toBe(0);
});

test('a provider that fails is reported by name and harms nothing else', { timeout: MINUTE }, async () => {
  const providers = [path.join(folder, 'broken.mjs')];
  const client = await startClient(server.file, {
    folder,
    initializationOptions: { providers, trusted: true },
  });
  const { providers: known } = await client.request('tsm/providers', null);
  expect(known.map(({ id }) => id)).toEqual(expect.arrayContaining(['tdx', 'snp', 'cca', 'cove']));
  expect(known.find(({ module }) => module?.endsWith('broken.mjs'))?.failure).toContain('it was built wrong');
  await expect
    .poll(() => client.messages.join(), { timeout: 10_000 })
    .toContain('broken.mjs: it was built wrong');
  const held = await client.request('tsm/decode', { source: { base64: toBase64(utf8Bytes(LOG)) } });
  expect(held.kind).toBe('log');
  await client.stop();
});

test('where the workspace is not trusted, its providers are not loaded', { timeout: MINUTE }, async () => {
  const providers = [path.join(folder, 'broken.mjs')];
  const client = await startClient(server.file, { folder, initializationOptions: { providers } });
  const { providers: known } = await client.request('tsm/providers', null);
  expect(known).toHaveLength(4);
  await client.stop();
});
