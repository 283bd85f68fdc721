/** READMEs that run: each shows the example that stands beside its test, and the example does what the test says. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';

/** Lines of code: what says the file is an example, and blank lines, are not counted. */
const MAX_LINES = 15;

/**
 * Tests of a package's README. `folder`: where `readme.example.ts` is. `load` imports it; `printed` says what its
 * `console.log` calls give, each as the list of its arguments.
 */
export function testReadme(
  folder: string,
  load: () => Promise<unknown>,
  printed: (calls: readonly (readonly unknown[])[]) => void,
): void {
  const read = (file: string): string => readFileSync(path.join(folder, file), 'utf8');

  test('the README shows the example that runs here', () => {
    const example = read('readme.example.ts');
    expect(read('../README.md')).toContain(`\`\`\`ts\n${example}\`\`\``);
    const code = example.split('\n').filter((line) => line !== '' && !line.startsWith('/**'));
    expect(code.length).toBeLessThanOrEqual(MAX_LINES);
  });

  test('the example prints what it should', async () => {
    const log = vi.spyOn(console, 'log').mockReturnValue();
    try {
      await load();
      printed(log.mock.calls);
    } finally {
      log.mockRestore();
    }
  });
}
