// @ts-check
/**
 * Make a checkout ready: the right Node, the installed dependencies, the built packages.
 * Does only what is missing, and nothing but Node's own modules is needed to run it.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { alone } from './lib/lock.mjs';
import { step } from './lib/progress.mjs';
import { ROOT, capture, nx, tool } from './lib/run.mjs';

const INSTALLED = tool('.tsm-install');
const BUILT = tool('.tsm-build');
const LOCK_FILE = path.join(ROOT, 'package-lock.json');

/** A failure that one sentence explains; no stack trace helps. */
class Plain extends Error {}

/** @type {(file: string) => string} */
const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');

const checkNode = () => {
  const wanted = /** @type {{ engines: { node: string } }} */ (
    JSON.parse(read(path.join(ROOT, 'package.json')))
  );
  const least = wanted.engines.node.replace('>=', '');
  const [major = 0, minor = 0] = least.split('.').map(Number);
  const [haveMajor = 0, haveMinor = 0] = process.versions.node.split('.').map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  throw new Plain(
    `TSM needs Node ${least} or later and this is Node ${process.versions.node}: install a newer one.`,
  );
};

/** What the lock file asks npm to install. */
const installPrint = () => createHash('sha256').update(read(LOCK_FILE)).digest('hex');

/** Error codes that say that the registry does not answer. */
const UNREACHABLE = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)\b/;

/** Without a registry npm tries for minutes; so ask first, and if nobody answers see what npm's cache has. */
const npmInstall = async () => {
  const ping = await capture('npm', ['ping', '--fetch-retries=0', '--fetch-timeout=20000']);
  const silence = ping.ok ? undefined : UNREACHABLE.exec(ping.output)?.[0];
  const { ok, output } = await capture('npm', ['ci', silence ? '--offline' : '--prefer-offline']);
  if (!ok) {
    throw new Plain(
      silence
        ? `The npm registry cannot be reached (${silence}): connect to the network, or tell npm about your proxy or mirror (npm config set proxy|registry URL), and run this again.`
        : `npm ci failed:\n${output}`,
    );
  }
  writeFileSync(INSTALLED, installPrint());
};

/** @type {(folder: string) => string[]} */
const filesBelow = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name))
    : [];

/** What goes into the build, by time and size, and what came out, by size: a restored copy has a new time. */
const buildPrint = () => {
  const hash = createHash('sha256');
  /** @type {(files: string[], sign: (stat: import('node:fs').Stats) => string) => void} */
  const add = (files, sign) => {
    for (const file of files.sort()) hash.update(`${file} ${sign(statSync(file))}\n`);
  };
  /** @type {(stat: import('node:fs').Stats) => string} */
  const timeAndSize = ({ mtimeMs, size }) => `${mtimeMs} ${size}`;
  add([path.join(ROOT, 'tsconfig.base.json')], timeAndSize);
  for (const group of ['packages', 'apps']) {
    for (const name of readdirSync(path.join(ROOT, group)).sort()) {
      const home = path.join(ROOT, group, name);
      const settings = ['package.json', 'tsconfig.json'].map((file) => path.join(home, file));
      add([...settings.filter(existsSync), ...filesBelow(path.join(home, 'src'))], timeAndSize);
      add(filesBelow(path.join(home, 'dist')), ({ size }) => `${size}`);
    }
  }
  return hash.digest('hex');
};

/**
 * What npm noted down in `node_modules` is what the lock file asks for: then somebody ran npm by hand.
 * @typedef {{ packages: Record<string, { version?: string, optional?: boolean, link?: boolean }> }} Lock
 */
const installedByHand = () => {
  const note = read(tool('.package-lock.json'));
  if (note === '') return false;
  /** @type {(text: string) => Lock['packages']} */
  const packagesOf = (text) => /** @type {Lock} */ (JSON.parse(text)).packages;
  const have = packagesOf(note);
  return Object.entries(packagesOf(read(LOCK_FILE))).every(
    ([where, { version, optional, link }]) =>
      !where.startsWith('node_modules/') ||
      (where in have ? have[where]?.version === version && have[where]?.link === link : optional),
  );
};

const installed = () => {
  if (read(INSTALLED) === installPrint()) return true;
  if (!installedByHand()) return false;
  writeFileSync(INSTALLED, installPrint());
  return true;
};

const built = () => read(BUILT) === buildPrint();

const compile = async () => {
  const outcome = await nx('run-many', '-t', 'build');
  if (outcome.ok) writeFileSync(BUILT, buildPrint());
  return outcome;
};

/** Build what is out of date; the result says what the compiler said. */
export const build = () => alone(compile);

/** Check Node, and install the dependencies if the lock file asks for others than are there. */
export const install = async () => {
  checkNode();
  if (installed()) return;
  await alone(async () => {
    if (!installed()) await step('install', npmInstall);
  });
};

/** Install and build what is missing. Costs a few milliseconds when nothing is. */
export const bootstrap = async () => {
  await install();
  if (built()) return;
  await alone(async () => {
    if (built()) return;
    await step('build', async () => {
      const { ok, output } = await compile();
      if (!ok) throw new Plain(`The build failed:\n${output}`);
    });
  });
};

/**
 * Run a script of this folder: its result is the exit code, and a plain failure is one message.
 * @param {() => Promise<number>} script
 */
export const main = async (script) => {
  try {
    process.exitCode = await script();
  } catch (error) {
    process.stderr.write(`${error instanceof Plain ? error.message : /** @type {Error} */ (error).stack}\n`);
    process.exitCode = 1;
  }
};
