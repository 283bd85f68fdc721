/** Each package, packed as npm publishes it and installed in an empty folder as its README says, works in plain Node. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../lib/run.mjs';
import { PACKAGES } from '../lib/workspace.mjs';
import { blocks } from './support/markdown.ts';
import { installAlone, npm, pack, run } from './support/packed.ts';

/** Prints, for each export path given, how many names it exports. */
const COUNT_EXPORTS = `
  const counts = {};
  for (const name of process.argv.slice(1)) {
    const options = name.endsWith('.json') ? { with: { type: 'json' } } : {};
    counts[name] = Object.keys(await import(name, options)).length;
  }
  console.log(JSON.stringify(counts));`;

/** Explains in worker threads, which are a file of the package. */
const EXPLAIN_IN_WORKERS = `
  import { encodeAgileLog } from '@tsm/eventlog';
  import { explainOnCores, nodeDigests } from '@tsm/host';
  const digests = nodeDigests();
  const events = Array.from({ length: 40 }, (_, i) => ({
    register: 1, type: 5, data: Uint8Array.of(i), digests: { sha384: digests.digest('sha384', Uint8Array.of(i)) },
  }));
  const bytes = encodeAgileLog(['sha384'], events, { headerRegister: 1 });
  const [first, second, ...rest] = events.map(({ digests }) => digests.sha384);
  const chain = digests.chain('sha384', new Uint8Array(48));
  for (const digest of [second, first, ...rest]) chain.extend(digest);
  const asked = { register: 1, algorithm: 'sha384', expected: chain.value(), jobs: 2, alone: 0 };
  console.log((await explainOnCores({ bytes }, asked)).edits[0].kind);`;

let folder: string;
let tarballs: Map<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tsm-packed-'));
  tarballs = await pack(folder);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(PACKAGES)('$manifest.name', ({ folder: home, manifest }) => {
  const readme = path.join(ROOT, home, 'README.md');
  const text = existsSync(readme) ? readFileSync(readme, 'utf8') : '';
  const named = /^npm install (@tsm\/.*)$/m.exec(text)?.[1]?.split(' ') ?? [];
  let project: string;

  beforeAll(async () => {
    project = path.join(folder, manifest.name.replace('/', '-'));
    await installAlone(project, [manifest.name, ...named], tarballs);
  });

  test('every export path can be imported and exports something', async () => {
    const paths = Object.keys(manifest.exports);
    const specifiers = paths.map((each) => path.posix.join(manifest.name, each));
    const args = ['--input-type=module', '--eval', COUNT_EXPORTS, ...specifiers];
    const counts = JSON.parse((await run(process.execPath, args, { cwd: project })).stdout) as Record<
      string,
      number
    >;
    for (const [index, specifier] of specifiers.entries()) {
      const entry = manifest.exports[paths[index] ?? ''];
      const file = typeof entry === 'object' ? entry['@tsm/source'] : undefined;
      const source = file ? await readFile(path.join(ROOT, home, file), 'utf8') : '';
      if (source.startsWith('/** placeholder */')) continue;
      expect(counts[specifier], specifier).toBeGreaterThan(0);
    }
  });

  for (const { code } of blocks(text, 'ts')) {
    test('the example of its README runs', async () => {
      const file = path.join(project, 'example.mjs');
      await writeFile(file, ts.transpile(code, { target: ts.ScriptTarget.ES2022 }));
      const env = { ...process.env, TMPDIR: folder, TEMP: folder };
      expect((await run(process.execPath, [file], { cwd: project, env })).stdout).not.toBe('');
    });
  }

  if (manifest.name === '@tsm/host')
    test('its workers start', async () => {
      const file = path.join(project, 'workers.mjs');
      await writeFile(file, EXPLAIN_IN_WORKERS);
      expect((await run(process.execPath, [file], { cwd: project })).stdout.trim()).toBe('swapped');
    });

  for (const [command, file] of Object.entries(manifest.bin ?? {})) {
    test(`the command ${command} says its version`, async () => {
      const source = await readFile(
        path.join(ROOT, home, file.replace('dist', 'src').replace(/js$/, 'ts')),
        'utf8',
      );
      const output = await npm(project, 'exec', '--no', '--', command, '--version');
      if (!source.includes('/** placeholder */')) expect(output.trim()).toBe(manifest.version);
    });
  }
});
