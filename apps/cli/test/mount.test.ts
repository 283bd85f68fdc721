/** `tsm mount` and `tsm run`: what is refused in this process, and the program itself on the computer. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../../../packages/host/test/support/bundle.ts';
import {
  describeWhere,
  execute,
  noMount,
  noNamespace,
  outputOf,
} from '../../../packages/host/test/support/mounting.ts';
import { run, tooWide } from './support/run.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const TIMEOUT = 60_000;
const REGISTERS = '/sys/class/misc/tdx_guest/measurements';

let folder: string;
let tsm: string;
let provider: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tsm-cli-mount-'));
  await writeFile(path.join(folder, 'package.json'), '{"type":"module","version":"0.0.0-test"}');
  const urls = await bundle(path.join(folder, 'dist'), {
    main: path.join(ROOT, 'apps/cli/src/main.ts'),
    worker: path.join(ROOT, 'packages/host/src/mount/worker.ts'),
    inside: path.join(ROOT, 'packages/host/src/mount/inside.ts'),
    tdx: path.join(ROOT, 'packages/provider-tdx/src/index.ts'),
  });
  tsm = fileURLToPath(urls.main);
  provider = fileURLToPath(urls.tdx);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const call = (...args: readonly string[]) => execute(process.execPath, [tsm, ...args]);

describe('what is refused', () => {
  it.each([
    ['a profile that is none', ['mount', '/nowhere', '--profile', '5.0'], 2, 'expected one of report-2023'],
    ['a machine that is none', ['run', '--machine', 'none', '--', 'true'], 2, 'no machine "none"'],
    [
      'a provider for a machine that has one',
      ['run', '--machine', 'x', '--provider', 'snp', 'true'],
      2,
      'are for a new',
    ],
    ['a machine twice', ['mount', '/nowhere', '--machine', 'a', '--machine', 'a'], 2, 'served once'],
    ['a folder that is not there', ['mount', '/nowhere'], 2, 'make it with "mkdir -p /nowhere"'],
    ['no command', ['run'], 2, "missing required argument 'command'"],
  ])('%s', async (_, args, exit, message) => {
    const ran = await run(args);
    expect({ exit: ran.exit, err: ran.err }).toMatchObject({
      exit,
      err: expect.stringContaining(message) as string,
    });
  });

  it('help of both fits the terminal', async () => {
    for (const name of ['mount', 'run']) expect(tooWide((await run([name, '--help'])).out)).toEqual([]);
  });
});

describeWhere(noNamespace, 'tsm run', 2, () => {
  it('runs a program that sees the machine at the kernel’s own paths', { timeout: TIMEOUT }, async () => {
    const text = `cat ${REGISTERS}/rtmr3:sha384 | wc -c; exit 5`;
    expect(await call('run', '--provider', provider, '--', 'sh', '-c', text)).toEqual({
      exit: 5,
      out: '48\n',
      err: '',
    });
  });

  it(
    'shares a machine of the state directory: what the program extends is in its log',
    { timeout: TIMEOUT },
    async () => {
      const state = ['--state', path.join(folder, 'state')];
      await call('machine', 'new', 'dev', '--provider', provider, '--seed', 'lab', ...state);
      const text = `head -c 48 /dev/zero > ${REGISTERS}/rtmr3:sha384`;
      const ran = await call('run', '--machine', 'dev', ...state, '--json', '--', 'sh', '-c', text);
      expect(JSON.parse(ran.out)).toEqual({ command: ['sh', '-c', text], exit: 0 });
      const log = await call('machine', 'log', 'dev', '--register', 'rtmr3', ...state);
      expect(log.out).toContain('0'.repeat(96));
    },
  );
});

describeWhere(noMount, 'tsm mount', 1, () => {
  it('serves several machines, says where, and goes at SIGINT', { timeout: TIMEOUT }, async () => {
    const state = ['--state', path.join(folder, 'several')];
    for (const name of ['one', 'two']) await call('machine', 'new', name, '--provider', provider, ...state);
    const directory = path.join(folder, 'trees');
    await mkdir(directory);
    const args = ['mount', directory, '--machine', 'one', '--machine', 'two', ...state];
    const child = spawn(process.execPath, [tsm, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = outputOf(child);
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (part: Buffer) => {
        said += part.toString();
        if (said.includes('ends it')) resolve();
      });
      child.once('exit', () => reject(new Error(said)));
    });
    expect(said.split('\n')[0]).toBe(`  ${directory}/one  one · tdx · profile 7.0`);
    const value = await readFile(path.join(directory, 'two', REGISTERS, 'rtmr0:sha384'));
    expect(value).toHaveLength(48);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ exit: 0, err: '' });
    expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain(directory);
  });
});
