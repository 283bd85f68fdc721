// @ts-check
/** `npm run torture [-- FILTER…]`: the tests with their full numbers of cases, and the suites that only run here. */
import { bootstrap, main } from './bootstrap.mjs';
import { runTests, summary } from './lib/tests.mjs';

await main(async () => {
  await bootstrap();
  const args = ['--project', 'unit', ...process.argv.slice(2)];
  const { ok, counts, skips } = await runTests(args, { env: { TSM_TORTURE: '1' }, show: true });
  for (const reason of skips) console.log(`  skipped: ${reason}`);
  console.log(summary(counts));
  return ok ? 0 : 1;
});
