/** The example of the README runs. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';

const read = (file: string): string => readFileSync(path.join(import.meta.dirname, file), 'utf8');

test('the README shows the example that runs here', () => {
  expect(read('../README.md')).toContain(`\`\`\`ts\n${read('readme.example.ts')}\`\`\``);
});

test('the example prints what the certificate says', async () => {
  const log = vi.spyOn(console, 'log').mockReturnValue();
  await import('./readme.example.ts');
  expect(log.mock.calls).toEqual([['O=Example,CN=A root', '2036-01-01T00:00:00.000Z', 0]]);
  log.mockRestore();
});
