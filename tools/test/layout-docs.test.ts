/** The pages of `docs/layouts` are what the layout tables say today. After a change: `node tools/gen-layout-docs.mjs`. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describeLayout } from '@tsm/core/layout';
import { expect, test } from 'vitest';
import { layoutPage, PAGES, tablesOf } from '../lib/layout-docs.mjs';
import { ROOT } from '../lib/run.mjs';

const FOLDER = path.join(ROOT, 'docs/layouts');

test('there is one page a package, and no other', () => {
  expect(readdirSync(FOLDER).sort()).toEqual(PAGES.map(({ folder }) => `${folder}.md`).sort());
});

test.each(PAGES)('$folder: the page is up to date', async ({ folder, entry }) => {
  const tables = (await import(entry)) as Record<string, unknown>;
  const page = readFileSync(path.join(FOLDER, `${folder}.md`), 'utf8');
  expect(page).toBe(await layoutPage(folder, tables, describeLayout));
  for (const { name } of tablesOf(tables)) expect(page).toContain(`\n## ${name}\n`);
});
