// @ts-check
/** Serves VS Code to a browser that runs all of it, the extensions in a worker; a folder is its workspace. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { answering, freePort } from './server.mjs';

/** The server asks for a build by its commit; this one stands for the build from npm. */
const COMMIT = '0'.repeat(40);

/**
 * @param {{ main: string, build: string }} web
 * @param {{ folder: string, extension: string }} options
 */
export const startWeb = async ({ main, build }, { folder, extension }) => {
  const port = await freePort();
  const home = await mkdtemp(path.join(tmpdir(), 'tsm-web-'));
  const name = `vscode-web-stable-${COMMIT}`;
  await mkdir(path.join(home, name));
  for (const entry of await readdir(build))
    await symlink(path.join(build, entry), path.join(home, name, entry));
  await writeFile(path.join(home, name, 'version'), name);
  const args = [
    ...[main, '--browser', 'none', '--quality', 'stable', '--commit', COMMIT, '--testRunnerDataDir', home],
    // Webviews live below this name, not below an address.
    ...['--extensionDevelopmentPath', extension, '--host', 'localhost', '--port', String(port), folder],
  ];
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const close = async () => {
    child.kill();
    await ended;
    await rm(home, { recursive: true, force: true });
  };
  const url = `http://localhost:${port}/`;
  try {
    await answering(url, () => child.exitCode === null);
  } catch (error) {
    await close();
    throw error;
  }
  return { url, close };
};
