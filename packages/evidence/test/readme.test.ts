/** The examples of the README run, and print what they should. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { testReadme } from '../../core/test/support/readme.ts';

testReadme(
  import.meta.dirname,
  () => import('./readme.example.ts'),
  (calls) => {
    expect(calls).toEqual([['O=Example,CN=A root', '2036-01-01T00:00:00.000Z', 0]]);
  },
);

const MORE = [
  ['verify', () => import('./verify.example.ts'), [['pass', 'Leaf ← Root, valid 2026-01-01 … 2036-01-01']]],
  [
    'policy',
    () => import('./policy.example.ts'),
    [
      ['fail', ['policy.claim.tcb.microcode']],
      [0, ['mrtd']],
    ],
  ],
  [
    'cose',
    () => import('./cose.example.ts'),
    [
      [true, 0, 'ecdsa-p384-sha384'],
      ['item.payload.content.nonce', 10, '"challenge"'],
    ],
  ],
] as const;

test.each(MORE)(
  'the README shows the example %s, and it prints what it should',
  async (name, load, printed) => {
    const read = (file: string): string => readFileSync(path.join(import.meta.dirname, file), 'utf8');
    expect(read('../README.md')).toContain(`\`\`\`ts\n${read(`${name}.example.ts`)}\`\`\``);
    const log = vi.spyOn(console, 'log').mockReturnValue();
    try {
      await load();
      expect(log.mock.calls).toEqual(printed);
    } finally {
      log.mockRestore();
    }
  },
);
