/** All packages in a real Chromium, as minified bundles under a strict content policy: what they say there is what they say in Node. */
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle, bundleText, sizeOf } from '../browser/bundle.mjs';
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

/** The packages that run in a browser: all but the one that touches the computer. */
const PORTABLE = PACKAGES.filter(
  ({ folder, manifest }) => folder.startsWith('packages/') && manifest.name !== '@tsm/host',
);

const ENTRIES = PORTABLE.flatMap(({ manifest }) =>
  Object.keys(manifest.exports)
    .filter((entry) => !entry.endsWith('.json'))
    .map((entry) => path.posix.join(manifest.name, entry)),
);

/** At most so many kB, minified, with all that a package exports; a provider brings certificates, curves and its formats. */
const LIMITS: Readonly<Record<string, number>> = {
  '@tsm/core': 80,
  '@tsm/eventlog': 330,
  '@tsm/evidence': 330,
  '@tsm/machine': 100,
  '@tsm/pci-tdisp': 460,
};
const OTHERS = 420;

/** A page that says what each entry point exports. */
const LIST_EXPORTS = `
  import { report } from './scripts/report.ts';
  await report(async () => ({
    ${ENTRIES.map((name) => `'${name}': Object.keys(await import('${name}')).sort(),`).join('\n')}
  }));`;

const names = Object.keys(MACHINES);
const found = await findChromium();
const inBrowser = describe.skipIf(typeof found === 'string');

if (typeof found === 'string') {
  const cases = PLACES.length * (names.length + 5);
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
  const opened: { close(): Promise<unknown> }[] = [];

  beforeAll(async () => {
    if (typeof found === 'string') return;
    server = await serve({
      cases: await bundle(path.join(SCRIPTS, 'cases.ts')),
      evil: await bundle(path.join(SCRIPTS, 'evil.ts')),
      exports: await bundleText(LIST_EXPORTS),
    });
    opened.push(server);
    browser = await startChromium(found);
    opened.push(browser);
  });

  afterAll(async () => {
    for (const one of opened.reverse()) await one.close();
  });

  describe.each(PLACES)('$policy $where', ({ policy, where, chains }) => {
    let visited: Visit;
    let facts: Facts;

    beforeAll(async () => {
      visited = await visit(browser, server.url(policy, 'cases', where));
      facts = visited.result as Facts;
    });

    test('every entry point loads whole', async () => {
      const { result, violations } = await visit(browser, server.url(policy, 'exports', where));
      const inNode = ENTRIES.map(async (name) => [name, Object.keys((await import(name)) as object).sort()]);
      expect(result).toEqual(Object.fromEntries(await Promise.all(inNode)));
      expect(violations).toEqual([]);
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
      // Whether WebAssembly may be compiled shows by trying.
      const tries = policy === 'strict' ? ['script-src wasm-eval'] : [];
      expect([...new Set(visited.violations)]).toEqual(tries);
      expect(visited.elsewhere).toEqual([]);
    });

    test('an evaluation would be noticed', async () => {
      const { result, violations } = await visit(browser, server.url(policy, 'evil', where));
      expect({ result, violations }).toEqual({ result: 'EvalError', violations: ['script-src eval'] });
    });
  });
});

describe('bundles', () => {
  test.each(PORTABLE.map(({ manifest: { name } }) => ({ name, limit: LIMITS[name] ?? OTHERS })))(
    '$name is within $limit kB',
    async ({ name, limit }) => {
      const { minified } = await sizeOf(`export * from '${name}';`);
      expect(minified).toBeGreaterThan(1000);
      expect(minified).toBeLessThanOrEqual(limit * 1000);
    },
  );

  test('what a browser cannot load is an error', async () => {
    await expect(sizeOf("import 'node:fs';")).rejects.toThrow(/node:fs/);
    await expect(sizeOf("export * from '@tsm/host';")).rejects.toThrow(/could not resolve/i);
  });
});
