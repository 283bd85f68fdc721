/** A layout as a Markdown table, for documents. */
import type { Codec, Count, Row } from './codec.ts';
import type { Layout } from './struct.ts';

function countText(count: Count): string {
  return typeof count === 'function' ? 'computed' : String(count);
}

/** The type of a codec in words: `u32le`, `bytes[48]`, `SgxReport`, `SgxReport[count]`. */
export function typeText(codec: Codec<unknown>): string {
  const { shape } = codec;
  switch (shape.kind) {
    case 'uint':
      return `u${String(8 * shape.size)}${shape.size === 1 ? '' : shape.endian}`;
    case 'bytes':
    case 'ascii':
    case 'utf16':
      return `${shape.kind}[${countText(shape.count)}]`;
    case 'reserved':
      return `reserved[${String(shape.size)}]`;
    case 'guid':
    case 'rest':
      return shape.kind;
    case 'enum':
      return `${typeText(shape.base)} enum`;
    case 'flags':
      return `${typeText(shape.base)} flags`;
    case 'prefixed':
      return `${typeText(shape.prefix)} length + ${typeText(shape.item)}`;
    case 'array':
      return `${typeText(shape.item)}[${countText(shape.count)}]`;
    case 'window':
      return `${typeText(shape.item)} in ${countText(shape.count)} bytes`;
    case 'choice':
      return `by ${shape.of}`;
    case 'struct':
      return shape.name;
  }
}

function rowText(offset: number | undefined, name: string, row: Row): string {
  const size = row.codec.size === undefined ? '…' : String(row.codec.size);
  return `| ${offset === undefined ? '…' : String(offset)} | ${size} | \`${name}\` | ${typeText(row.codec)} | ${row.doc} |`;
}

/** Markdown: a heading, the source, and one row a field with offset and size in bytes. */
export function describeLayout(layout: Layout<unknown>): string {
  const lines = [
    `### ${layout.name}`,
    '',
    layout.spec,
    '',
    '| offset | size | field | type | meaning |',
    '|---|---|---|---|---|',
  ];
  let offset: number | undefined = 0;
  for (const [name, row] of Object.entries(layout.rows)) {
    lines.push(rowText(offset, name, row));
    offset = offset === undefined || row.codec.size === undefined ? undefined : offset + row.codec.size;
  }
  return `${lines.join('\n')}\n`;
}
