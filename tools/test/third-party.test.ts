/** Documents for third parties run as they stand: their files, checks and commands, on packages installed from tarballs. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../lib/run.mjs';
import { closure } from '../lib/workspace.mjs';
import { blocks, withOutputs } from './support/markdown.ts';
import { installAlone, pack, run } from './support/packed.ts';

/** The values that the kernel's sample must show (samples/tsm-mr/tsm_mr_sample.c), computed independently. */
const INITIAL = {
  static_mr: '7374617469635f6d72'.padEnd(96, '0'),
  config_mr: '636f6e6669675f6d72'.padEnd(128, '0'),
  rtmr0: '72746d7230'.padEnd(64, '0'),
  rtmr1: '72746d7231'.padEnd(96, '0'),
  'rtmr_crypto_agile:sha256': '72746d7230'.padEnd(64, '0'),
  'rtmr_crypto_agile:sha384': '72746d7231'.padEnd(96, '0'),
  report_digest:
    '106d079f9954b62443dc0595906460dba92ce1398aeeb6430e27ac5704322307cdd16d1512d7cbae214c99ff484f7bb5d8bb267d1f4f4d5cd75f4f77fe3d63cf',
};
const RTMR1_BY_ZEROS =
  '5981610c834136299064ad2ed2d42ceb3f9a8bfb902d9e82842bb3e9c9e049b05635ad21b5f6fec9c1acb962ec4cbce2';
const REPORT_DIGEST_BY_ZEROS =
  '44fb67b49be39f593ac9425196c06fd7bc87fe3e5b738698937e16015752e04e35b5ff0111be2d3af1eec8f6d4c8196bad44bbd8b8852e52a7c56cffb887b803';
const RTMR0_BY_ONES = 'b759ae1acbd1d240deb127afd4584118f7804af6cd06e49099f011e07d95b73a';

let folder: string;
let project: string;

/** Runs the installed `tsm`, and gives everything it says. */
const tsm = async (...args: string[]): Promise<string> => {
  const env = { ...process.env, XDG_STATE_HOME: path.join(project, 'state'), FORCE_COLOR: '', NO_COLOR: '' };
  const main = path.join(project, 'node_modules/@tsm/cli/dist/main.js');
  const said = await run(process.execPath, [main, ...args], { cwd: project, env }).catch(
    (error: unknown) => error as { stdout: string; stderr: string },
  );
  return said.stdout + said.stderr;
};

const values = async (machine: string): Promise<Record<string, string>> => {
  const { registers } = JSON.parse(await tsm('machine', 'show', machine, '--json')) as {
    registers: { name: string; value: string }[];
  };
  return Object.fromEntries(registers.map(({ name, value }) => [name, value]));
};

/** The commands of a document print what it says. After a change that is meant: `npx vitest run third-party -u`. */
const expectOutputs = async (file: string): Promise<void> => {
  const document = path.join(ROOT, file);
  const now = await withOutputs(await readFile(document, 'utf8'), ([npx, command, ...args]) => {
    expect([npx, command]).toEqual(['npx', 'tsm']);
    return tsm(...args);
  });
  await expect(now).toMatchFileSnapshot(document);
};

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tsm-third-party-'));
  project = path.join(folder, 'project');
  await installAlone(project, ['@tsm/cli'], await pack(folder, closure('@tsm/cli')));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('docs/add-a-provider.md', () => {
  let document: string;

  beforeAll(async () => {
    document = await readFile(path.join(ROOT, 'docs/add-a-provider.md'), 'utf8');
    for (const { file, code } of blocks(document, 'js'))
      await writeFile(path.join(project, file ?? ''), code);
  });

  test('its provider has at most 60 lines, its test 12', () => {
    const [provider = 0, checks = 0] = blocks(document, 'js').map(
      ({ code }) => code.split('\n').filter((line) => line !== '').length,
    );
    expect(provider).toBeLessThanOrEqual(60);
    expect(checks).toBeLessThanOrEqual(12);
  });

  test('its checks pass under the test runner of Node', async () => {
    const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap'], { cwd: project });
    expect(stdout).toMatch(/^# pass 1\d$/m);
    expect(stdout).toMatch(/^# fail 0$/m);
  });

  test('its types are right, by the declarations of the packages', async () => {
    const compiler = path.join(ROOT, 'node_modules/typescript/bin/tsc');
    const options = [
      '--noEmit',
      '--allowJs',
      '--checkJs',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2023',
    ];
    const { stdout } = await run(process.execPath, [compiler, ...options, 'my-provider.mjs'], {
      cwd: project,
    });
    expect(stdout).toBe('');
  });

  test('its commands print what it says', async () => {
    await expectOutputs('docs/add-a-provider.md');
  });

  test('the registers have the values that are known, at launch and after each extend', async () => {
    const extend = (machine: string, register: string, digest: string) =>
      tsm('machine', 'extend', machine, register, '--digest', digest);
    for (const machine of ['a', 'b']) {
      await tsm('machine', 'new', machine, '--provider', './my-provider.mjs');
      expect(await values(machine)).toEqual(INITIAL);
    }
    await extend('a', 'rtmr1', '00'.repeat(48));
    expect(await values('a')).toEqual({
      ...INITIAL,
      rtmr1: RTMR1_BY_ZEROS,
      'rtmr_crypto_agile:sha384': RTMR1_BY_ZEROS,
      report_digest: REPORT_DIGEST_BY_ZEROS,
    });
    await extend('b', 'rtmr_crypto_agile:sha256', 'ff'.repeat(32));
    expect(await values('b')).toMatchObject({
      rtmr0: RTMR0_BY_ONES,
      'rtmr_crypto_agile:sha256': RTMR0_BY_ONES,
    });
  });

  test('a log says where the register changed under another name', async () => {
    await tsm('machine', 'new', 'c', '--provider', './my-provider.mjs');
    for (const register of ['rtmr1', 'rtmr_crypto_agile:sha384', 'rtmr1'])
      await tsm('machine', 'extend', 'c', register, '--event', `by ${register}`);
    const log = await tsm('machine', 'log', 'c', '--register', 'rtmr1');
    expect(log.match(/^SYNC/gm)).toHaveLength(2);
  });
});

test('the commands of the README of the command line print what it says', async () => {
  await expectOutputs('apps/cli/README.md');
});

test('the example of the README replays a log', async () => {
  const [example] = blocks(await readFile(path.join(ROOT, 'README.md'), 'utf8'), 'js');
  await tsm('machine', 'new', 'readme');
  await tsm('machine', 'log', 'readme', '--out', path.join(project, 'ccel.bin'));
  const file = path.join(project, 'readme.mjs');
  await writeFile(file, example?.code ?? '');
  const { stdout } = await run(process.execPath, [file], { cwd: project });
  expect(stdout).toMatch(/^8 EV_SEPARATOR separator 00000000$/m);
  expect(stdout).toMatch(/^rtmr0 [0-9a-f]{96}$/m);
});
