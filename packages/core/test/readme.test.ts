/** The example of the README runs: a known extend, a decoded record, and an issue with its place. */
import { expect } from 'vitest';
import { testReadme } from '../../core/test/support/readme.ts';

testReadme(
  import.meta.dirname,
  () => import('./readme.example.ts'),
  (calls) => {
    expect(calls).toEqual([
      ['1d9b87ca…1852d1bc'],
      [{ size: 1, data: Uint8Array.of(0x68) }],
      [['offset 0x4 (data): the data ends here: 2 bytes needed, 1 left']],
    ]);
  },
);
