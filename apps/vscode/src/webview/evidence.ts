/** The page of evidence: its fields left, the verdict in the middle, its bytes right; all three lead to each other. */
import type { VerdictView } from '@tsm/language-server/protocol';
import { HexPane } from './hex.ts';
import { checkItem, fieldItem, noteItem } from './items.ts';
import { announce, byId, bytesOf, h, listen, send, t } from './page.ts';
import { showProblems } from './problems.ts';
import { Tree, type Item } from './tree.ts';
import { VerifiedWithBar } from './verified-with.ts';

const mark = ({ range }: Item): void => {
  if (range) hex.mark(range.offset, range.length);
};
const fields = new Tree(byId('tree'), mark);
const checks = new Tree(byId('checks'), (item) => {
  mark(item);
  const { title, source } = item;
  const link = source?.link === undefined ? [] : [h('a', { href: source.link }, t('Read {0}', source.name))];
  byId('detail').replaceChildren(title, ...(link.length > 0 ? ['\n', ...link] : []));
  if (item.range) fields.reveal(item.range.offset);
});
const hex = new HexPane(byId('hex'), (offset) => {
  const item = fields.reveal(offset);
  if (item) mark(item);
});

const WORDS = {
  pass: ['✔', t('PASS'), 'good'],
  fail: ['✘', t('FAIL'), 'bad'],
  inconclusive: ['?', t('INCONCLUSIVE'), 'unsure'],
} as const;

function showVerdict(view: VerdictView): void {
  const [sign, word, tone] = WORDS[view.verdict];
  const text = `${sign} ${word}${view.tcbStatus === undefined ? '' : ` · ${view.tcbStatus}`}`;
  byId('verdict').replaceChildren(h('span', { class: tone }, text));
  checks.show(
    [...view.checks.map(checkItem), ...view.notChecked.map(({ id, reason }) => noteItem(id, reason))],
    0,
  );
  bar.showDate(view.at);
  announce(t('verdict: {0}', word));
}

const bar = new VerifiedWithBar();
byId('openText').addEventListener('click', () => send({ kind: 'openText' }));

listen((message) => {
  if (message.kind === 'evidence') {
    const { view, base64 } = message;
    hex.show(bytesOf(base64));
    byId('title').textContent = `${view.technology.toUpperCase()} · ${view.format}`;
    fields.show([fieldItem(view.tree)], 2);
    showProblems(view.problems, ({ offset, length }) => hex.mark(offset, length));
  } else if (message.kind === 'verdict') showVerdict(message.verdict);
  else if (message.kind === 'with') bar.show(message);
  else if (message.kind === 'failed') {
    byId('verdict').textContent = message.message;
    announce(message.message);
  }
});
