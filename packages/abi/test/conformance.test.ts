/** Every case of the specification passes in process; and a tree that is wrong is found out. */
import { PROFILE_NAMES } from '@tsm/abi';
import { CASES, runKit, toJunit, toTap, type CaseResult, type KitResult } from '@tsm/abi/kit';
import { expect, describe, it } from 'vitest';
import { changed, target } from './support/target.ts';

const PCI = Array.from({ length: 21 }, (_, i) => 138 + i);
const failures = (result: KitResult): string[] =>
  result.cases
    .filter(({ status }) => status === 'failed')
    .map(({ case: id, reason }) => `${String(id)} ${reason ?? ''}`);

/** Without the cases of the vendors' drivers, which sign many reports. */
const TORTURE = process.env['TSM_TORTURE'] === '1';
const QUICK = TORTURE ? CASES : CASES.filter(({ group }) => !['D', 'E', 'F'].includes(group));

describe('the kit in process', () => {
  it('has the cases 1 to 164, once each', () => {
    expect(CASES.map(({ id }) => id)).toEqual(Array.from({ length: 164 }, (_, i) => i + 1));
  });

  it('passes all of them, in the profiles they name', { timeout: 60_000 }, async () => {
    const seen: CaseResult[] = [];
    const result = await runKit(target, { progress: (one) => seen.push(one) });
    expect(failures(result)).toEqual([]);
    expect(result).toMatchObject({ passed: 164, failed: 0 });
    expect(result.notShown).toEqual([]);
    expect(seen).toEqual(result.cases);
  });

  // Cases of the default profile, in another one: none may contradict what that revision does.
  it.each(PROFILE_NAMES)('has no failure in the profile %s', { timeout: 60_000 }, async (profile) => {
    const result = await runKit(target, { profile, cases: QUICK });
    expect(failures(result)).toEqual([]);
    expect(result.passed).toBeGreaterThan(50);
    for (const { status, profiles } of result.cases)
      if (status === 'passed') expect(profiles).toEqual([profile]);
  });
});

describe('a tree of another process', () => {
  it(
    'is shown what system calls alone can show, and the rest has a reason',
    { timeout: 60_000 },
    async () => {
      const result = await runKit(changed(() => ({}), { inside: false }));
      expect(failures(result)).toEqual([]);
      expect(result.passed).toBeGreaterThan(80);
      expect(result.notShown.every(({ reason }) => reason.length > 10)).toBe(true);
      expect(result.notShown.map((one) => one.case)).toEqual(
        expect.arrayContaining([12, 68, 109, 162, ...PCI]),
      );
    },
  );
});

describe('a tree that is not right', () => {
  const failed = async (...args: Parameters<typeof changed>): Promise<number[]> => {
    const result = await runKit(changed(...args), { cases: QUICK });
    return result.cases.filter(({ status }) => status === 'failed').map((one) => one.case);
  };

  it('with other modes fails the cases about modes', { timeout: 60_000 }, async () => {
    const found = await failed((files) => ({
      stat: async (path) => ({ ...(await files.stat(path)), mode: 0o600 }),
    }));
    expect(found).toEqual([6, 95, 113, 121, 126, 139]);
  });

  it('that commits inblob at each write fails the cases about commits', { timeout: 60_000 }, async () => {
    const found = await failed((files) => ({
      async open(path, access, options) {
        const file = await files.open(path, access, options);
        if (!path.endsWith('/inblob')) return file;
        const write = async (bytes: Uint8Array): Promise<number> => {
          const one = await files.open(path, 'write');
          try {
            return await one.write(bytes);
          } finally {
            await one.close();
          }
        };
        return { ...file, write };
      },
    }));
    expect(found).toEqual([57, 58, 60, 61]);
  });

  it('that does not refuse fails the cases about refusals', { timeout: 60_000 }, async () => {
    const lenient = async (action: () => Promise<void>): Promise<void> => {
      try {
        await action();
      } catch {
        // This tree tells nobody.
      }
    };
    const found = await failed((files) => ({
      mkdir: (path) => lenient(() => files.mkdir(path)),
      rmdir: (path) => lenient(() => files.rmdir(path)),
      unlink: (path) => lenient(() => files.unlink(path)),
      rename: (from, to) => lenient(() => files.rename(from, to)),
    }));
    expect(found).toEqual([1, 7, 8, 9, 10, 11, 137]);
  });
});

describe('results for other programs', () => {
  const result: KitResult = {
    ...{ target: 'a <tree>', passed: 1, failed: 1, notShown: [{ case: 3, reason: 'no # here' }] },
    cases: [
      { case: 1, group: 'A', mark: 'M', title: 'fine', status: 'passed', profiles: ['7.0'] },
      {
        case: 2,
        group: 'A',
        mark: 'D',
        title: 'a & b',
        status: 'failed',
        profiles: ['7.0'],
        reason: 'got "x"\x1b',
      },
      {
        case: 3,
        group: 'B',
        mark: 'S',
        title: 'left',
        status: 'not shown',
        profiles: [],
        reason: 'no # here',
      },
    ],
  };

  it('TAP', () => {
    expect(toTap(result)).toBe(
      [
        ...['TAP version 14', '1..3', 'ok 1 - 1 [M] A: fine', 'not ok 2 - 2 [D] A: a & b', '  ---'],
        ...['  message: "got \\"x\\"\\u001b"', '  ...', 'ok 3 - 3 [S] B: left # SKIP no \\# here', ''],
      ].join('\n'),
    );
  });

  it('JUnit', () => {
    expect(toJunit(result)).toBe(
      [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<testsuites tests="3" failures="1" skipped="1">',
        '  <testsuite name="TSM ABI, a &lt;tree&gt;" tests="3" failures="1" skipped="1">',
        '    <testcase classname="tsm.abi.A" name="1 [M] A: fine"/>',
        '    <testcase classname="tsm.abi.A" name="2 [D] A: a &amp; b">',
        '      <failure message="got &quot;x&quot;\\x1b"/>',
        '    </testcase>',
        '    <testcase classname="tsm.abi.B" name="3 [S] B: left">',
        '      <skipped message="no # here"/>',
        '    </testcase>',
        ...['  </testsuite>', '</testsuites>', ''],
      ].join('\n'),
    );
  });
});
