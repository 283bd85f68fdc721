/** The example of the README runs: it prints what the certificate says. */
import { expect } from 'vitest';
import { testReadme } from '../../core/test/support/readme.ts';

testReadme(
  import.meta.dirname,
  () => import('./readme.example.ts'),
  (calls) => {
    expect(calls).toEqual([['O=Example,CN=A root', '2036-01-01T00:00:00.000Z', 0]]);
  },
);
