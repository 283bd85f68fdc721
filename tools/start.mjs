// @ts-check
/** `npm start`: makes the checkout ready and runs the demonstration, on the user's own files if there are any. */
import path from 'node:path';
import { bootstrap, main } from './bootstrap.mjs';
import { ROOT, become } from './lib/run.mjs';

await main(async () => {
  await bootstrap();
  // npm changes to the root; file names are meant from where the user stands.
  const cwd = process.env['npm_lifecycle_event'] === 'start' ? process.env['INIT_CWD'] : undefined;
  return become(
    [path.join(ROOT, 'apps/cli/dist/main.js'), 'demo', ...process.argv.slice(2)],
    cwd ? { cwd } : {},
  );
});
