/** The example of the README runs: it prints the registers of the certificate, and the verdict. */
import { expect } from 'vitest';
import { testReadme } from '../../core/test/support/readme.ts';

testReadme(
  import.meta.dirname,
  () => import('./readme.example.ts'),
  (calls) => {
    expect(calls.map(([first]) => String(first))).toEqual([
      ...Array.from({ length: 10 }, (_, i) => `mr${String(i)}`),
      'pass',
    ]);
  },
);
