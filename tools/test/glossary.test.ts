/** The register numbers in `docs/glossary.md` are those of core, and its words stand once. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { REGISTER_NUMBERING } from '@tsm/core';
import { expect, test } from 'vitest';
import { ROOT } from '../lib/run.mjs';

/** The cells of each table's rows, below its head. */
const [words = [], numbers = []] = readFileSync(path.join(ROOT, 'docs/glossary.md'), 'utf8')
  .split('\n\n')
  .filter((part) => part.startsWith('|'))
  .map((table) =>
    table
      .trim()
      .split('\n')
      .slice(2)
      .map((row) =>
        row
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      ),
  );

test('the table of register numbers is that of core', () => {
  expect(numbers.map((row) => row.slice(0, 4))).toEqual(
    REGISTER_NUMBERING.map(({ name, ccMr, rtmr, pcrs }) => [
      name.toUpperCase(),
      String(ccMr),
      rtmr === undefined ? '–' : String(rtmr),
      pcrs.join(', ') || '–',
    ]),
  );
});

test('each word has one row with a meaning', () => {
  const names = words.flatMap(([name = '']) => name.split(', '));
  expect(names.length).toBeGreaterThan(20);
  expect(new Set(names).size).toBe(names.length);
  for (const [name, meaning] of words) expect(meaning, name).not.toBe('');
});
