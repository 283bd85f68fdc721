/** Today's sources as JavaScript: Node does not run TypeScript in a thread, and a program under test starts from files. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';

/** Bundles each entry into `folder` as `NAME.js`, next to what they share; gives their URLs by name. */
export async function bundle<Name extends string>(
  folder: string,
  entries: Readonly<Record<Name, string>>,
): Promise<Readonly<Record<Name, URL>>> {
  await build({
    ...{ configFile: false, logLevel: 'error' },
    ssr: { noExternal: true, resolve: { conditions: ['@tsm/source', 'node'] } },
    build: {
      ...{ ssr: true, outDir: folder, emptyOutDir: false, minify: false },
      rolldownOptions: {
        input: entries,
        output: { entryFileNames: '[name].js', chunkFileNames: 'part-[hash].js' },
      },
    },
  });
  const urls = Object.keys(entries).map((name) => [name, pathToFileURL(path.join(folder, `${name}.js`))]);
  return Object.fromEntries(urls) as Record<Name, URL>;
}
