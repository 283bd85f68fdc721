/** Check lists become verdicts; the cache forgets what was used least. */
import { describe, expect, test } from 'vitest';
import { CheckList, createVerifyCache, remembered } from '../src/index.ts';

const one = Uint8Array.of(1, 0xab);

describe('a check list', () => {
  test('becomes a verdict with the checks in order, nested ones below their group', () => {
    const checks = new CheckList();
    const group = checks.group('group', 'A group', { spec: 'A §1' });
    expect(group.check('group.a', 'first', true, { spec: 'A §2', remedy: 'none needed' })).toBe(true);
    expect(group.equal('group.b', 'second', one, one, { range: { offset: 4, length: 2 } })).toBe(true);
    checks.notApplicable('c', 'third', 'there is none');
    group.notChecked('deep', 'not given');
    checks.notChecked('deep', 'said twice');
    expect(checks.verdict('tdx', 'UpToDate')).toEqual({
      technology: 'tdx',
      verdict: 'pass',
      tcbStatus: 'UpToDate',
      checks: [
        {
          ...{ id: 'group', title: 'A group', status: 'pass', spec: 'A §1' },
          checks: [
            { id: 'group.a', title: 'first', status: 'pass', spec: 'A §2' },
            {
              ...{ id: 'group.b', title: 'second', status: 'pass', expected: '01ab', actual: '01ab' },
              range: { offset: 4, length: 2 },
            },
          ],
        },
        { id: 'c', title: 'third', status: 'notApplicable', actual: 'there is none' },
      ],
      notChecked: [{ id: 'deep', reason: 'not given' }],
    });
    expect(checks.failed).toBe(false);
  });

  test('fails with one failed check at any depth, which keeps its remedy', () => {
    const checks = new CheckList();
    checks.skip('s', 'skipped', { remedy: 'give it' });
    const inner = checks.group('a', 'A').group('a.b', 'B');
    expect(inner.equal('a.b.c', 'C', one, Uint8Array.of(2), { remedy: 'mend it' })).toBe(false);
    expect([checks.failed, inner.failed]).toEqual([true, true]);
    const verdict = checks.verdict('x');
    expect(verdict.verdict).toBe('fail');
    expect(verdict).not.toHaveProperty('tcbStatus');
    expect(verdict.checks[1]).toMatchObject({
      status: 'fail',
      checks: [{ status: 'fail', checks: [{ expected: '01ab', actual: '02', remedy: 'mend it' }] }],
    });
  });

  test('is inconclusive with a skipped check, and when nothing was checked', () => {
    const skipped = new CheckList();
    skipped.check('a', 'A', true);
    skipped.skip('b', 'B', { remedy: 'give it' });
    const nothing = new CheckList();
    nothing.group('a', 'A');
    expect([skipped, nothing].map((checks) => checks.verdict('x').verdict)).toEqual([
      'inconclusive',
      'inconclusive',
    ]);
  });

  test('a group without checks is not applicable', () => {
    const checks = new CheckList();
    checks.group('a', 'A');
    expect(checks.checks).toEqual([{ id: 'a', title: 'A', status: 'notApplicable', checks: [] }]);
  });
});

describe('the cache', () => {
  test('forgets what was used least recently', () => {
    const cache = createVerifyCache(2);
    cache.set('a', 1);
    cache.set('b', 2);
    expect(cache.get('a')).toBe(1);
    cache.set('c', 3);
    expect(['a', 'b', 'c'].map((key) => cache.get(key))).toEqual([1, undefined, 3]);
    cache.set('a', 4);
    cache.set('d', 5);
    expect(['a', 'c', 'd'].map((key) => cache.get(key))).toEqual([4, undefined, 5]);
  });

  test.each([0, -1, 1.5, NaN])('of %s entries is a RangeError', (entries) => {
    expect(() => createVerifyCache(entries)).toThrow(RangeError);
  });

  test('a value is made once, unless it is false, undefined or a failure', async () => {
    const cache = createVerifyCache();
    let made = 0;
    const make =
      <T>(value: T) =>
      () =>
        Promise.resolve((made++, value));
    for (const [key, value, times] of [
      ['a', 'x', 1],
      ['b', false, 2],
      ['c', undefined, 2],
    ] as const) {
      made = 0;
      expect(await remembered(cache, key, make(value))).toBe(value);
      expect(await remembered(cache, key, make(value))).toBe(value);
      expect(made).toBe(times);
    }
    await expect(remembered(cache, 'd', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await remembered(cache, 'd', make('later'))).toBe('later');
    expect(await remembered(undefined, 'd', make('without a cache'))).toBe('without a cache');
  });

  test('who asks while a value is being made gets that one, or its failure', async () => {
    const cache = createVerifyCache();
    let made = 0;
    const make = () => Promise.resolve(++made);
    const twice = [remembered(cache, 'a', make), remembered(cache, 'a', make)];
    expect(await Promise.all([...twice, remembered(cache, 'b', make)])).toEqual([1, 1, 2]);
    const fail = () => {
      made++;
      throw new Error('no');
    };
    const failures = await Promise.allSettled([remembered(cache, 'c', fail), remembered(cache, 'c', fail)]);
    expect([made, ...failures.map(({ status }) => status)]).toEqual([3, 'rejected', 'rejected']);
    expect(await remembered(cache, 'c', make)).toBe(4);
    expect(await remembered(createVerifyCache(), 'a', make)).toBe(5);
  });
});
