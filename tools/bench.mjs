// @ts-check
/**
 * `npm run bench [-- NAME… --peers]`: runs the benchmarks in `tools/bench` whose name contains one of the words. With `--peers`
 * those that know comparable packages on npm install them, beside TSM and not into it, and measure them in the same run.
 */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { bootstrap, main } from './bootstrap.mjs';
import { ROOT, become } from './lib/run.mjs';

const FOLDER = path.join(ROOT, 'tools/bench');
const PEERS = '--peers';

await main(async () => {
  const words = process.argv.slice(2).filter((word) => word !== PEERS);
  const options = process.argv.includes(PEERS) ? [PEERS] : [];
  const all = existsSync(FOLDER)
    ? readdirSync(FOLDER)
        .filter((name) => name.endsWith('.bench.mjs'))
        .sort()
    : [];
  const chosen = all.filter((name) => words.length === 0 || words.some((word) => name.includes(word)));
  if (chosen.length === 0) {
    process.stderr.write(`No such benchmark; there are: ${all.join(', ') || 'none'}\n`);
    return words.length === 0 ? 0 : 1;
  }
  await bootstrap();
  let worst = 0;
  for (const name of chosen)
    worst = Math.max(worst, await become([path.join(FOLDER, name), ...options], { cwd: ROOT }));
  return worst;
});
