/** `tsm abi`: the conformance kit through the command line. */
import { describe, expect, it } from 'vitest';
import { run, tooWide } from './support/run.ts';

describe('abi test', () => {
  it('passes what is not about PCI devices, in one JSON document', { timeout: 60_000 }, async () => {
    const { exit, json } = await run(['abi', 'test', '--in-process', '--json']);
    expect(exit).toBe(0);
    const result = json() as unknown as { notShown: { case: number; reason: string }[] };
    expect(result).toMatchObject({ profile: null, target: 'in process', passed: 143, failed: 0 });
    expect(result.notShown).toHaveLength(21);
    expect(result.notShown[0]).toEqual({ case: 138, reason: 'PCI devices are not in this tree yet' });
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
