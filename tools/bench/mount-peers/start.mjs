// @ts-check
/** Starts the peer in a process of its own, as ours has a thread of its own. */
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { step } from '../../lib/progress.mjs';
import { capture } from '../../lib/run.mjs';
import { rateOf } from '../mount/clients.mjs';

const FOLDER = import.meta.dirname;
const LIBRARY = path.join(FOLDER, 'node_modules/fuse-native/prebuilds/linux-x64/libfuse.so');

/** @returns {Promise<string | undefined>} why it cannot be installed */
async function install() {
  if (existsSync(LIBRARY)) return undefined;
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  const { ok, output } = await step('install the peer', () =>
    capture('npm', ['ci', '--prefix', FOLDER, ...flags]),
  );
  if (!ok) return output.split('\n').find((line) => line.includes('error')) ?? output;
  return existsSync(LIBRARY) ? undefined : 'has no program for this computer';
}

/**
 * @typedef {object} Peer
 * @property {string} directory
 * @property {(folder: string, count: number, clients?: number) => Promise<{ wall: number, cpu: number, bad: number }>} turn
 * @property {() => Promise<void>} stop
 */

/** @returns {Promise<Peer | string>} why it cannot run */
export async function startPeer() {
  const missing = await install();
  if (missing !== undefined) return missing;
  const folder = mkdtempSync(path.join(tmpdir(), 'tsm-peer-'));
  const directory = mkdtempSync(path.join(tmpdir(), 'tsm-peer-tree-'));
  symlinkSync(LIBRARY, path.join(folder, 'libfuse.so.2'));
  const env = { ...process.env, LD_LIBRARY_PATH: folder };
  const child = fork(path.join(FOLDER, 'server.mjs'), [directory], { env });
  const exited = once(child, 'exit');
  const answer = async () => {
    const first = await Promise.race([once(child, 'message'), exited.then(() => ['it ended'])]);
    return /** @type {unknown} */ (first[0]);
  };
  const stop = async () => {
    // What it leaves behind when it is ended is taken away here.
    child.kill('SIGKILL');
    await exited;
    spawnSync('umount', ['-l', '-f', directory]);
    rmSync(folder, { recursive: true });
    rmSync(directory, { recursive: true });
  };
  const said = await answer();
  if (said !== 'mounted') {
    await stop();
    return String(said);
  }
  const cpu = async () => {
    const told = answer();
    child.send('cpu');
    return Number(await told);
  };
  return {
    directory,
    stop,
    async turn(reports, count, clients = 1) {
      const before = await cpu();
      const { wall, bad } = await rateOf(reports, 'cycles', Math.ceil(count / clients), clients);
      return { wall, bad, cpu: count / ((await cpu()) - before) };
    },
  };
}
