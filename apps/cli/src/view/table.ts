/** Tables for the terminal: no borders, one line a row, cut to the width. */
import Table from 'cli-table3';
import stringWidth from 'string-width';
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

/** The table library slows down with the square of the rows: it gets this many at a time. */
const ROWS_AT_ONCE = 50;

/** Widths of the columns with their gap; the filling one takes what `total` leaves. */
function widths(columns: readonly Column[], rows: readonly (readonly string[])[], total: number): number[] {
  const widest = columns.map((column) => stringWidth(column.title));
  for (const row of rows) row.forEach((cell, i) => (widest[i] = Math.max(widest[i] ?? 0, stringWidth(cell))));
  const all = widest.map((one) => one + GAP);
  const fill = columns.findIndex((column) => column.fill);
  const others = all.reduce((sum, one, i) => (i === fill ? sum : sum + one), INDENT);
  return all.map((one, i) => (i === fill ? Math.max(12, Math.min(one, total - others)) : one));
}

/** A table that fits into `total` columns, some rows at a time; the filling column is cut with `…`. */
export function* table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  total: number,
  style: Style,
): Generator<string> {
  const settings = {
    chars: NO_BORDERS,
    style: { 'padding-left': 0, 'padding-right': GAP, head: [], border: [], compact: true },
    colWidths: widths(columns, rows, total),
    colAligns: columns.map((column) => column.align ?? 'left'),
  };
  for (let start = 0; start === 0 || start < rows.length; start += ROWS_AT_ONCE) {
    const head = start === 0 ? columns.map((column) => style.quiet(column.title)) : [];
    const view = new Table({ ...settings, head });
    for (const row of rows.slice(start, start + ROWS_AT_ONCE)) view.push([...row]);
    const lines = view.toString().split('\n');
    yield lines.map((line) => `${' '.repeat(INDENT)}${line.trimEnd()}`).join('\n');
  }
}
