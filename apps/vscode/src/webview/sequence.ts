/** The sequence diagram, by the WAI-ARIA listbox pattern: arrows walk the messages, and each is read out. */
import type { TraceMessage, TraceView } from '@tsm/language-server/protocol';
import { arrowLine, ENDS } from './arrow.ts';
import { toneOf } from './lanes.ts';
import { h, t } from './page.ts';
import { linesOf, shownOf, type Change, type Line } from './run-lines.ts';
import { VirtualList } from './virtual-list.ts';

const ROW = 36;

/** Read out, and not seen. */
const unseen = (text: string): HTMLElement => h('span', { class: 'unseen' }, text);

function note({ name, state }: Change): HTMLElement {
  const [, word = state] = /^(?:CONFIG_)?(.*)$/.exec(state) ?? [];
  return h('span', { class: `note ${toneOf(state)}`, title: `${name} ${state}` }, unseen(`${name} `), word);
}

export class Sequence {
  private readonly element: HTMLElement;
  private readonly ends: HTMLElement;
  private readonly chosen: (message: TraceMessage) => void;
  private readonly list: VirtualList;
  private lines: readonly Line[] = [];
  private current = -1;

  constructor(element: HTMLElement, ends: HTMLElement, chosen: (message: TraceMessage) => void) {
    this.element = element;
    this.ends = ends;
    this.chosen = chosen;
    element.tabIndex = 0;
    element.setAttribute('role', 'listbox');
    this.list = new VirtualList(element, ROW, (index) => this.row(index));
    element.addEventListener('keydown', (event) => this.key(event));
  }

  /** Shows a run; what was chosen stays chosen where it is still there. */
  show(trace: TraceView): void {
    const before = this.lines[this.current];
    this.lines = linesOf(trace);
    const titles = {
      host: t('host'),
      tsm: trace.agent ?? t('requester'),
      device: trace.agent === null ? t('responder') : t('device'),
    };
    const boxes = (['host', 'tsm', 'device'] as const).map((end) => {
      const box = h('span', { class: 'end' }, titles[end]);
      box.style.left = ENDS[end];
      return box;
    });
    this.ends.replaceChildren(h('div', { class: 'drawing' }, ...boxes));
    this.list.resize(this.lines.length);
    const packet = before?.kind === 'message' ? before.message.packet : 0;
    if (trace.messages.length > 0) this.choose(Math.min(packet, trace.messages.length - 1));
  }

  /** Chooses a message by its number. */
  choose(packet: number): void {
    // A change after the last message is a step's.
    const last = this.lines.findLastIndex((line) => line.kind === 'message');
    const found = this.lines.findIndex((line) => line.kind === 'message' && line.message.packet === packet);
    this.go(found === -1 ? last : found);
  }

  private go(index: number): void {
    const line = this.lines[index];
    if (!line) return;
    this.current = index;
    this.list.reveal(index);
    this.list.render();
    this.element.setAttribute('aria-activedescendant', `line-${String(index)}`);
    if (line.kind === 'message') this.chosen(line.message);
  }

  private key(event: KeyboardEvent): void {
    const places: Readonly<Record<string, number>> = {
      ...{ ArrowDown: this.current + 1, ArrowUp: this.current - 1, Home: 0, End: this.lines.length - 1 },
      ...{ PageDown: this.current + 15, PageUp: this.current - 15 },
    };
    const place = places[event.key];
    if (place === undefined) return;
    event.preventDefault();
    this.go(Math.max(0, Math.min(this.lines.length - 1, place)));
  }

  private row(index: number): HTMLElement {
    const line = this.lines[index];
    const element = h('div', {
      ...{ role: 'option', id: `line-${String(index)}`, 'aria-selected': String(index === this.current) },
      ...{ 'aria-setsize': this.lines.length, 'aria-posinset': index + 1 },
    });
    element.addEventListener('click', () => this.go(index));
    if (!line) return element;
    const { arrow, broken, classes, number, way, title, more, size } = shownOf(line);
    element.className = `line ${classes}`;
    element.title = `${title} ${more}`;
    const [, protocol = '', own = title] = /^(TDISP |IDE_KM )?(.*)$/.exec(title) ?? [];
    const said = h('span', { class: 'said' }, protocol, h('b', {}, own), more === '' ? '' : ` ${more}`);
    const [left = '', right = ''] = [ENDS[arrow.from], ENDS[arrow.to]].sort(
      (a, b) => parseFloat(a) - parseFloat(b),
    );
    // Beside the short arrow of a step, above the long one of a message.
    said.style.left = line.kind === 'step' ? right : left;
    if (line.kind === 'message') said.style.width = `calc(${right} - ${left})`;
    const notes = h('span', { class: 'notes' }, ...line.changes.map(note));
    element.append(
      h('span', { class: 'number' }, number),
      unseen(` ${way}: `),
      h('span', { class: 'drawing' }, arrowLine(arrow, line.tones), said, ' ', notes),
      h('span', { class: 'size' }, size),
      unseen(size === '' ? '' : ` ${t('bytes')}`),
      ...broken.map((rule) => unseen(`; ${t('rule broken: {0}', rule)}`)),
    );
    return element;
  }
}
