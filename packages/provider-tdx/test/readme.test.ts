/** The example of the README runs: it prints the registers of the quote, and its issuer. */
import { expect } from 'vitest';
import { testReadme } from '../../core/test/support/readme.ts';

testReadme(
  import.meta.dirname,
  () => import('./readme.example.ts'),
  (calls) => {
    expect(calls.map(([first]) => String(first))).toEqual([
      ...['mrtd', 'mrconfigid', 'mrowner', 'mrownerconfig', 'rtmr0', 'rtmr1', 'rtmr2', 'rtmr3'],
      'C=US,O=TSM test,CN=TSM test SGX PCK Platform CA',
    ]);
  },
);
