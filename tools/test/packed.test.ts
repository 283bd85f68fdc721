/** Each package, packed as npm publishes it and installed alone in an empty folder, works in plain Node. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../lib/run.mjs';
import { PACKAGES, closure } from '../lib/workspace.mjs';

const run = promisify(execFile);

const npm = async (cwd: string, ...args: string[]): Promise<string> => {
  const options = {
    cwd,
    env: { ...process.env, npm_config_loglevel: 'error' },
    shell: process.platform === 'win32',
  };
  return (await run('npm', args, options)).stdout;
};

/** Prints, for each export path given, how many names it exports. */
const COUNT_EXPORTS = `
  const counts = {};
  for (const name of process.argv.slice(1)) {
    const options = name.endsWith('.json') ? { with: { type: 'json' } } : {};
    counts[name] = Object.keys(await import(name, options)).length;
  }
  console.log(JSON.stringify(counts));`;

/** The versions of third-party packages that the lock file holds, so that the result does not depend on the day. */
const lockedVersions = async (): Promise<Record<string, string>> => {
  const text = await readFile(path.join(ROOT, 'package-lock.json'), 'utf8');
  const { packages } = JSON.parse(text) as { packages: Record<string, { version?: string; dev?: boolean }> };
  return Object.fromEntries(
    Object.entries(packages).flatMap(([where, { version, dev }]) => {
      const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(where)?.[1];
      return name && version && !dev ? [[name, version]] : [];
    }),
  );
};

let folder: string;
let tarballs: Map<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tsm-packed-'));
  const names = PACKAGES.flatMap(({ manifest }) => ['-w', manifest.name]);
  const packed = JSON.parse(
    await npm(ROOT, 'pack', '--json', '--pack-destination', folder, ...names),
  ) as unknown;
  const entries = Object.values(packed as Record<string, { name: string; filename: string }>);
  tarballs = new Map(entries.map(({ name, filename }) => [name, `file:${path.join(folder, filename)}`]));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** An empty project that depends on one package, with the tarballs that package needs. */
const installAlone = async (name: string): Promise<string> => {
  const project = path.join(folder, name.replace('/', '-'));
  await mkdir(project);
  const manifest = {
    private: true,
    type: 'module',
    dependencies: Object.fromEntries(closure(name).map((each) => [each, tarballs.get(each)])),
    overrides: await lockedVersions(),
  };
  await writeFile(path.join(project, 'package.json'), JSON.stringify(manifest));
  const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts'];
  await npm(project, 'install', '--engine-strict', '--prefer-offline', ...quiet);
  return project;
};

describe.each(PACKAGES)('$manifest.name', ({ folder: home, manifest }) => {
  let project: string;

  beforeAll(async () => {
    project = await installAlone(manifest.name);
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
