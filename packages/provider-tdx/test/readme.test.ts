/** The example of the README runs: it prints the registers of the quote, and that it verifies. */
import { expect } from 'vitest';
import { testReadme } from '../../core/test/support/readme.ts';

testReadme(
  import.meta.dirname,
  () => import('./readme.example.ts'),
  (calls) => {
    expect(calls.map(([first]) => String(first))).toEqual([
      ...['mrtd', 'mrconfigid', 'mrowner', 'mrownerconfig', 'rtmr0', 'rtmr1', 'rtmr2', 'rtmr3'],
      'pass',
    ]);
  },
);
