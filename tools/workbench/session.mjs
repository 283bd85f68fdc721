// @ts-check
/** What an end-to-end test or a picture starts from: the built extension in a workbench, on a copy of the sample. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundleExtension } from '../bundle-vscode.mjs';
import { findChromium } from '../lib/chromium.mjs';
import { ROOT } from '../lib/run.mjs';
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

/**
 * @param {Found} found
 * @param {object} [options]
 * @param {Record<string, string | Uint8Array>} [options.files] to add to the sample, by name
 * @param {Record<string, unknown>} [options.settings] of the user
 */
export const startSession = async ({ chromium, workbench }, { files = {}, settings = {} } = {}) => {
  await bundleExtension();
  const folder = await mkdtemp(path.join(tmpdir(), 'tsm-sample-'));
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  await cp(SAMPLE, folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content);
  const server = await startWorkbench(workbench, { folder, extensions: [EXTENSION], settings });
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
