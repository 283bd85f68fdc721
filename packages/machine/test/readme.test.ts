/** The example of the README runs: the log it prints replays to the value it prints. */
import { toHex } from '@tsm/core';
import { decodeLog, replay } from '@tsm/eventlog';
import { expect } from 'vitest';
import { testReadme } from '../../core/test/support/readme.ts';

testReadme(
  import.meta.dirname,
  () => import('./readme.example.ts'),
  (calls) => {
    const [value, text] = calls[0]?.map(String) ?? [];
    const log = decodeLog(new TextEncoder().encode(text));
    expect(text).toMatch(/^SYNC sha384\/0{96}\n\nexample.com\/app start v1\n$/);
    expect(replay(log).registers.map((one) => toHex(one.value))).toEqual([value]);
  },
);
