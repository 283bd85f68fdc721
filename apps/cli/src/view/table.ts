/** Tables for the terminal: no borders, one line a row, cut to the width. */
import Table from 'cli-table3';
import type { Style } from '../io.ts';

const NO_BORDERS = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
    'middle',
  ].map((name) => [name, '']),
);
const GAP = 2;
const INDENT = 2;

export interface Column {
  readonly title: string;
  /** Takes the width that the others leave. */
  readonly fill?: boolean;
  readonly align?: 'left' | 'right';
}

/** Visible length of a text: colours count nothing. */
function width(text: string): number {
  // eslint-disable-next-line no-control-regex -- the escape character is what marks a colour
  return [...text.replace(/\x1b\[[0-9;]*m/g, '')].length;
}

/** Lines of a table that fits into `columns`; the filling column is cut with `…`. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  total: number,
  style: Style,
): string {
  const widest = columns.map(
    (column, i) => Math.max(width(column.title), ...rows.map((row) => width(row[i] ?? ''))) + GAP,
  );
  const fill = columns.findIndex((column) => column.fill);
  const others = widest.reduce((sum, one, i) => (i === fill ? sum : sum + one), INDENT);
  if (fill >= 0) widest[fill] = Math.max(12, Math.min(widest[fill] ?? 0, total - others));
  const view = new Table({
    head: columns.map((column) => style.quiet(column.title)),
    chars: NO_BORDERS,
    style: { 'padding-left': 0, 'padding-right': GAP, head: [], border: [], compact: true },
    colWidths: widest,
    colAligns: columns.map((column) => column.align ?? 'left'),
  });
  for (const row of rows) view.push([...row]);
  const lines = view.toString().split('\n');
  return lines.map((line) => `${' '.repeat(INDENT)}${line.trimEnd()}`).join('\n');
}
