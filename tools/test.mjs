// @ts-check
/**
 * `npm test`: every check of the project, one line each, and the full output of what fails.
 * What one core does runs beside the tests; the lines come in the order of the table below.
 */
import { build, install, main } from './bootstrap.mjs';
import { elapsed, tick } from './lib/progress.mjs';
import { nx } from './lib/run.mjs';
import { runTests, summary } from './lib/tests.mjs';

/**
 * @typedef {object} Result
 * @property {boolean} ok
 * @property {string} output
 * @property {import('./lib/tests.mjs').Counts} [counts]
 * @property {string[]} [skips] why tests were skipped
 */

/**
 * Steps with the same lane run one after the other; the lanes run side by side once the build is done.
 * @type {{ name: string, lane: 'build' | 'beside' | 'tests', work: () => Promise<Result> }[]}
 */
const STEPS = [
  { name: 'build', lane: 'build', work: build },
  { name: 'typecheck', lane: 'beside', work: () => nx('run', 'tsm:typecheck') },
  { name: 'lint', lane: 'beside', work: () => nx('run', 'tsm:lint') },
  { name: 'format', lane: 'beside', work: () => nx('run', 'tsm:format') },
  { name: 'knip', lane: 'beside', work: () => nx('run', 'tsm:knip') },
  {
    name: 'packages',
    lane: 'beside',
    work: () => nx('run-many', '-t', 'lint:package', '--excludeTaskDependencies'),
  },
  { name: 'packed packages', lane: 'beside', work: () => runTests(['--project', 'packed']) },
  { name: 'tests', lane: 'tests', work: () => runTests(['--project', 'unit']) },
  { name: 'browser', lane: 'tests', work: () => runTests(['--project', 'browser']) },
  { name: 'editor', lane: 'tests', work: () => runTests(['--project', 'e2e']) },
];

await main(async () => {
  await install();

  /** @type {Set<string>} */
  const running = new Set();
  const total = { passed: 0, failed: 0, skipped: 0 };
  /** @type {Record<string, Promise<unknown>>} */
  const lanes = {};

  const started = STEPS.map(({ name, lane, work }) => {
    const done = (lanes[lane] ?? lanes['build'] ?? Promise.resolve()).then(async () => {
      const begun = performance.now();
      running.add(name);
      const result = await work();
      running.delete(name);
      return { ...result, time: elapsed(begun) };
    });
    lanes[lane] = done;
    return { name, done };
  });

  for (const { name, done } of started) {
    const stop = tick(() => [...running].join(', '));
    const { ok, output, counts, skips = [], time } = await done;
    stop();
    console.log(`${ok ? '✔' : '✘'} ${name} ${time}${counts ? ` (${summary(counts)})` : ''}`);
    if (!ok) console.log(`\n${output.trimEnd()}\n`);
    for (const reason of skips) console.log(`  skipped: ${reason}`);
    total.passed += counts?.passed ?? 0;
    total.failed += counts?.failed ?? (ok ? 0 : 1);
    total.skipped += counts?.skipped ?? 0;
  }

  console.log(summary(total));
  return total.failed === 0 ? 0 : 1;
});
