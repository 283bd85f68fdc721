// @ts-check
/** `npm run vsix`: the extension as one file to install, in `.workbench/tsm.vsix`. */
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { bootstrap, main } from './bootstrap.mjs';
import { ROOT } from './lib/run.mjs';
import { packExtension } from './lib/vsix.mjs';
import { HOME } from './workbench/install.mjs';

await main(async () => {
  await bootstrap();
  await mkdir(HOME, { recursive: true });
  const file = path.join(HOME, 'tsm.vsix');
  await packExtension(file);
  console.log(`${path.relative(ROOT, file)}  ${((await stat(file)).size / 1000).toFixed(0)} kB`);
  return 0;
});
