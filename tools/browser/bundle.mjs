// @ts-check
/** Bundles for a browser, minified, of the packages as they are published: their built entry points, no source. */
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { ROOT } from '../lib/run.mjs';

/**
 * One script of a file and of everything it imports. What a browser could not load (`node:fs`) is an error.
 * @param {string} input
 * @param {import('rolldown').Plugin[]} [plugins]
 * @returns {Promise<string>}
 */
export const bundle = async (input, plugins = []) => {
  const build = await rolldown({
    input,
    plugins,
    cwd: ROOT,
    platform: 'browser',
    tsconfig: false,
    onLog(level, log) {
      if (level === 'warn') throw new Error(log.message);
    },
  });
  try {
    const { output } = await build.generate({ format: 'esm', minify: true, codeSplitting: false });
    return output[0].code;
  } finally {
    await build.close();
  }
};

/**
 * Bytes of what a program would send that has nothing else: minified, and as gzip sends it.
 * @param {string} program such as `export * from '@tsm/core'`
 */
export const sizeOf = async (program) => {
  const entry = path.join(ROOT, 'tools/browser/entry.js');
  const code = await bundle(entry, [
    {
      name: 'entry',
      resolveId: (id) => (id === entry ? id : undefined),
      load: (id) => (id === entry ? program : undefined),
    },
  ]);
  return { minified: Buffer.byteLength(code), gzip: gzipSync(code, { level: 9 }).length };
};
