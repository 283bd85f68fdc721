/** The page of a binary event log: registers on top, events left, the chosen one's fields right, its bytes below. */
import type { LogRegister, LogRow, LogSummary } from '@tsm/language-server/protocol';
import { chains } from './chains.ts';
import { Grid } from './grid.ts';
import { HexPane } from './hex.ts';
import { fieldItem } from './items.ts';
import { announce, byId, bytesOf, listen, send, t } from './page.ts';
import { showProblems } from './problems.ts';
import { Rows } from './rows.ts';
import { Tree } from './tree.ts';

const rows = new Rows();
let registers: readonly LogRegister[] = [];
let events = 0;
let chosen: LogRow | undefined;

const tree = new Tree(byId('tree'), ({ range }) => {
  if (range) hex.mark(range.offset, range.length);
});
const hex = new HexPane(byId('hex'), (offset) => {
  const item = tree.reveal(offset);
  if (item?.range) hex.mark(item.range.offset, item.range.length);
});
const grid = new Grid(byId('grid'), rows, choose);

function choose(row: LogRow): void {
  chosen = row;
  hex.mark(row.offset, row.length);
  announce(t('event {0}, {1}, {2}, {3}', row.number, row.register, row.type, row.title));
  send({ kind: 'tree', event: row.number });
}

function filter(change: Partial<Rows['filter']>): void {
  rows.look({ ...rows.filter, ...change });
  drawChains();
}

function drawChains(): void {
  byId('chains').replaceChildren(
    ...chains(registers, events, rows.filter.register, (register) => filter({ register })),
  );
}

function show(summary: LogSummary): void {
  registers = summary.registers;
  events = summary.events;
  grid.diverging = new Set(registers.flatMap(({ divergence }) => divergence ?? []));
  byId('title').textContent = `${summary.format} · ${t('{0} events', summary.events)}`;
  showProblems(summary.problems, ({ offset, length }) => hex.mark(offset, length));
  filter({});
}

let typing: ReturnType<typeof setTimeout> | undefined;
const search = byId('search') as HTMLInputElement;
search.addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(() => filter({ search: search.value }), 150);
});
byId('evidence').addEventListener('click', () => send({ kind: 'pickEvidence' }));
byId('openText').addEventListener('click', () => send({ kind: 'openText' }));

listen((message) => {
  if (message.kind === 'log') {
    hex.show(bytesOf(message.base64));
    byId('evidence').textContent =
      message.evidence === undefined ? t('Compare with evidence…') : t('Evidence: {0}', message.evidence);
    show(message.summary);
  } else if (message.kind === 'rows') {
    if (!rows.take(message.ask, message.rows, message.total)) return;
    grid.refresh();
    if (!chosen && message.total > 0) grid.go(0);
    const all = rows.filter.search === '' && rows.filter.register === '';
    byId('found').textContent = all ? '' : t('{0} found', message.total);
  } else if (message.kind === 'tree') {
    if (message.event === chosen?.number) tree.show([fieldItem(message.tree)], 2);
  } else if (message.kind === 'failed') {
    announce(message.message);
    byId('title').textContent = message.message;
  }
});
