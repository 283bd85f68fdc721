// @ts-check
/**
 * `npm start`: makes the checkout ready, runs the demonstration, on the user's own files if there are any, and opens the
 * editor. `--no-editor`, a CI, or no terminal end after the demonstration.
 */
import path from 'node:path';
import { bootstrap, main } from './bootstrap.mjs';
import { ROOT, become } from './lib/run.mjs';

const EDITOR = '--no-editor';

await main(async () => {
  await bootstrap();
  const args = process.argv.slice(2).filter((arg) => arg !== EDITOR);
  // npm changes to the root; file names are meant from where the user stands.
  const cwd = process.env['npm_lifecycle_event'] === 'start' ? process.env['INIT_CWD'] : undefined;
  const code = await become([path.join(ROOT, 'apps/cli/dist/main.js'), 'demo', ...args], cwd ? { cwd } : {});
  const looks = process.stdin.isTTY && process.stdout.isTTY && !process.env['CI'];
  if (code !== 0 || !looks || process.argv.includes(EDITOR)) return code;
  const { openEditor } = await import('./workbench/open.mjs');
  return openEditor();
});
