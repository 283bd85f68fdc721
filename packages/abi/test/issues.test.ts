/** Every issue of this package has a fixture. */
import { ABI_ISSUES, checkStart } from '@tsm/abi';
import { decodeLog } from '@tsm/eventlog';
import { describe, expect, it } from 'vitest';

const FIXTURES: Record<string, () => readonly { code: string }[]> = {
  'log.start-not-golden': () =>
    checkStart(decodeLog(new TextEncoder().encode(`SYNC sha384/${'11'.repeat(48)}\n\na b c\n`)), [
      new Uint8Array(48),
    ]),
};

describe('issues', () => {
  it('each code has a fixture', () => {
    expect(Object.keys(FIXTURES).sort()).toEqual([...ABI_ISSUES.codes].sort());
  });

  it.each(Object.entries(FIXTURES))('%s', (code, make) => {
    expect(make()).toMatchObject([{ code, severity: 'error', path: 'events[0]', offset: 0, length: 108 }]);
  });
});
