// @ts-check
/** Pages about byte layouts, made from the layout tables that packages export. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'prettier';
import { ROOT } from './run.mjs';

/** @typedef {import('@tsm/core/layout').Layout<unknown>} Layout */
/** @typedef {import('@tsm/core/layout').Codec<unknown>} Codec */
/** @typedef {typeof import('@tsm/core/layout').describeLayout} Describe */

/** Where pages come from: the folder of the package, and the entry that exports its tables. */
export const PAGES = /** @type {const} */ ([
  { folder: 'eventlog', entry: '@tsm/eventlog/layouts' },
  { folder: 'provider-cca', entry: '@tsm/provider-cca/layout' },
  { folder: 'provider-cove', entry: '@tsm/provider-cove/layout' },
  { folder: 'provider-tdx', entry: '@tsm/provider-tdx/layout' },
  { folder: 'provider-snp', entry: '@tsm/provider-snp/layout' },
]);

/** @type {(value: unknown) => value is Layout} */
const isLayout = (value) => typeof value === 'object' && value !== null && 'rows' in value;

/**
 * The tables of an entry. A table that sizes parametrise is a function of them: the page
 * shows what does not depend on them.
 * @param {Readonly<Record<string, unknown>>} entry
 * @returns {Layout[]}
 */
export const tablesOf = (entry) =>
  Object.values(entry)
    .map((value) => (typeof value === 'function' ? /** @type {unknown} */ (value(new Map())) : value))
    .filter(isLayout);

/**
 * The codecs inside a codec, itself first; structures are not entered.
 * @param {Codec} codec
 * @returns {Codec[]}
 */
const inside = (codec) => {
  const { shape } = codec;
  return 'item' in shape ? [codec, ...inside(shape.item)] : [codec];
};

/** @type {(layout: Layout) => { name: string, codec: Codec }[]} */
const codecsOf = (layout) =>
  Object.entries(layout.rows).flatMap(([name, row]) => inside(row.codec).map((codec) => ({ name, codec })));

/**
 * Tables and the structures inside them, each once, by name.
 * @param {readonly Layout[]} tables
 */
const withNested = (tables) => {
  /** @type {Map<string, Layout>} */
  const all = new Map();
  /** @type {(layout: Layout) => void} */
  const add = (layout) => {
    if (all.has(layout.name)) return;
    all.set(layout.name, layout);
    for (const { codec } of codecsOf(layout)) if (isLayout(codec)) add(codec);
  };
  for (const table of tables) add(table);
  return [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
};

/** @type {(value: number | bigint) => string} */
const hex = (value) => `0x${value.toString(16)}`;

/**
 * The named values and bits of the fields, one line a field.
 * @param {Layout} layout
 */
const namesOf = (layout) =>
  codecsOf(layout).flatMap(({ name, codec }) => {
    const { shape } = codec;
    if (shape.kind === 'enum') {
      const values = shape.table.map(
        (one) => `${hex(one.value)} ${one.name}${one.title ? ` (${one.title})` : ''}`,
      );
      return [`\`${name}\`: ${values.join(', ')}.`];
    }
    if (shape.kind !== 'flags') return [];
    return [
      `\`${name}\`: ${Object.entries(shape.table)
        .map(([flag, bit]) => `bit ${bit} ${flag}`)
        .join(', ')}.`,
    ];
  });

/**
 * The page about the tables of one package, as it is committed.
 * @param {string} folder of the package
 * @param {Readonly<Record<string, unknown>>} entry the module that exports the tables
 * @param {Describe} describe
 */
export const layoutPage = async (folder, entry, describe) => {
  const sections = withNested(tablesOf(entry)).map((layout) =>
    [describe(layout).replace(/^###/, '##'), ...namesOf(layout)].join('\n\n'),
  );
  const text = [
    `# Byte layouts of @tsm/${folder}`,
    [
      'Generated from the layout tables by `tools/gen-layout-docs.mjs`: change those, not this page. Offsets and sizes are',
      'in bytes; `…` means that they depend on the data. `Name[count]` is as many items as the field `count` says, and',
      '`by field` a type that the field decides.',
    ].join('\n'),
    ...sections,
  ].join('\n\n');
  const settings = /** @type {import('prettier').Options} */ (
    JSON.parse(readFileSync(path.join(ROOT, '.prettierrc.json'), 'utf8'))
  );
  return format(text, { ...settings, parser: 'markdown' });
};
