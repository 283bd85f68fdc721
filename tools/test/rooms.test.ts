/** The lint rules hold: each forbidden thing is an error in its room, each allowed one is not. */
import { ESLint } from 'eslint';
import { expect, test } from 'vitest';
import { ROOT } from '../lib/run.mjs';

/** The project's configuration without the rules that need types, so that files need not exist. */
const eslint = new ESLint({
  cwd: ROOT,
  overrideConfig: { languageOptions: { parserOptions: { project: false } } },
  ruleFilter: ({ ruleId }) => /^(tsm\/|no-restricted-|no-empty$|max-lines$)/.test(ruleId),
});

const rulesBroken = async (file: string, code: string): Promise<string[]> => {
  const [result] = await eslint.lintText(`/** A file. Spec: none. */\n${code}\n`, {
    filePath: `${ROOT}${file}`,
  });
  return (result?.messages ?? []).map(({ ruleId, message }) => ruleId ?? message);
};

test.each([
  ['packages/core/src/a.ts', "export * from '@noble/hashes/sha2.js';"],
  ['packages/core/src/layout/a.ts', "import '../bytes.ts';"],
  ['packages/core/src/layout/a.ts', "import './codec.ts';"],
  ['packages/eventlog/src/tcg2/a.ts', "import '@tsm/core/layout';"],
  ['packages/evidence/src/a.ts', "import '@peculiar/asn1-x509';"],
  ['packages/machine/src/a.ts', "import '@tsm/eventlog';"],
  ['packages/provider-tdx/src/a.ts', "import '@noble/curves/nist.js';"],
  ['packages/host/src/a.ts', "import 'node:fs'; process.exit(Date.now());"],
  ['apps/cli/src/io.ts', "import 'node:fs';"],
  ['apps/cli/src/commands/a.ts', "import '@tsm/provider-tdx';"],
])('%s may: %s', async (file, code) => {
  expect(await rulesBroken(file, code)).toEqual([]);
});

test.each([
  ['packages/core/src/a.ts', "import 'node:fs';", 'tsm/rooms'],
  ['packages/core/src/a.ts', "import '@tsm/eventlog';", 'tsm/rooms'],
  ['packages/core/src/a.ts', "export const a = () => import('node:fs');", 'tsm/rooms'],
  ['packages/core/src/a.ts', "export type A = import('node:fs').Stats;", 'tsm/rooms'],
  ['packages/core/src/layout/a.ts', "import '../digest.ts';", 'tsm/rooms'],
  ['packages/core/src/layout/a.ts', "import '@noble/hashes/sha2.js';", 'tsm/rooms'],
  ['packages/core/src/testing/a.ts', "import 'vitest';", 'tsm/rooms'],
  ['packages/eventlog/src/a.ts', "import '../../core/src/bytes.ts';", 'tsm/rooms'],
  ['packages/eventlog/src/a.ts', "import '@tsm/evidence';", 'tsm/rooms'],
  ['packages/provider-tdx/src/a.ts', "import '@tsm/eventlog';", 'tsm/rooms'],
  ['packages/provider-tdx/src/a.ts', "import '@tsm/provider-snp';", 'tsm/rooms'],
  ['packages/host/src/a.ts', "import '@tsm/provider-tdx';", 'tsm/rooms'],
  ['apps/cli/src/commands/a.ts', "import 'node:fs';", 'tsm/rooms'],
  ['packages/machine/src/a.ts', 'export const a = Date.now();', 'no-restricted-properties'],
  ['packages/machine/src/a.ts', 'export const a = Math.random();', 'no-restricted-properties'],
  ['packages/machine/src/a.ts', 'export const a = crypto.randomUUID();', 'no-restricted-properties'],
  ['packages/machine/src/a.ts', 'export const a = new Date();', 'no-restricted-syntax'],
  ['packages/machine/src/a.ts', 'export const a = process.pid;', 'no-restricted-globals'],
  ['packages/machine/src/a.ts', 'export const a = globalThis.fetch;', 'no-restricted-globals'],
  ['packages/machine/src/a.ts', 'console.log(1);', 'no-restricted-globals'],
  ['packages/machine/src/a.ts', 'try { f(); } catch {}', 'no-empty'],
  ['packages/machine/src/a.ts', 'f();\n'.repeat(401), 'max-lines'],
  ['apps/cli/src/commands/a.ts', 'console.log(1);', 'no-restricted-globals'],
])('%s may not: %s', async (file, code, rule) => {
  expect(await rulesBroken(file, code)).toEqual([rule]);
});

test('a file without a word about itself is an error', async () => {
  const [result] = await eslint.lintText('export const a = 1;\n', {
    filePath: `${ROOT}packages/core/src/a.ts`,
  });
  expect(result?.messages.map(({ ruleId }) => ruleId)).toEqual(['tsm/header']);
});
