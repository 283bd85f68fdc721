// @ts-check
/** The command `tsm` from a checkout: builds first when needed, then is the command line itself. */
import path from 'node:path';
import { bootstrap, main } from './bootstrap.mjs';
import { ROOT, become } from './lib/run.mjs';

await main(async () => {
  await bootstrap();
  return become([path.join(ROOT, 'apps/cli/dist/main.js'), ...process.argv.slice(2)]);
});
