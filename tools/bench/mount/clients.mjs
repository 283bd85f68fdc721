// @ts-check
/** Clients of a mounted tree, one or several at the same time, and their rate. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** @typedef {'cycles' | 'reads' | 'preads'} Mode */

/**
 * @typedef {object} Rate
 * @property {number} wall per second on the clock, all clients together
 * @property {number} bad answers that were not as they must be
 * @property {number} clients processor seconds of the clients for each
 */

/** The client as a command: compiled where there is a compiler. @returns {[string, ...string[]]} */
function client() {
  const folder = mkdtempSync(path.join(tmpdir(), 'tsm-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  const program = path.join(folder, 'client');
  const { status } = spawnSync('cc', ['-O2', '-o', program, path.join(import.meta.dirname, 'client.c')]);
  return status === 0 ? [program] : [process.execPath, path.join(import.meta.dirname, 'client.mjs')];
}

const [PROGRAM, ...FIRST] = client();
export const CLIENT = FIRST.length === 0 ? 'C client' : 'Node client';

let items = 0;

/**
 * @param {string} folder of the report items
 * @param {Mode} mode
 * @param {number} count for each client
 * @param {number} clients
 * @returns {Promise<Rate>}
 */
export async function rateOf(folder, mode, count, clients) {
  const results = await Promise.all(
    Array.from({ length: clients }, async () => {
      const item = path.join(folder, `bench${++items}`);
      const { stdout } = await run(PROGRAM, [...FIRST, item, mode, String(count)]);
      return /** @type {{ seconds: number, cpu: number, bad: number }} */ (JSON.parse(stdout));
    }),
  );
  /** @param {'cpu' | 'bad'} key */
  const sum = (key) => results.reduce((all, one) => all + one[key], 0);
  const seconds = Math.max(...results.map((one) => one.seconds));
  return { wall: (count * clients) / seconds, bad: sum('bad'), clients: sum('cpu') / (count * clients) };
}
