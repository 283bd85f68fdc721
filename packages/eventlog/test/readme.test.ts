/** The example of the README runs: events in words, one register that agrees and one that does not. */
import { expect } from 'vitest';
import { testReadme } from '../../core/test/support/readme.ts';

testReadme(
  import.meta.dirname,
  () => import('./readme.example.ts'),
  (calls) => {
    expect(calls).toEqual([
      [0, 'EV_NO_ACTION', 'Spec ID Event03: sha384'],
      [1, 'EV_EFI_ACTION', 'Calling EFI Application from Boot Option'],
      ['rtmr1', 'match', '8032dedf…7a17d7bd'],
      ['rtmr2', 'notExplained', '00000000…00000000'],
    ]);
  },
);
