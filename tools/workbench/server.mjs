// @ts-check
/** Runs the workbench's server on the loopback interface, with data of its own and the extensions that are given. */
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const SECONDS = 60;

/** No page of the public gallery, no assistant, no welcome page: only what a test or a tour looks at. */
const SETTINGS = {
  'security.workspace.trust.enabled': false,
  'chat.disableAIFeatures': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'workbench.startupEditor': 'none',
  // A page that just loads may take the focus from a question.
  'workbench.quickOpen.closeOnFocusLost': false,
  'telemetry.telemetryLevel': 'off',
};

/** No gallery is asked for anything. */
const ENV = { ...process.env, EXTENSIONS_GALLERY: '{"serviceUrl":""}' };

/** @returns {Promise<number>} */
export const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });

/** Puts an extension where the server finds it, under the name that its manifest gives. */
const place = async (/** @type {string} */ from, /** @type {string} */ to) => {
  const { publisher, name, version } = /** @type {Record<string, string>} */ (
    JSON.parse(await readFile(path.join(from, 'package.json'), 'utf8'))
  );
  const target = path.join(to, `${publisher}.${name}-${version}`);
  await symlink(from, target, 'dir');
};

/** Installs a packed extension as a person would. */
const install = async (
  /** @type {import('./install.mjs').Workbench} */ { node, main },
  /** @type {string} */ file,
  /** @type {string} */ to,
  /** @type {string} */ data,
) => {
  const args = ['--install-extension', file, '--extensions-dir', to, '--server-data-dir', data];
  const run = promisify(execFile);
  const { stdout } = await run(node, [main, ...args, '--accept-server-license-terms'], { env: ENV });
  if (!/was successfully installed/.test(stdout)) throw new Error(`${file} was not installed: ${stdout}`);
};

/** @type {(url: string, alive: () => boolean) => Promise<void>} */
export const answering = async (url, alive) => {
  for (let i = 0; i < SECONDS * 10; i += 1) {
    if (!alive()) throw new Error('VS Code ended as soon as it was started');
    try {
      if ((await fetch(url)).ok) return;
    } catch {
      // not yet
    }
    await sleep(100);
  }
  throw new Error(`VS Code does not answer at ${url} after ${SECONDS} s`);
};

/**
 * @param {import('./install.mjs').Workbench} workbench
 * @param {object} options
 * @param {string} options.folder the workspace
 * @param {string[]} options.extensions folders of extensions, or packed ones
 * @param {Record<string, unknown>} [options.settings] of the user
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {number} [options.port] a free one by default
 * @param {string} [options.data] where the editor keeps its own data; by default a folder that goes with it
 */
export const startWorkbench = async (workbench, { folder, extensions, settings = {}, env = {}, ...rest }) => {
  const { node, main } = workbench;
  const port = rest.port ?? (await freePort());
  const home = rest.data ?? (await mkdtemp(path.join(tmpdir(), 'tsm-workbench-')));
  const extensionsFolder = path.join(home, 'extensions');
  const user = path.join(home, 'data/data/User');
  await rm(extensionsFolder, { recursive: true, force: true });
  await mkdir(extensionsFolder, { recursive: true });
  await mkdir(user, { recursive: true });
  await writeFile(path.join(user, 'settings.json'), JSON.stringify({ ...SETTINGS, ...settings }, null, 2));
  const isPacked = (/** @type {string} */ extension) => extension.endsWith('.vsix');
  // What is installed makes a list of what is there: later nobody looks into the folder.
  for (const extension of extensions.filter((one) => !isPacked(one)))
    await place(extension, extensionsFolder);
  for (const extension of extensions.filter(isPacked))
    await install(workbench, extension, extensionsFolder, path.join(home, 'data'));
  const child = spawn(
    node,
    [
      ...[main, '--host', '127.0.0.1', '--port', String(port), '--without-connection-token'],
      ...['--accept-server-license-terms', '--telemetry-level', 'off', '--disable-workspace-trust'],
      ...['--server-data-dir', path.join(home, 'data'), '--extensions-dir', extensionsFolder],
    ],
    {
      env: { ...ENV, ...env },
      stdio: ['ignore', 'ignore', 'ignore'],
    },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const close = async () => {
    child.kill();
    await ended;
    if (rest.data === undefined)
      await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    await answering(`http://127.0.0.1:${port}/version`, () => child.exitCode === null);
  } catch (error) {
    await close();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}/?folder=${encodeURI(folder)}`, close, ended };
};
