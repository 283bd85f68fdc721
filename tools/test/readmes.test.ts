/** Each package has a README that says how to install it, shows an example, names what it exports, and has its limits. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../lib/run.mjs';
import { PACKAGES } from '../lib/workspace.mjs';

/** The text below a heading, up to the next one. */
function section(markdown: string, heading: string): string {
  return markdown.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
}

describe.each(PACKAGES)('$manifest.name', ({ folder, manifest }) => {
  const file = (name: string): string => path.join(ROOT, folder, name);
  const readme = existsSync(file('README.md')) ? readFileSync(file('README.md'), 'utf8') : '';

  test('the README says what it is for, how to install it, an example and its limits', () => {
    expect(readme).toMatch(new RegExp(`^# ${manifest.name}\n\n[A-Z\`]`));
    expect(readme).toMatch(new RegExp(`\`\`\`sh\nnpm install ${manifest.name}( @tsm/[a-z-]+)*\n\`\`\``));
    expect(section(readme, 'Example')).toContain('```');
    expect(section(readme, 'Limits') !== '' || readme.includes('(LIMITATIONS.md)')).toBe(true);
  });

  test('what it says it exports, it exports', () => {
    const entries = Object.values(manifest.exports).flatMap((entry) =>
      typeof entry === 'object' ? [entry['@tsm/source'] ?? ''] : [],
    );
    const sources = entries.map((entry) => readFileSync(file(entry), 'utf8')).join('\n');
    for (const [, names = ''] of section(readme, 'What it exports').matchAll(/^\|([^|]*)\|/gm)) {
      for (const [, name = ''] of names.matchAll(/`([A-Za-z_]\w*)`/g))
        expect(sources, name).toMatch(new RegExp(`\\b${name}\\b`));
    }
  });

  test('the files it links to are there', () => {
    for (const [, target = ''] of readme.matchAll(/\]\((?!https?:)([^)#]+)/g))
      expect(existsSync(file(target)), target).toBe(true);
  });
});
