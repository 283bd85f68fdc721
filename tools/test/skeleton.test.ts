/** The workspace has one shape: manifests, references and what may not be in any file. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../lib/run.mjs';
import { PACKAGES } from '../lib/workspace.mjs';

const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const json = (file: string): unknown => JSON.parse(read(file));

/** Fields that only some manifests have. */
const OPTIONAL = ['bin', 'devDependencies'] as const;

/** The fields of a manifest, in order. */
const FIELDS = [
  ...['name', 'version', 'description', 'license', 'repository', 'type', 'sideEffects', 'engines', 'exports'],
  ...['bin', 'files', 'publishConfig', 'scripts', 'dependencies', 'devDependencies'],
];

const root = json('package.json') as { version: string; engines: unknown };

describe.each(PACKAGES)('$folder', ({ folder, manifest }) => {
  test('has the fields of every package, in the same order', () => {
    const absent = OPTIONAL.filter((field) => !(field in manifest));
    expect(Object.keys(manifest)).toEqual(FIELDS.filter((field) => !absent.some((one) => one === field)));
  });

  test('says what every package says', () => {
    expect(manifest).toMatchObject({
      name: `@tsm/${path.basename(folder)}`,
      version: root.version,
      license: 'Apache-2.0',
      repository: { type: 'git', directory: folder },
      type: 'module',
      sideEffects: false,
      engines: root.engines,
      files: ['dist', 'src'],
      publishConfig: { access: 'public', provenance: true },
      scripts: { build: 'tsc -b' },
    });
  });

  test('exports sources, types and code of each entry, and its manifest', () => {
    const { './package.json': own, ...entries } = manifest.exports;
    expect(own).toBe('./package.json');
    expect(Object.keys(manifest.exports).at(-1)).toBe('./package.json');
    for (const entry of Object.values(entries)) {
      const source = (entry as Record<string, string>)['@tsm/source'] ?? '';
      const stem = source.replace(/^\.\/src\/(.*)\.ts$/, './dist/$1');
      expect(Object.entries(entry)).toEqual([
        ['@tsm/source', source],
        ['types', `${stem}.d.ts`],
        ['default', `${stem}.js`],
      ]);
      expect(existsSync(path.join(ROOT, folder, source)), source).toBe(true);
    }
  });

  test('references the packages it depends on, and the root references it', () => {
    const references = (file: string): string[] => {
      const { references: list = [] } = json(file) as { references?: { path: string }[] };
      return list.map((each) => path.posix.join(path.posix.dirname(file), each.path)).sort();
    };
    const needed = PACKAGES.filter((each) => each.manifest.name in (manifest.dependencies ?? {}));
    expect(references(`${folder}/tsconfig.json`)).toEqual(needed.map((each) => each.folder).sort());
    expect(references('tsconfig.json')).toContain(folder);
  });
});

test('the provider contract is one file that is read in a minute', () => {
  expect(read('packages/core/src/provider.ts').split('\n').length).toBeLessThanOrEqual(150);
});

test('the lock file names no registry', () => {
  expect(read('package-lock.json')).not.toMatch(/registry\.|"resolved": "https?:/);
});

test('the lock file holds the parts of every platform', () => {
  const { packages } = json('package-lock.json') as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const missing = Object.entries(packages).flatMap(([where, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !(`node_modules/${name}` in packages) && !(`${where}/node_modules/${name}` in packages),
    ),
  );
  expect(missing).toEqual([]);
});

test('no file names a folder of somebody’s computer', (context) => {
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const { status, stdout } = spawnSync('git', list, { cwd: ROOT, encoding: 'utf8' });
  if (!existsSync(path.join(ROOT, '.git')) || status !== 0) {
    const report = process.env['TSM_SKIP_REPORT'];
    if (report)
      appendFileSync(report, 'local paths in files: 1 case needs git, and a checkout that it may read\n');
    context.skip();
  }
  const local = /(?<![\w.:-])\/(?:home|root|work|Users)\/\w/;
  const guilty = stdout
    .split('\0')
    .filter((file) => file !== '' && existsSync(path.join(ROOT, file)))
    .filter((file) => {
      const text = read(file);
      return !text.includes('\0') && local.test(text);
    });
  expect(guilty).toEqual([]);
});
