/** What tests of the mount need of the computer, today's sources as programs, and clients that are run on them. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { accessSync, appendFileSync, constants } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { Served } from '../../src/mount/messages.ts';
import { bundle } from './bundle.ts';
import { argumentOf } from './programs/arguments.ts';

const ROOT = path.resolve(import.meta.dirname, '../../../..');
const HOST = path.join(ROOT, 'packages/host');

const ENTRIES = {
  worker: path.join(HOST, 'src/mount/worker.ts'),
  inside: path.join(HOST, 'src/mount/inside.ts'),
  run: path.join(HOST, 'test/support/programs/run.ts'),
  mount: path.join(HOST, 'test/support/programs/mount.ts'),
  slow: path.join(HOST, 'test/support/programs/slow-provider.ts'),
  tdx: path.join(ROOT, 'packages/provider-tdx/src/index.ts'),
  snp: path.join(ROOT, 'packages/provider-snp/src/index.ts'),
  cca: path.join(ROOT, 'packages/provider-cca/src/index.ts'),
  snp2: path.join(HOST, 'test/support/programs/snp-level2.ts'),
};

function works(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

function haveFuse(): boolean {
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const root = process.getuid?.() === 0 && works('unshare', '-m', 'true');
/** Why mounts cannot be tested here; undefined where they can. */
export const noMount = !haveFuse()
  ? 'need /dev/fuse'
  : root
    ? undefined
    : 'need root and unshare(1), to mount';
/** As {@link noMount}, in a namespace. */
export const noNamespace = !haveFuse()
  ? 'need /dev/fuse'
  : root || works('unshare', '-U', '-r', '-m', 'true')
    ? undefined
    : 'need unshare(1), and root or user namespaces';
export const noPerl = works('perl', '-e', '1') ? undefined : 'need perl';
export const noCompiler = works('cc', '--version') ? undefined : 'need a C compiler';

/** A suite of `count` tests; where `why` says that it cannot run, one line tells how many are skipped. */
export function describeWhere(why: string | undefined, title: string, count: number, run: () => void): void {
  if (why === undefined) {
    describe(title, run);
    return;
  }
  const line = `${title}: ${count} tests ${why}`;
  const report = process.env['TSM_SKIP_REPORT'];
  if (report) appendFileSync(report, `${line}\n`);
  test.skip(line);
}

export interface Programs {
  readonly folder: string;
  readonly urls: Readonly<Record<keyof typeof ENTRIES, URL>>;
  /** The C clients, where there is a compiler. */
  readonly clients: string;
}

/** Builds the programs once for the file's tests, and takes them away afterwards. */
export function usePrograms(): () => Programs {
  let programs: Programs | undefined;
  beforeAll(async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'tsm-mount-'));
    await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
    const clients = path.join(folder, 'clients');
    const source = path.join(HOST, 'test/clients/clients.c');
    if (noCompiler === undefined) {
      const { status, stderr } = spawnSync('cc', ['-Wall', '-Wextra', '-O1', '-o', clients, source]);
      if (status !== 0) throw new Error(String(stderr));
    }
    programs = { folder, urls: await bundle(folder, ENTRIES), clients };
  });
  afterAll(async () => {
    if (programs) await rm(programs.folder, { recursive: true, force: true });
  });
  return () => {
    if (!programs) throw new Error('the programs are not built yet');
    return programs;
  };
}

export interface Output {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

/** Collects what a process says until it ends. Never waits in this thread: it may be the one that serves. */
export function outputOf(child: ChildProcess): Promise<Output> {
  return new Promise((resolve, reject) => {
    let [out, err] = ['', ''];
    child.stdout?.on('data', (part: Buffer) => (out += part.toString()));
    child.stderr?.on('data', (part: Buffer) => (err += part.toString()));
    child.on('error', reject);
    child.on('close', (exit) => resolve({ exit, out, err }));
  });
}

export function execute(program: string, args: readonly string[], input = ''): Promise<Output> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => undefined).end(input);
  return outputOf(child);
}

export const SEED = new Uint8Array(32).fill(3);
const LAUNCH = { seed: SEED, now: new Date('2026-01-01'), values: {} };

/** A machine that nobody else sees. */
export function fresh(
  { urls }: Programs,
  provider: 'tdx' | 'snp' | 'cca' | 'slow',
  more: Partial<Served> = {},
): Served {
  const created = {
    op: 'create',
    version: 1,
    id: 'new',
    provider,
    ...LAUNCH,
    boot: provider === 'tdx',
  } as const;
  return { provider: urls[provider].href, machine: { created }, ...more };
}

/** Starts a command in a namespace where the kernel's paths are the machine's. */
export function startInside({ urls }: Programs, served: Served, command: readonly string[]): ChildProcess {
  return spawn(process.execPath, [fileURLToPath(urls.run), argumentOf(served), ...command], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

export function inside(programs: Programs, served: Served, ...command: readonly string[]): Promise<Output> {
  const child = startInside(programs, served, command);
  child.stdin?.end();
  return outputOf(child);
}
