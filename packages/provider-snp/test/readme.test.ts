/** The example of the README runs: it prints the registers of the report, and the verdict. */
import { expect } from 'vitest';
import { testReadme } from '../../core/test/support/readme.ts';

testReadme(
  import.meta.dirname,
  () => import('./readme.example.ts'),
  (calls) => {
    expect(calls.map(([first]) => String(first))).toEqual([
      ...['measurement', 'host_data', 'id_key_digest', 'author_key_digest'],
      'pass',
    ]);
    expect(calls.at(-1)?.[1]).toBe('tcb.minimum, policy');
  },
);
