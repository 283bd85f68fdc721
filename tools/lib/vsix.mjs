// @ts-check
/** The extension as one file to install. */
import path from 'node:path';
import { ROOT } from './run.mjs';

/** Packs what is built. @param {string} file to write */
export const packExtension = async (file) => {
  const { createVSIX } = await import('@vscode/vsce');
  await createVSIX({
    ...{ cwd: path.join(ROOT, 'apps/vscode'), packagePath: file, dependencies: false },
    ...{ skipLicense: true, allowMissingRepository: true, rewriteRelativeLinks: false },
  });
};
