/** The page of a run: who said what left, the chosen message's fields and bytes right, states below. */
import type { DeviceVerb, TraceMessage, TraceView, VerdictView } from '@tsm/language-server/protocol';
import type { ToPage } from '../webview-messages.ts';
import { HexPane } from './hex.ts';
import { checkItem, fieldItem, noteItem } from './items.ts';
import { Lanes } from './lanes.ts';
import { announce, byId, bytesOf, h, listen, send, t } from './page.ts';
import { titleOf } from './run-lines.ts';
import { Sequence } from './sequence.ts';
import { Tree, type Item } from './tree.ts';

const VERBS: Readonly<Record<DeviceVerb, string>> = {
  ...{ connect: t('Connect'), lock: t('Lock'), accept: t('Accept') },
  ...{ unlock: t('Unlock'), disconnect: t('Disconnect') },
  ...{ 'break-link': t('Break link'), remove: t('Remove') },
};
/** Faults are for the view's menu. */
const FAULTS: readonly DeviceVerb[] = ['break-link', 'remove'];

const VERDICTS = {
  pass: ['✔', t('PASS'), 'good'],
  fail: ['✘', t('FAIL'), 'bad'],
  inconclusive: ['?', t('INCONCLUSIVE'), 'unsure'],
} as const;

const mark = ({ range }: Item): void => {
  if (range) hex.mark(range.offset, range.length);
};
const fields = new Tree(byId('tree'), mark);
const checks = new Tree(byId('checks'), ({ title }) => announce(title));
/** Bytes on a line: the pane is narrow. */
const WIDTH = 8;
const reveal = (offset: number): void => {
  const item = fields.reveal(offset);
  if (item) mark(item);
};
const hex = new HexPane(byId('hex'), reveal, WIDTH);
const lanes = new Lanes(byId('lanes'), (packet) => sequence.choose(packet));
const sequence = new Sequence(byId('sequence'), byId('ends'), choose);

function choose(message: TraceMessage): void {
  const { base64, detail, fields: tree, name, packet } = message;
  lanes.point(packet);
  byId('chosen').textContent = `${String(packet)} · ${titleOf(message)[0]}`;
  hex.show(bytesOf(base64));
  hex.mark(0, 0);
  const words = tree ? [] : [{ label: name, detail, title: t('It cannot be read further'), children: [] }];
  fields.show(tree ? [fieldItem(tree)] : words, 3);
  const inner = tree?.children.find(({ children }) => children.some((one) => one.name === 'message'));
  if (!inner) return;
  // What a message carries says most: all of it comes into sight.
  fields.reveal(inner.offset + inner.length - 1);
  fields.reveal(inner.offset);
}

function showProblems({ problems, violations }: TraceView): void {
  const line = (text: string, act: () => void): HTMLElement => {
    const button = h('button', { type: 'button' }, text);
    button.addEventListener('click', act);
    return h('li', {}, button);
  };
  byId('problems').replaceChildren(
    ...problems.map(({ severity, message }) => line(`${severity}: ${message}`, () => undefined)),
    ...violations.map(({ message, packet, spec = '' }) => {
      const text = `✘ ${t('message {0}: {1}', packet, message)}${spec === '' ? '' : ` (${spec})`}`;
      return line(text, () => sequence.choose(packet));
    }),
  );
}

function summaryOf({ messages, lanes: all, undecrypted, violations }: TraceView): string {
  if (messages.length === 0) return t('Nothing was said to this device yet: connect it.');
  // An id may be used again by a later session.
  const begun = all.flatMap(({ changes }) => changes.filter(({ state }) => state === 'handshake'));
  const sessions = begun.length;
  const secured = messages.filter((message) => message.secured).length;
  return [
    t('{0} messages, {1} secured', messages.length, secured),
    sessions === 1 ? t('1 session') : t('{0} sessions', sessions),
    undecrypted === 0 ? t('all decrypted') : t('{0} not decrypted', undecrypted),
    violations.length === 0 ? t('no rule broken') : t('rules broken: {0}', violations.length),
  ].join(' · ');
}

function show({ title, trace, verbs, secrets }: Extract<ToPage, { kind: 'trace' }>): void {
  byId('title').textContent = title;
  byId('summary').textContent = summaryOf(trace);
  byId('verbs').replaceChildren(
    ...verbs
      .filter((verb) => !FAULTS.includes(verb))
      .map((verb) => {
        const button = h('button', { type: 'button' }, VERBS[verb]);
        button.addEventListener('click', () => send({ kind: 'do', verb }));
        return button;
      }),
  );
  byId('verify').hidden =
    !verbs.includes('unlock') && !verbs.includes('disconnect') && !verbs.includes('lock');
  byId('secrets').hidden = secrets === undefined;
  if (secrets !== undefined && secrets !== '') byId('secrets').textContent = t('Secrets: {0}', secrets);
  // A verdict is of the device as it was.
  byId('verdictBox').hidden = true;
  showProblems(trace);
  lanes.show(trace);
  sequence.show(trace);
}

function showVerdict({ verdict, checks: all, notChecked }: VerdictView): void {
  const [sign, word, tone] = VERDICTS[verdict];
  const box = byId('verdictBox') as HTMLDetailsElement;
  byId('verdict').replaceChildren(h('span', { class: tone }, `${sign} ${word}`));
  checks.show([...all.map(checkItem), ...notChecked.map(({ id, reason }) => noteItem(id, reason))], 0);
  box.hidden = false;
  box.open = true;
  announce(t('verdict: {0}', word));
}

byId('verify').addEventListener('click', () => send({ kind: 'verifyDevice' }));
byId('secrets').addEventListener('click', () => send({ kind: 'pickSecrets' }));

listen((message) => {
  if (message.kind === 'trace') show(message);
  else if (message.kind === 'deviceVerdict') showVerdict(message.verdict);
  else if (message.kind === 'failed') {
    announce(message.message);
    byId('summary').textContent = message.message;
  }
});
