// @ts-check
/** `npm run vsix`: the extension as one file to install, in `.workbench/tsm.vsix`. */
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { bootstrap, main } from './bootstrap.mjs';
import { ROOT } from './lib/run.mjs';
import { HOME } from './workbench/install.mjs';
import { EXTENSION } from './workbench/session.mjs';

await main(async () => {
  await bootstrap();
  await mkdir(HOME, { recursive: true });
  const file = path.join(HOME, 'tsm.vsix');
  const { createVSIX } = await import('@vscode/vsce');
  await createVSIX({
    ...{ cwd: EXTENSION, packagePath: file, dependencies: false },
    ...{ skipLicense: true, allowMissingRepository: true, rewriteRelativeLinks: false },
  });
  console.log(`${path.relative(ROOT, file)}  ${((await stat(file)).size / 1000).toFixed(0)} kB`);
  return 0;
});
