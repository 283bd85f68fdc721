/** docs/concepts.md shows the examples that run here, and what they print. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { format, stripVTControlCharacters } from 'node:util';
import { expect, it, vi } from 'vitest';

const read = (file: string): string => readFileSync(path.join(import.meta.dirname, file), 'utf8');
const DOCUMENT = read('../../../docs/concepts.md');

/** In the order of the page. */
const EXAMPLES: Readonly<Record<string, () => Promise<unknown>>> = {
  registers: () => import('./concepts/registers.example.ts'),
  claims: () => import('./concepts/claims.example.ts'),
  agility: () => import('./concepts/agility.example.ts'),
  logs: () => import('./concepts/logs.example.ts'),
  merged: () => import('./concepts/merged.example.ts'),
  containers: () => import('./concepts/containers.example.ts'),
  conflict: () => import('./concepts/conflict.example.ts'),
};

it('has no other examples than these', () => {
  expect(DOCUMENT.match(/^```ts$/gm)).toHaveLength(Object.keys(EXAMPLES).length);
});

it.each(Object.entries(EXAMPLES))('shows %s and what it prints', { timeout: 30_000 }, async (name, load) => {
  const log = vi.spyOn(console, 'log').mockReturnValue();
  try {
    await load();
    const printed = log.mock.calls.map((args) => `${stripVTControlCharacters(format(...args))}\n`).join('');
    const example = read(`concepts/${name}.example.ts`);
    expect(DOCUMENT).toContain(`\`\`\`ts\n${example}\`\`\`\n\n\`\`\`text\n${printed}\`\`\`\n`);
  } finally {
    log.mockRestore();
  }
});
