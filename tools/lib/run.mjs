// @ts-check
/** Child processes: run one and keep its output, or hand the terminal over to it. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import path from 'node:path';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';

/** The folder that holds the whole repository. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What every captured child gets: Nx works alone, npm does not chat, and text is plain. */
const QUIET = {
  NX_DAEMON: 'false',
  NX_NO_CLOUD: 'true',
  NX_TUI: 'false',
  NX_NATIVE_COMMAND_RUNNER: 'false', // no pseudo terminal
  FORCE_COLOR: '0',
  NO_COLOR: undefined, // Node warns when both are set
  npm_config_loglevel: 'error',
  npm_config_update_notifier: 'false',
};

/**
 * The program file of an installed development tool.
 * @param {string} file below node_modules
 */
export const tool = (file) => path.join(ROOT, 'node_modules', file);

/**
 * @typedef {object} Outcome
 * @property {boolean} ok the command ended with code 0
 * @property {string} output everything it wrote, both streams in the order they came
 */

/**
 * Run a command without a terminal and keep what it says.
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env] variables to add
 * @returns {Promise<Outcome>}
 */
export const capture = (command, args, env = {}) =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...QUIET, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32' && command === 'npm',
    });
    let output = '';
    const keep = (/** @type {Buffer} */ chunk) => void (output += chunk.toString());
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => resolve({ ok: false, output: `${command}: ${error.message}\n` }));
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });

/** @type {(args: string[], env?: NodeJS.ProcessEnv) => Promise<Outcome>} */
export const captureNode = (args, env) => capture(process.execPath, args, env);

/** @type {(...args: string[]) => Promise<Outcome>} */
export const nx = (...args) => captureNode([tool('nx/dist/bin/nx.js'), ...args, '--outputStyle=static']);

/**
 * Hand this process over to a Node program: same streams, signals passed on, same exit code.
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>} the exit code
 */
export const become = (args, { cwd = process.cwd(), env = {} } = {}) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd, env: { ...process.env, ...env }, stdio: 'inherit' });
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
      // A terminal sends SIGINT to the child as well; once is enough.
      process.on(signal, () => (signal === 'SIGINT' && isatty(0) ? false : child.kill(signal)));
    }
    child.on('close', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
