// @ts-check
/**
 * Writes `packages/core/src/chain/kernels.ts`: the WebAssembly of the extend chains, compiled from `tools/chain`.
 * It needs the installed dependencies, but no build: the packages cannot be built before that file is there.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { install, main } from './bootstrap.mjs';
import { ROOT } from './lib/run.mjs';

await main(async () => {
  await install();
  const { kernelsModule } = await import('./chain/kernels.mjs');
  writeFileSync(path.join(ROOT, 'packages/core/src/chain/kernels.ts'), await kernelsModule());
  return 0;
});
