/** The example of the README runs. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { testReadme } from '../../../packages/core/test/support/readme.ts';
import { VERSION } from '../src/version.ts';

testReadme(
  import.meta.dirname,
  () => import('./readme.example.ts'),
  (calls) => {
    expect(calls).toHaveLength(4);
    expect(calls[0]).toEqual([expect.stringMatching(/^⟵ RTMR3 [0-9a-f]{8}…[0-9a-f]{6}$/)]);
    expect(calls[3]).toEqual([2, 'replay.sync-mismatch']);
  },
);

test('the version in bundles is that of the manifest', () => {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  expect(JSON.parse(manifest)).toMatchObject({ version: VERSION });
});
