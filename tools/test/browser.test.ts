/** All packages in a real Chromium, as minified bundles under a strict content policy: what they say there is what they say in Node. */
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle, sizeOf } from '../browser/bundle.mjs';
import { runCases, type Facts } from '../browser/cases/index.ts';
import { MACHINES } from '../browser/cases/machines.ts';
import { serve, type PolicyName } from '../browser/server.mjs';
import { visit, type Visit } from '../browser/visit.mjs';
import { findChromium, startChromium } from '../lib/chromium.mjs';
import { ROOT } from '../lib/run.mjs';
import { PACKAGES } from '../lib/workspace.mjs';

const SCRIPTS = path.join(ROOT, 'tools/browser/scripts');

/** Where the cases run, and what chains must run on there. */
const PLACES: readonly { policy: PolicyName; where: 'page' | 'worker'; chains: string }[] = [
  { policy: 'strict', where: 'page', chains: 'hash' },
  { policy: 'wasm', where: 'page', chains: 'kernel' },
  { policy: 'wasm', where: 'worker', chains: 'kernel' },
];

/** At most so many kB, minified, when all is used; what a browser loads is a feature of each package. */
const LIMITS: Readonly<Record<string, number>> = {
  '@tsm/core': 80,
  '@tsm/eventlog': 330,
  '@tsm/evidence': 330,
  '@tsm/machine': 100,
  '@tsm/provider-tdx': 420,
  '@tsm/provider-snp': 390,
  '@tsm/provider-cca': 370,
  '@tsm/provider-cove': 400,
};

const names = Object.keys(MACHINES);
const found = await findChromium();
const inBrowser = describe.skipIf(typeof found === 'string');

if (typeof found === 'string') {
  const cases = PLACES.length * (names.length + 4);
  const line = `browser: ${String(cases)} cases need Chromium: ${found}`;
  const report = process.env['TSM_SKIP_REPORT'];
  if (report) appendFileSync(report, `${line}\n`);
  console.warn(line);
}

let node: Facts;

beforeAll(async () => {
  node = await runCases();
});

describe('in Node', () => {
  test('a log replays to what its events give, in every format', () => {
    const { issues, registers, expected, converted } = node.logs;
    expect(issues).toEqual([]);
    expect(Object.values(registers)).toEqual(expect.arrayContaining([...expected]));
    expect(Object.values(converted)).toEqual([true, true, true, true]);
  });

  test('a flipped bit of a digest is found', () => {
    expect(node.logs.explained).toEqual({ found: true, unique: true, edits: ['bit-flip 32'] });
  });

  test.each(names)('%s: evidence passes, is refused when tampered with, and proves nothing alone', (name) => {
    const { issues, verified, tampered, alone } = node.machines[name]!;
    expect(issues).toEqual([]);
    expect(verified).toEqual(['pass', undefined]);
    expect(tampered[0]).toBe('fail');
    expect(tampered[1]).toMatch(/signature|^token\./);
    expect(alone[0]).not.toBe('pass');
  });

  test.each(names)('%s: hardware, evidence and replayed log agree', (name) => {
    const { format, extended } = node.machines[name]!;
    expect(extended === undefined).toBe(format.startsWith('report-')); // SEV-SNP cannot extend
    if (!extended) return;
    expect(extended.reported).toBe(extended.value);
    // Salus hashes its whole buffer of 64 bytes, which no log says.
    if (format !== 'salus-certificate') expect(extended.replayed).toBe(extended.value);
  });
});

inBrowser('in Chromium', () => {
  let server: Awaited<ReturnType<typeof serve>>;
  let browser: Browser;

  beforeAll(async () => {
    if (typeof found === 'string') return;
    const [cases, evil] = await Promise.all(
      ['cases.ts', 'evil.ts'].map((file) => bundle(path.join(SCRIPTS, file))),
    );
    server = await serve({ cases: cases!, evil: evil! });
    browser = await startChromium(found);
  });

  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  describe.each(PLACES)('$policy $where', ({ policy, where, chains }) => {
    let visited: Visit;
    let facts: Facts;

    beforeAll(async () => {
      visited = await visit(browser, server.url(policy, 'cases', where));
      facts = visited.result as Facts;
    });

    test(`chains run by ${chains} and give the values of noble`, () => {
      expect(facts.chains.map(({ kind }) => kind)).toEqual(facts.chains.map(() => chains));
      for (const { value, noble } of facts.chains) expect(value).toBe(noble);
      expect(facts.chains.map(({ value }) => value)).toEqual(node.chains.map(({ value }) => value));
    });

    test('logs are read, replayed, converted and explained as in Node', () => {
      expect(facts.logs).toEqual(node.logs);
    });

    // JSON has null for undefined in a list.
    test.each(names)('%s: launched, extended, reported and verified as in Node', (name) => {
      expect(facts.machines[name]).toEqual(JSON.parse(JSON.stringify(node.machines[name])));
    });

    test('nothing is evaluated, and nothing loaded from elsewhere', () => {
      // Whether WebAssembly may be compiled shows by trying, once for each algorithm.
      const tries = policy === 'strict' ? facts.chains.map(() => 'script-src wasm-eval') : [];
      expect(visited.violations).toEqual(tries);
      expect(visited.elsewhere).toEqual([]);
    });

    test('an evaluation would be noticed', async () => {
      const { result, violations } = await visit(browser, server.url(policy, 'evil', where));
      expect({ result, violations }).toEqual({ result: 'EvalError', violations: ['script-src eval'] });
    });
  });
});

describe('bundles', () => {
  const portable = PACKAGES.map(({ manifest }) => manifest.name).filter(
    (name) => !['@tsm/host', '@tsm/cli'].includes(name),
  );

  test('there is a limit of size for every package that runs in a browser', () => {
    expect(Object.keys(LIMITS).sort()).toEqual(portable.sort());
  });

  test.each(Object.entries(LIMITS))('%s is within %d kB', async (name, limit) => {
    const { minified } = await sizeOf(`export * from '${name}';`);
    expect(minified).toBeGreaterThan(1000);
    expect(minified).toBeLessThanOrEqual(limit * 1000);
  });

  test('what a browser cannot load is an error', async () => {
    await expect(sizeOf("export * from '@tsm/host';")).rejects.toThrow(/node:/);
  });
});
