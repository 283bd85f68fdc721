// @ts-check
/**
 * The VS Code extension as the editor loads it: one minified file for each of its programs, in `apps/vscode/dist`.
 * A program that another place cannot load (`node:fs` in a worker), or one that grew too large, is an error.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { ROOT } from './lib/run.mjs';

const HOME = path.join(ROOT, 'apps/vscode');
/** Bytes that one program may have. */
const LIMIT = 1_500_000;

/**
 * The server's programs are those of the language server; its browser build has no `node:`.
 * @type {{ input: string, output: string, platform: 'node' | 'browser', format: 'cjs' | 'esm' | 'iife' }[]}
 */
const PROGRAMS = [
  { input: 'src/extension.ts', output: 'extension.cjs', platform: 'node', format: 'cjs' },
  { input: 'src/extension-web.ts', output: 'extension-web.cjs', platform: 'browser', format: 'cjs' },
  { input: '../language-server/src/main-node.ts', output: 'server.mjs', platform: 'node', format: 'esm' },
  {
    input: '../language-server/src/main-browser.ts',
    output: 'server-worker.js',
    platform: 'browser',
    format: 'iife',
  },
  { input: 'src/webview/log.ts', output: 'log-page.js', platform: 'browser', format: 'iife' },
  { input: 'src/webview/evidence.ts', output: 'evidence-page.js', platform: 'browser', format: 'iife' },
  { input: 'src/webview/trace.ts', output: 'trace-page.js', platform: 'browser', format: 'iife' },
];

/** @param {(typeof PROGRAMS)[number]} program */
const bundle = async ({ input, output, platform, format }) => {
  const build = await rolldown({
    input: path.resolve(HOME, input),
    cwd: ROOT,
    platform,
    external: ['vscode', ...(platform === 'node' ? [/^node:/] : [])],
    resolve: {
      conditionNames: ['@tsm/source', platform === 'node' ? 'node' : 'browser', 'import', 'default'],
    },
    tsconfig: false,
    onLog(level, log) {
      if (level === 'warn' && log.code !== 'EVAL') throw new Error(`${output}: ${log.code}: ${log.message}`);
    },
  });
  try {
    const { output: files } = await build.generate({ format, minify: true, codeSplitting: false });
    const { code } = files[0];
    const size = Buffer.byteLength(code);
    if (size > LIMIT) throw new Error(`${output} has ${size} bytes, more than ${LIMIT}`);
    // A workbench that runs has the old one or the new one.
    const file = path.join(HOME, 'dist', output);
    await writeFile(`${file}.new`, code);
    await rename(`${file}.new`, file);
    return { output, size };
  } finally {
    await build.close();
  }
};

/** Builds all of them and gives their sizes in bytes. */
export const bundleExtension = async () => {
  await mkdir(path.join(HOME, 'dist'), { recursive: true });
  return Promise.all(PROGRAMS.map(bundle));
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { output, size } of await bundleExtension()) console.log(`${output} ${size} bytes`);
}
