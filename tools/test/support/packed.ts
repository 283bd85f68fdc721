/** The packages as npm publishes them: packed to tarballs, and installed in an empty folder. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../lib/run.mjs';
import { PACKAGES, closure } from '../../lib/workspace.mjs';

export const run = promisify(execFile);

/** Runs npm in a folder, and gives its standard output. */
export const npm = async (cwd: string, ...args: string[]): Promise<string> => {
  const options = {
    cwd,
    env: { ...process.env, npm_config_loglevel: 'error' },
    shell: process.platform === 'win32',
  };
  return (await run('npm', args, options)).stdout;
};

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

/** Packs packages, default all, into a folder: name → how to depend on its tarball. */
export const pack = async (
  folder: string,
  names: readonly string[] = PACKAGES.map(({ manifest }) => manifest.name),
): Promise<Map<string, string>> => {
  const which = names.flatMap((name) => ['-w', name]);
  const packed = JSON.parse(
    await npm(ROOT, 'pack', '--json', '--pack-destination', folder, ...which),
  ) as unknown;
  const entries = Object.values(packed as Record<string, { name: string; filename: string }>);
  return new Map(entries.map(({ name, filename }) => [name, `file:${path.join(folder, filename)}`]));
};

/** Makes an empty project that depends on these packages, and installs the tarballs that they need. */
export const installAlone = async (
  project: string,
  names: readonly string[],
  tarballs: ReadonlyMap<string, string>,
): Promise<void> => {
  await mkdir(project);
  const manifest = {
    private: true,
    type: 'module',
    dependencies: Object.fromEntries(names.flatMap(closure).map((each) => [each, tarballs.get(each)])),
    overrides: await lockedVersions(),
  };
  await writeFile(path.join(project, 'package.json'), JSON.stringify(manifest));
  const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts'];
  await npm(project, 'install', '--engine-strict', '--prefer-offline', ...quiet);
};
