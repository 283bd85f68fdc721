// @ts-check
/** Writes what `apps/vscode` has of generated files: the sample workspace, and the texts that can be translated. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bootstrap, main } from './bootstrap.mjs';
import { localisable } from './lib/l10n.mjs';
import { ROOT } from './lib/run.mjs';

await main(async () => {
  await bootstrap();
  const { sampleFiles } = await import('./lib/sample.mjs');
  const home = path.join(ROOT, 'apps/vscode/sample');
  rmSync(home, { recursive: true, force: true });
  for (const [name, bytes] of Object.entries(await sampleFiles())) {
    mkdirSync(path.dirname(path.join(home, name)), { recursive: true });
    writeFileSync(path.join(home, name), bytes);
  }
  const texts = `${JSON.stringify(localisable(), null, 2)}\n`;
  writeFileSync(path.join(ROOT, 'apps/vscode/l10n/bundle.l10n.json'), texts);
  return 0;
});
