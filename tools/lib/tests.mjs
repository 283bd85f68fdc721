// @ts-check
/** The test runner, seen from outside: run a part of the tests, get the counts and what to show. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT, become, captureNode, tool } from './run.mjs';

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 */

/**
 * The part of the runner's report that counts.
 * @typedef {object} Report
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {{ status: string, assertionResults: { status: string }[] }[]} testResults
 */

/**
 * A file that fails without a failing test in it (it does not load, say) counts as one failure.
 * @param {Report} report
 * @returns {Counts}
 */
const count = ({ numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults }) => {
  const broken = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((result) => result.status === 'failed'),
  );
  return {
    passed: numPassedTests,
    failed: numFailedTests + broken.length,
    skipped: numPendingTests + numTodoTests,
  };
};

/**
 * Run tests and count them.
 * @param {string[]} args for the runner: which project, which files
 * @param {{ env?: NodeJS.ProcessEnv, show?: boolean }} [options] `show`: let the runner write to the terminal
 * @returns {Promise<{ ok: boolean, output: string, counts: Counts, skips: string[] }>}
 */
export const runTests = async (args, { env = {}, show = false } = {}) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tsm-tests-'));
  const report = path.join(folder, 'report.json');
  const skipReport = path.join(folder, 'skips.txt');
  const command = [tool('vitest/vitest.mjs'), 'run', ...args];
  command.push('--reporter=default', '--reporter=json', `--outputFile.json=${report}`);
  const variables = { ...env, TSM_SKIP_REPORT: skipReport };
  try {
    const { ok, output } = show
      ? { ok: (await become(command, { cwd: ROOT, env: variables })) === 0, output: '' }
      : await captureNode(command, variables);
    const counts = existsSync(report)
      ? count(/** @type {Report} */ (JSON.parse(readFileSync(report, 'utf8'))))
      : { passed: 0, failed: 0, skipped: 0 };
    if (!ok) counts.failed = Math.max(counts.failed, 1);
    const skips = existsSync(skipReport) ? readFileSync(skipReport, 'utf8').split('\n').filter(Boolean) : [];
    return { ok: ok && counts.failed === 0, output, counts, skips: [...new Set(skips)] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** @type {(counts: Counts) => string} */
export const summary = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;
