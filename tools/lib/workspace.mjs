// @ts-check
/** The packages of this workspace that are published, as their folders and manifests say. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './run.mjs';

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {Record<string, string | Record<string, string>>} exports
 * @property {Record<string, string>} [bin]
 * @property {Record<string, string>} [dependencies]
 */

/** @typedef {{ folder: string, manifest: Manifest }} Package */

/** Is there a manifest, of something that goes to npm? */
const published = (/** @type {string} */ file) =>
  existsSync(file) &&
  !(/** @type {{ private?: boolean }} */ (JSON.parse(readFileSync(file, 'utf8'))).private);

/** @type {Package[]} */
export const PACKAGES = ['packages', 'apps'].flatMap((group) =>
  readdirSync(path.join(ROOT, group))
    .map((name) => `${group}/${name}`)
    .filter((folder) => published(path.join(ROOT, folder, 'package.json')))
    .sort()
    .map((folder) => ({
      folder,
      manifest: /** @type {Manifest} */ (
        JSON.parse(readFileSync(path.join(ROOT, folder, 'package.json'), 'utf8'))
      ),
    })),
);

/**
 * A package and every package of this workspace that it needs, directly or not.
 * @param {string} name
 * @returns {string[]}
 */
export const closure = (name) => {
  const found = new Set([name]);
  for (const each of found) {
    const manifest = PACKAGES.find((known) => known.manifest.name === each)?.manifest;
    for (const needed of Object.keys(manifest?.dependencies ?? {})) {
      if (PACKAGES.some((known) => known.manifest.name === needed)) found.add(needed);
    }
  }
  return [...found];
};
