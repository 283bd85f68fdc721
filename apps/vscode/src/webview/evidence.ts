/** The page of evidence: its fields left, the verdict in the middle, its bytes right; all three lead to each other. */
import type { ToPage } from '../webview-messages.ts';
import { HexPane } from './hex.ts';
import { checkItem, fieldItem, noteItem } from './items.ts';
import { announce, byId, bytesOf, h, listen, send } from './page.ts';
import { showProblems } from './problems.ts';
import { Tree, type Item } from './tree.ts';

const mark = ({ range }: Item): void => {
  if (range) hex.mark(range.offset, range.length);
};
const fields = new Tree(byId('tree'), mark);
const checks = new Tree(byId('checks'), (item) => {
  mark(item);
  byId('detail').textContent = item.title;
  if (item.range) fields.reveal(item.range.offset);
});
const hex = new HexPane(byId('hex'), (offset) => {
  const item = fields.reveal(offset);
  if (item) mark(item);
});

const WORDS = {
  pass: ['✔', 'PASS', 'good'],
  fail: ['✘', 'FAIL', 'bad'],
  inconclusive: ['?', 'INCONCLUSIVE', 'unsure'],
} as const;

function showVerdict({
  verdict: view,
  collateral,
  trustAnchors,
}: Extract<ToPage, { kind: 'verdict' }>): void {
  const [sign, word, tone] = WORDS[view.verdict];
  const text = `${sign} ${word}${view.tcbStatus === undefined ? '' : ` · ${view.tcbStatus}`}`;
  byId('verdict').replaceChildren(h('span', { class: tone }, text));
  checks.show(
    [...view.checks.map(checkItem), ...view.notChecked.map(({ id, reason }) => noteItem(id, reason))],
    0,
  );
  const names = [...collateral, ...trustAnchors].join('\n');
  const files = `${String(collateral.length)} ${collateral.length === 1 ? 'file' : 'files'} of collateral`;
  const roots = trustAnchors.length === 0 ? 'the vendor’s roots' : `own roots: ${trustAnchors.join(', ')}`;
  byId('files').replaceChildren(h('span', { title: names }, `${files} · ${roots}`));
  at.value = view.at.slice(0, 10);
  announce(`verdict: ${word}`);
}

const at = byId('at') as HTMLInputElement;
at.addEventListener('change', () => send({ kind: 'verify', at: at.value }));
byId('collateral').addEventListener('click', () => send({ kind: 'pickCollateral' }));
byId('openText').addEventListener('click', () => send({ kind: 'openText' }));

listen((message) => {
  if (message.kind === 'evidence') {
    const { view, base64 } = message;
    hex.show(bytesOf(base64));
    byId('title').textContent = `${view.technology.toUpperCase()} · ${view.format}`;
    fields.show([fieldItem(view.tree)], 2);
    showProblems(view.problems, ({ offset, length }) => hex.mark(offset, length));
  } else if (message.kind === 'verdict') showVerdict(message);
  else if (message.kind === 'failed') {
    byId('verdict').textContent = message.message;
    announce(message.message);
  }
});
