/** The strip on top: each register's chain, one segment an event; the diverging one is marked. A click filters by the register. */
import type { LogRegister } from '@tsm/language-server/protocol';
import { h, short, t } from './page.ts';

/** More segments than this do not fit the strip: each then stands for several events. */
const MOST = 64;

/** `part`: how far into the log the diverging event is, from 0 to 1. */
function segments({ events }: LogRegister, part: number | undefined): HTMLElement {
  const count = Math.min(events, MOST);
  const strip = h('span', { class: 'segments', 'aria-hidden': 'true' });
  for (let i = 0; i < count; i += 1) strip.append(h('i'));
  if (part !== undefined) strip.children[Math.min(count - 1, Math.floor(part * count))]?.classList.add('bad');
  return strip;
}

function agreement({ expected, divergence, value, events }: LogRegister): {
  sign: string;
  word: string;
  tone: string;
} {
  if (expected === undefined) return { sign: '', word: '', tone: 'quiet' };
  if (expected === value) return { sign: '✔', word: t('agrees with the evidence'), tone: 'good' };
  if (events === 0) return { sign: '?', word: t('not in this log: another one extends it'), tone: 'unsure' };
  const word =
    divergence === undefined
      ? t('differs from the evidence')
      : t('differs from the evidence, from event {0} on', divergence);
  return { sign: '✘', word, tone: 'bad' };
}

export function chains(
  registers: readonly LogRegister[],
  total: number,
  chosen: string,
  choose: (title: string) => void,
): HTMLElement[] {
  return registers.map((register) => {
    const { title, algorithm, value, events, divergence } = register;
    const part = divergence === undefined ? undefined : divergence / Math.max(1, total);
    const { sign, word, tone } = agreement(register);
    const pressed = title === chosen;
    const button = h(
      'button',
      { type: 'button', class: 'chain', 'aria-pressed': String(pressed), title: `${value} ${word}`.trim() },
      h('b', {}, title),
      h('span', { class: 'mono' }, short(value)),
      h(
        'span',
        { class: 'quiet' },
        `${algorithm} · ${events === 1 ? t('1 event') : t('{0} events', events)}`,
      ),
      segments(register, part),
      h('span', { class: tone }, `${sign} ${word}`.trim()),
    );
    button.addEventListener('click', () => choose(pressed ? '' : title));
    return button;
  });
}
