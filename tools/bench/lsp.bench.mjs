// @ts-check
/**
 * The language server over LSP, with a text log of 100,000 lines: time to the first diagnostics, and from an edit at the end
 * and at the top to the diagnostics after it, as a client sees them; heap and external memory over an empty document.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from '../lib/run.mjs';

const LINES = 100_000;
const EDITS = 30;
const SERVER = path.join(ROOT, 'apps/language-server/dist/main-node.js');
const URI = 'file:///bench/rtmr3.tsmlog';
const ZERO = '0'.repeat(96);

/** Answers on its own channel: processor time in milliseconds, and memory in use after the garbage is gone. */
const PROBE = `
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    globalThis.gc();
    const { heapUsed, external } = process.memoryUsage();
    process.send({ cpu: (user + system) / 1000, memory: heapUsed + external });
  });
  process.channel.unref();`;

const line = (/** @type {number} */ i) =>
  `example.org/agent pull registry.example.org/team/image-${i}:v1 ${(i * 2654435761) % 4294967296}`;
const text = `SYNC sha384/${ZERO}\n${Array.from({ length: LINES - 1 }, (_, i) => line(i)).join('\n')}\n`;

/**
 * The base protocol of LSP: a header with the length, then JSON.
 * @param {import('node:stream').Readable} from
 * @param {import('node:stream').Writable} to
 * @param {(version: number) => void} onDiagnostics
 */
function connect(from, to, onDiagnostics) {
  /** @type {Map<number, (result: unknown) => void>} */
  const answers = new Map();
  let [id, rest] = [0, Buffer.alloc(0)];
  from.on('data', (/** @type {Buffer} */ part) => {
    rest = Buffer.concat([rest, part]);
    for (;;) {
      const head = rest.indexOf('\r\n\r\n');
      const size = Number(/Content-Length: (\d+)/i.exec(rest.toString('latin1', 0, Math.max(0, head)))?.[1]);
      if (head < 0 || rest.length < head + 4 + size) return;
      const message = JSON.parse(rest.toString('utf8', head + 4, head + 4 + size));
      rest = rest.subarray(head + 4 + size);
      if (message.method === 'textDocument/publishDiagnostics') onDiagnostics(message.params.version);
      answers.get(message.id)?.(message.result);
    }
  });
  const send = (/** @type {object} */ message) => {
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
    to.write(`Content-Length: ${body.length}\r\n\r\n`);
    to.write(body);
  };
  return {
    notify: (/** @type {string} */ method, /** @type {unknown} */ params) => send({ method, params }),
    ask: (/** @type {string} */ method, /** @type {unknown} */ params) =>
      new Promise((resolve) => {
        answers.set(++id, resolve);
        send({ id, method, params });
      }),
  };
}

/** @param {string} folder */
async function start(folder) {
  const probe = path.join(folder, 'probe.mjs');
  await writeFile(probe, PROBE);
  const child = spawn(process.execPath, ['--expose-gc', '--import', probe, SERVER, '--stdio'], {
    stdio: ['pipe', 'pipe', 'inherit', 'ipc'],
  });
  const { stdout, stdin } = child;
  if (!stdout || !stdin) throw new Error('the server has no streams');
  /** @type {((version: number) => void)[]} */
  const waiting = [];
  const connection = connect(stdout, stdin, (version) => {
    for (const resolve of waiting.splice(0)) resolve(version);
  });
  await connection.ask('initialize', {
    ...{ processId: process.pid, rootUri: null, capabilities: {}, initializationOptions: {} },
  });
  connection.notify('initialized', {});

  /** Milliseconds from a notification to the diagnostics of this version. */
  const timed = async (
    /** @type {string} */ method,
    /** @type {object} */ params,
    /** @type {number} */ version,
  ) => {
    const began = performance.now();
    /** @type {Promise<number>} */
    let shown = new Promise((resolve) => waiting.push(resolve));
    connection.notify(method, params);
    while ((await shown) !== version) shown = new Promise((resolve) => waiting.push(resolve));
    return performance.now() - began;
  };
  return {
    /** @param {string} uri @param {string} content */
    open: (uri, content) =>
      timed(
        'textDocument/didOpen',
        { textDocument: { uri, languageId: 'tsm-eventlog', version: 1, text: content } },
        1,
      ),
    /** @param {number} version @param {number} at line @param {string} [insert] */
    edit: (version, at, insert = 'x') => {
      const place = { line: at, character: 0 };
      const contentChanges = [{ range: { start: place, end: place }, text: insert }];
      return timed(
        'textDocument/didChange',
        { textDocument: { uri: URI, version }, contentChanges },
        version,
      );
    },
    /** @returns {Promise<{ cpu: number, memory: number }>} */
    usage: () =>
      new Promise((resolve) => {
        child.once('message', (usage) => resolve(/** @type {any} */ (usage)));
        child.send('usage');
      }),
    stop: async () => {
      await connection.ask('shutdown', null);
      connection.notify('exit', null);
    },
  };
}

/** @param {number[]} times */
const median = (times) => times.toSorted((a, b) => a - b)[times.length >> 1] ?? NaN;

const folder = await mkdtemp(path.join(tmpdir(), 'tsm-lsp-bench-'));
try {
  await readFile(SERVER);
  const server = await start(folder);
  await server.open('file:///bench/empty.tsmlog', '');
  const empty = await server.usage();
  const first = await server.open(URI, text);
  const opened = await server.usage();
  let version = 1;
  /** Edits at one place: the median for the client, and the server's mean. @param {number} at */
  const edits = async (at) => {
    const { cpu } = await server.usage();
    const times = [];
    for (let i = 0; i < EDITS; i++) times.push(await server.edit(++version, at));
    const spent = ((await server.usage()).cpu - cpu) / EDITS;
    return { time: median(times), spent };
  };
  const end = await edits(LINES - 1);
  const top = await edits(1);
  // What the log states at its end has to be compared after each edit: the chain runs through all of it.
  await server.edit(++version, LINES, `SYNC sha384/${ZERO}\n`);
  const whole = await edits(1);
  const after = await server.usage();
  await server.stop();
  const ms = (/** @type {number} */ time) => `${time < 100 ? time.toFixed(1) : time.toFixed(0)} ms`;
  const row = (/** @type {string} */ name, elapsed = '', cpu = '', aim = '') =>
    console.log(`  ${name.padEnd(40)}${elapsed.padStart(10)}${cpu.padStart(12)}   ${aim}`);
  const over = (/** @type {number} */ memory) =>
    `${((memory - empty.memory) / Buffer.byteLength(text)).toFixed(1)} ×`;
  row(`${LINES} lines, ${(text.length / 1e6).toFixed(1)} MB`, 'elapsed', 'processor', 'aim');
  row('first diagnostics', ms(first), ms(opened.cpu - empty.cpu), '≤ 1000 ms');
  row(`edit at the end, of ${EDITS}`, ms(end.time), ms(end.spent), '≤ 10 ms');
  row(`edit at the top, of ${EDITS}`, ms(top.time), ms(top.spent), '≤ 50 ms');
  row('the same, with a SYNC as the last line', ms(whole.time), ms(whole.spent), '≤ 50 ms');
  row('heap and external growth over the text', over(opened.memory), '', '≤ 15 ×');
  row('the same after the edits', over(after.memory));
} finally {
  await rm(folder, { recursive: true, force: true });
}
