// @ts-check
/** Bundles for a browser, minified, of the packages as they are published: their built entry points, no source. */
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { ROOT } from '../lib/run.mjs';

/** The file that a program given as text stands for: its relative imports start here. */
const PROGRAM = path.join(ROOT, 'tools/browser/program.js');

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
 * The same for a program that is no file.
 * @param {string} program such as `export * from '@tsm/core'`
 */
export const bundleText = (program) =>
  bundle(PROGRAM, [
    {
      name: 'program',
      resolveId: (id) => (id === PROGRAM ? id : undefined),
      load: (id) => (id === PROGRAM ? program : undefined),
    },
  ]);

/**
 * Bytes of a program: minified, and as gzip sends it.
 * @param {string} program
 */
export const sizeOf = async (program) => {
  const code = await bundleText(program);
  return { minified: Buffer.byteLength(code), gzip: gzipSync(code, { level: 9 }).length };
};
