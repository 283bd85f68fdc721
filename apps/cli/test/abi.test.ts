/** `tsm abi`: the conformance kit through the command line. */
import { describe, expect, it } from 'vitest';
import { plainTree } from './support/plain-tree.ts';
import { run, tooWide } from './support/run.ts';

describe('abi test', () => {
  it('passes all of it, in one JSON document', { timeout: 60_000 }, async () => {
    const { exit, json } = await run(['abi', 'test', '--in-process', '--json']);
    expect(exit).toBe(0);
    const result = json() as unknown as { notShown: { case: number; reason: string }[] };
    expect(result).toMatchObject({ profile: null, target: 'in process', passed: 164, failed: 0 });
    expect(result.notShown).toEqual([]);
  });

  it('says group by group what passed, within 80 columns', { timeout: 60_000 }, async () => {
    const { exit, out } = await run(['abi', 'test', '--profile', '6.7']);
    expect(exit).toBe(0);
    expect(tooWide(out)).toEqual([]);
    expect(out).toMatch(/A\s+directories and visibility\s+15\s+–\s+3/);
    expect(out).toMatch(/✔ \d+ passed, 0 failed, \d+ not shown/);
  });

  it('prints TAP and JUnit', { timeout: 60_000 }, async () => {
    const tap = await run(['abi', 'test', '--profile', '6.7', '--tap']);
    expect(tap.out).toMatch(/^TAP version 14\n1\.\.164\nok 1 - 1 \[M\] A: /);
    const junit = await run(['abi', 'test', '--profile', '6.7', '--junit']);
    expect(junit.out).toMatch(/^<\?xml [^\n]*\n<testsuites tests="164" failures="0" /);
  });

  it('names the profiles when asked for one that there is not', async () => {
    const { exit, err } = await run(['abi', 'test', '--profile', '5.0']);
    expect(exit).toBe(2);
    expect(err).toContain('expected one of report-2023, 6.7');
    expect((await run(['abi', 'test', '--tap', '--junit'])).exit).toBe(2);
  });
});

describe('abi test PATH', () => {
  const root = plainTree();

  it('shows what the tree does, with reasons for the rest, and fails where it is not as the kernel', async () => {
    const { exit, out } = await run(['abi', 'test', root]);
    expect(tooWide(out)).toEqual([]);
    expect(out).toContain(`${root} as 7.0`);
    expect(out).toContain('allow it with');
    expect(out).toMatch(/✘ 80 TDX_CMD_GET_REPORT0: 7\.0: \/dev\/tdx_guest: ENOENT/);
    expect(exit).toBe(8);
  });

  it('is one JSON document, in the profile that is asked for', async () => {
    const { json } = await run(['abi', 'test', root, '--profile', '6.16', '--json']);
    expect(json()).toMatchObject({ profile: '6.16', target: root });
    expect(json()['notShown']).toContainEqual({
      case: 1,
      reason: 'needs a report provider: there is none at /sys/kernel/config/tsm/report',
    });
  });

  it('refuses what does not go together, and a tree without a TSM', async () => {
    expect((await run(['abi', 'test', root, '--in-process'])).exit).toBe(2);
    expect((await run(['abi', 'test', '--allow-extend'])).exit).toBe(2);
    const { exit, err } = await run(['abi', 'test', `${root}/sys`]);
    expect(exit).toBe(3);
    expect(err).toContain('this is no confidential VM: there is none of');
  });
});

describe('abi profiles', () => {
  it('lists them, the default marked', async () => {
    const { out } = await run(['abi', 'profiles']);
    expect(tooWide(out)).toEqual([]);
    expect(out).toContain('7.0 (default)');
    const { json } = await run(['abi', 'profiles', '--json']);
    expect((json()['profiles'] as unknown as { name: string }[]).map(({ name }) => name)).toContain(
      'unified',
    );
  });
});
