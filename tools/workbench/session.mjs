// @ts-check
/** What an end-to-end test or a picture starts from: the packed extension, installed in a workbench, on a copy of the sample. */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundleExtension } from '../bundle-vscode.mjs';
import { findChromium } from '../lib/chromium.mjs';
import { ROOT } from '../lib/run.mjs';
import { packExtension } from '../lib/vsix.mjs';
import { openWorkbench } from './driver.mjs';
import { prepareWorkbench } from './install.mjs';
import { startWorkbench } from './server.mjs';

export const EXTENSION = path.join(ROOT, 'apps/vscode');
export const SAMPLE = path.join(EXTENSION, 'sample');

/** What a session needs, or why it cannot be had. */
export const findSession = async () => {
  const chromium = await findChromium();
  if (typeof chromium === 'string') return chromium;
  const workbench = await prepareWorkbench();
  return typeof workbench === 'string' ? workbench : { chromium, workbench };
};

/** @typedef {Exclude<Awaited<ReturnType<typeof findSession>>, string>} Found */

const write = async (
  /** @type {string} */ folder,
  /** @type {Record<string, string | Uint8Array>} */ files,
) => {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
};

/**
 * @param {Found} found
 * @param {object} [options]
 * @param {Record<string, string | Uint8Array>} [options.files] to add to the sample, by name
 * @param {Record<string, unknown>} [options.settings] of the user
 * @param {Record<string, string>} [options.other] files of another extension, by name
 */
export const startSession = async ({ chromium, workbench }, { files = {}, settings = {}, other } = {}) => {
  await bundleExtension();
  const packed = await mkdtemp(path.join(tmpdir(), 'tsm-vsix-'));
  const vsix = path.join(packed, 'tsm.vsix');
  await packExtension(vsix);
  const folder = await mkdtemp(path.join(tmpdir(), 'tsm-sample-'));
  const remove = async () => {
    for (const one of [packed, folder])
      await rm(one, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  await cp(SAMPLE, folder, { recursive: true });
  await write(folder, files);
  const another = path.join(packed, 'other');
  if (other) await write(another, other);
  const extensions = other ? [vsix, another] : [vsix];
  const server = await startWorkbench(workbench, { folder, extensions, settings });
  try {
    const driver = await openWorkbench(chromium, server.url);
    return {
      driver,
      folder,
      async close() {
        await driver.close();
        await server.close();
        await remove();
      },
    };
  } catch (error) {
    await server.close();
    await remove();
    throw error;
  }
};
