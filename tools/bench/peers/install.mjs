// @ts-check
/** Installs the peers beside their lock file, and loads their modules from there. No other part of TSM resolves them. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { step } from '../../lib/progress.mjs';
import { capture } from '../../lib/run.mjs';

const FOLDER = import.meta.dirname;
const MODULES = path.join(FOLDER, 'node_modules');
const INSTALLED = path.join(MODULES, '.tsm-install');

/** @type {Readonly<Record<string, string>>} */
export const VERSIONS = /** @type {{ dependencies: Record<string, string> }} */ (
  JSON.parse(readFileSync(path.join(FOLDER, 'package.json'), 'utf8'))
).dependencies;

/** Installs what the lock file says, unless it is there. @returns {Promise<string | undefined>} why it cannot be done */
export async function install() {
  const lock = createHash('sha256')
    .update(readFileSync(path.join(FOLDER, 'package-lock.json')))
    .digest('hex');
  if (existsSync(INSTALLED) && readFileSync(INSTALLED, 'utf8') === lock) return undefined;
  // Their install scripts are not run: none of them needs one.
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  const { ok, output } = await step('install the peers', () =>
    capture('npm', ['ci', '--prefix', FOLDER, ...flags]),
  );
  if (!ok) return output.split('\n').find((line) => line.includes('error')) ?? output;
  writeFileSync(INSTALLED, lock);
  return undefined;
}

/** @param {string} file below `node_modules` */
export const fileOf = (file) => path.join(MODULES, file);

/**
 * A module of a peer.
 * @param {string} file below `node_modules`
 * @param {string} [instance] modules loaded under different names here share no state
 * @returns {Promise<unknown>}
 */
export function load(file, instance) {
  const url = pathToFileURL(fileOf(file));
  if (instance !== undefined) url.search = instance;
  return import(url.href);
}
