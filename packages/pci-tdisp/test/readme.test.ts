/** The example of the README runs. */
import { expect } from 'vitest';
import { testReadme } from '../../core/test/support/readme.ts';

testReadme(
  import.meta.dirname,
  () => import('./readme.example.ts'),
  (calls) => {
    expect(calls).toEqual([
      [['requester: GET_VERSION', 'responder: VERSION', 'requester: GET_DIGESTS']],
      [['2: spdm.unexpected']],
    ]);
  },
);
