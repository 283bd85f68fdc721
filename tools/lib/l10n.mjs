// @ts-check
/** The texts of the extension that can be translated, as `vscode.l10n` looks them up: found in its sources. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './run.mjs';

const SOURCES = path.join(ROOT, 'apps/vscode/src');

/** A text is the first argument of `vscode.l10n.t`, or of the short `t` that the pages have. */
const TEXT = /\bt\(\s*'((?:[^'\\]|\\.)*)'/g;

/** @returns {Record<string, string>} */
export const localisable = () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const texts = files.flatMap((file) =>
    [...readFileSync(path.join(SOURCES, file), 'utf8').matchAll(TEXT)].map(([, text = '']) =>
      text.replace(/\\(.)/g, '$1'),
    ),
  );
  return Object.fromEntries([...new Set(texts)].sort().map((text) => [text, text]));
};
