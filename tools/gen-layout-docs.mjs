// @ts-check
/** Writes `docs/layouts/*.md`, one page a package, from the layout tables that the packages export. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bootstrap, main } from './bootstrap.mjs';
import { ROOT } from './lib/run.mjs';

await main(async () => {
  await bootstrap();
  const { layoutPage, PAGES } = await import('./lib/layout-docs.mjs');
  const { describeLayout } = await import('@tsm/core/layout');
  const folder = path.join(ROOT, 'docs/layouts');
  mkdirSync(folder, { recursive: true });
  for (const { folder: name, entry } of PAGES) {
    const tables = /** @type {Record<string, unknown>} */ (await import(entry));
    writeFileSync(path.join(folder, `${name}.md`), await layoutPage(name, tables, describeLayout));
  }
  return 0;
});
