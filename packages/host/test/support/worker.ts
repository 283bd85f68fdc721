/** The worker of the pool as today's sources have it: bundled, since Node does not run TypeScript in a thread. */
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'vite';

const ENTRY = fileURLToPath(new URL('../../src/explain-worker.ts', import.meta.url));

/** Writes the bundle into this folder, and gives its URL. */
export async function bundledWorker(folder: string): Promise<URL> {
  await build({
    ...{ configFile: false, logLevel: 'error' },
    ssr: { noExternal: true, resolve: { conditions: ['@tsm/source'] } },
    build: {
      ...{ ssr: ENTRY, outDir: folder, emptyOutDir: false, minify: false },
      rolldownOptions: { output: { entryFileNames: 'worker.mjs' } },
    },
  });
  return pathToFileURL(path.join(folder, 'worker.mjs'));
}
