/** The example of the README runs: the machine is there again, and its event is logged. */
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Appended } from '@tsm/core';
import { expect } from 'vitest';
import { testReadme } from '../../core/test/support/readme.ts';

testReadme(
  import.meta.dirname,
  () => import('./readme.example.ts'),
  (calls) => {
    rmSync(`${tmpdir()}/tsm-${process.pid}`, { recursive: true });
    expect((calls[0]?.[0] as Appended).logged).toMatch(/\nexample.com\/app start v1\n$/);
  },
);
