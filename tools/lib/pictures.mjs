// @ts-check
/** The pictures of the documents: what the command line prints today, as SVG. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from './run.mjs';
import { terminalSvg } from './terminal-svg.mjs';

const MAIN = path.join(ROOT, 'apps/cli/dist/main.js');
/** Shows the prompt and what was typed. */
const PROMPT = '\x1b[2m$\x1b[22m ';

/**
 * What a command prints: colours on, 80 columns. A difference found is an exit code, not a failure.
 * @param {string} cwd
 * @param {string[]} args
 * @returns {Promise<string>}
 */
const tsm = (cwd, args) =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, FORCE_COLOR: '1', NO_COLOR: undefined, NODE_DISABLE_COLORS: undefined };
    execFile(process.execPath, [MAIN, ...args], { cwd, env }, (error, stdout, stderr) => {
      if (stderr !== '' || (error && typeof error.code !== 'number'))
        reject(new Error(`tsm ${args.join(' ')}: ${stderr}`));
      else resolve(stdout);
    });
  });

/** @type {(cwd: string, shown: string[][]) => Promise<string>} */
const session = async (cwd, shown) => {
  let screen = '';
  for (const args of shown) screen += `${PROMPT}tsm ${args.join(' ')}\n${await tsm(cwd, args)}\n`;
  return screen;
};

/**
 * What each picture shows, by the name of its file.
 * @returns {Promise<Record<string, { title: string, screen: string }>>}
 */
export const screens = async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'tsm-pictures-'));
  try {
    const state = ['--state', path.join(folder, 'state')];
    await tsm(folder, ['machine', 'new', 'dev', '--seed', 'pictures', '--at', '2026-01-01', ...state]);
    await tsm(folder, ['machine', 'log', 'dev', '--out', 'ccel.bin', ...state]);
    await tsm(folder, ['machine', 'extend', 'dev', 'rtmr3', '--event', 'example.com/app start v1', ...state]);
    await tsm(folder, ['machine', 'report', 'dev', '--out', 'quote.dat', ...state]);
    const verify = await session(folder, [
      ['log', 'show', 'ccel.bin', '--register', 'rtmr1'],
      ['log', 'verify', 'ccel.bin', '--evidence', 'quote.dat'],
    ]);
    return {
      demo: { title: 'tsm demo', screen: `${PROMPT}npm start\n${await tsm(folder, ['demo'])}` },
      verify: { title: 'tsm log show, tsm log verify', screen: verify },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/**
 * The pictures as they are committed, by name.
 * @returns {Promise<Record<string, string>>}
 */
export const pictures = async () =>
  Object.fromEntries(
    Object.entries(await screens()).map(([name, { title, screen }]) => [name, terminalSvg(title, screen)]),
  );
