// @ts-check
/** Writes `docs/pictures/*.svg`: what `npm start` and `tsm log …` print today, as pictures of a terminal. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bootstrap, main } from './bootstrap.mjs';
import { pictures } from './lib/pictures.mjs';
import { ROOT } from './lib/run.mjs';

await main(async () => {
  await bootstrap();
  const folder = path.join(ROOT, 'docs/pictures');
  mkdirSync(folder, { recursive: true });
  for (const [name, svg] of Object.entries(await pictures()))
    writeFileSync(path.join(folder, `${name}.svg`), svg);
  return 0;
});
