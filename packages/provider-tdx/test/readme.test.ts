/** The example of the README runs. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';

const read = (file: string): string => readFileSync(path.join(import.meta.dirname, file), 'utf8');

test('the README shows the example that runs here', () => {
  expect(read('../README.md')).toContain(`\`\`\`ts\n${read('readme.example.ts')}\`\`\``);
});

test('the example prints the registers of the quote and its issuer', async () => {
  const log = vi.spyOn(console, 'log').mockReturnValue();
  await import('./readme.example.ts');
  expect(log.mock.calls.map(([first]) => String(first))).toEqual([
    ...['mrtd', 'mrconfigid', 'mrowner', 'mrownerconfig', 'rtmr0', 'rtmr1', 'rtmr2', 'rtmr3'],
    'C=US,O=TSM test,CN=TSM test SGX PCK Platform CA',
  ]);
  log.mockRestore();
});
