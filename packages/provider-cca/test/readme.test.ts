/** The example of the README runs: it prints the registers of the token, and the verdict. */
import { expect } from 'vitest';
import { testReadme } from '../../core/test/support/readme.ts';

testReadme(
  import.meta.dirname,
  () => import('./readme.example.ts'),
  (calls) => {
    expect(calls.map(([first]) => String(first))).toEqual(['rim', 'rem0', 'rem1', 'rem2', 'rem3', 'pass']);
  },
);
