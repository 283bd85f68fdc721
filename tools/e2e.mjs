// @ts-check
/** `npm run e2e`: the extension in a real VS Code and a real Chromium; what fails leaves a picture in `.workbench`. */
import { install, main } from './bootstrap.mjs';
import { runTests, summary } from './lib/tests.mjs';

await main(async () => {
  await install();
  const { ok, counts, skips } = await runTests(['--project', 'e2e', ...process.argv.slice(2)], {
    show: true,
  });
  for (const reason of skips) console.log(`skipped: ${reason}`);
  console.log(summary(counts));
  return ok ? 0 : 1;
});
