/** The table of events by the WAI-ARIA grid pattern: arrows move, the chosen row is read out. */
import type { Fit, LogRow } from '@tsm/language-server/protocol';
import { h, short, t } from './page.ts';
import type { Rows } from './rows.ts';
import { VirtualList } from './virtual-list.ts';

const ROW = 24;
const COLUMNS: readonly string[] = [
  ...['#', t('Register'), t('Fits'), t('Type'), t('What it means'), t('Digest'), t('Value after')],
];

/** Colour never carries the meaning alone: each has a sign and a word. */
const FITS: Readonly<Record<Fit, { sign: string; word: string; tone: string }>> = {
  match: { sign: '✔', word: t('the digest is that of its data'), tone: 'good' },
  mismatch: { sign: '✘', word: t('the digest is not that of its data'), tone: 'bad' },
  unknown: { sign: '?', word: t('what was digested is not in the log'), tone: 'unsure' },
};

export class Grid {
  private readonly element: HTMLElement;
  private readonly rows: Rows;
  private readonly choose: (row: LogRow) => void;
  private readonly list: VirtualList;
  private current = 0;
  /** The first event of each register that does not fit the evidence. */
  diverging: ReadonlySet<number> = new Set();

  constructor(element: HTMLElement, rows: Rows, choose: (row: LogRow) => void) {
    this.element = element;
    this.rows = rows;
    this.choose = choose;
    element.setAttribute('aria-colcount', String(COLUMNS.length));
    const head = h('div', { role: 'row', class: 'row head' });
    head.append(...COLUMNS.map((title) => h('span', { role: 'columnheader' }, title)));
    const body = h('div', { class: 'body', role: 'rowgroup', tabindex: 0, 'aria-label': t('Events') });
    element.replaceChildren(h('div', { role: 'rowgroup' }, head), body);
    this.list = new VirtualList(
      body,
      ROW,
      (index) => this.row(index),
      (from, count) => rows.need(from, count),
    );
    body.addEventListener('keydown', (event) => this.key(event));
  }

  /** Draws anew after rows came. */
  refresh(): void {
    this.element.setAttribute('aria-rowcount', String(this.rows.total + 1));
    this.current = Math.min(this.current, Math.max(0, this.rows.total - 1));
    this.list.resize(this.rows.total);
  }

  /** Chooses a row by its place in the table, and scrolls to it. */
  go(index: number): void {
    this.current = Math.max(0, Math.min(this.rows.total - 1, index));
    this.list.reveal(this.current);
    this.list.render();
    const row = this.rows.at(this.current);
    if (row) this.choose(row);
  }

  private key(event: KeyboardEvent): void {
    const places: Readonly<Record<string, number>> = {
      ...{ ArrowDown: this.current + 1, ArrowUp: this.current - 1, Home: 0, End: this.rows.total - 1 },
      ...{ PageDown: this.current + 20, PageUp: this.current - 20 },
    };
    const place = places[event.key];
    if (place === undefined) return;
    event.preventDefault();
    this.go(place);
  }

  private row(index: number): HTMLElement {
    const row = this.rows.at(index);
    const current = index === this.current;
    const diverging = row !== undefined && this.diverging.has(row.number);
    const element = h('div', {
      ...{ role: 'row', 'aria-rowindex': index + 2, 'aria-selected': String(current) },
      class: diverging ? 'row diverging' : 'row',
    });
    const cell = (text: string, attributes = {}): HTMLElement =>
      h('span', { role: 'gridcell', title: text, ...attributes }, text);
    if (!row) {
      element.append(cell('…'));
      return element;
    }
    const fit = FITS[row.fit];
    const note = diverging ? t('first divergence: {0}', row.title) : row.title;
    const said = [fit.word, row.covers].filter((text) => text !== '').join(': ');
    element.append(
      cell(String(row.number)),
      cell(row.register),
      h(
        'span',
        { role: 'gridcell', title: said, class: fit.tone },
        h('span', { 'aria-hidden': 'true' }, fit.sign),
        h('span', { class: 'unseen' }, fit.word),
      ),
      cell(row.type),
      cell(note),
      h('span', { role: 'gridcell', title: row.digest, class: 'mono' }, short(row.digest)),
      h('span', { role: 'gridcell', title: row.value, class: 'mono' }, short(row.value)),
    );
    element.addEventListener('click', () => this.go(index));
    return element;
  }
}
