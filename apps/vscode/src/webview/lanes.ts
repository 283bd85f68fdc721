/** The swim lanes: how each session, stream and interface went, over the messages. A stretch leads to where it begins. */
import type { TraceLane, TraceView } from '@tsm/language-server/protocol';
import { h, t } from './page.ts';

/** Colour never carries the meaning alone: each stretch says its state. */
const TONES: Readonly<Record<string, string>> = {
  ...{ handshake: 'under-way', established: 'secure', ended: 'over' },
  ...{ 'keys programmed': 'under-way', secure: 'secure', insecure: 'broken', gone: 'over' },
  ...{ CONFIG_UNLOCKED: 'over', CONFIG_LOCKED: 'under-way', RUN: 'secure', ERROR: 'broken' },
};

export const toneOf = (state: string): string => TONES[state] ?? 'over';

export class Lanes {
  private readonly element: HTMLElement;
  private readonly choose: (packet: number) => void;
  private readonly pointer = h('div', { class: 'pointer', 'aria-hidden': 'true' });
  private total = 1;

  constructor(element: HTMLElement, choose: (packet: number) => void) {
    this.element = element;
    this.choose = choose;
  }

  show({ lanes, messages }: TraceView): void {
    // What came last needs room to say so.
    this.total = messages.length + Math.max(4, messages.length / 10);
    const track = h('div', { class: 'pointed', 'aria-hidden': 'true' }, this.pointer);
    this.element.replaceChildren(
      ...lanes.map((lane) => this.lane(lane)),
      ...(lanes.length > 0 ? [track] : []),
    );
  }

  /** Marks where a message is. */
  point(packet: number): void {
    this.pointer.style.left = this.place(packet + 0.5);
  }

  private place(packet: number): string {
    return `${String((100 * packet) / this.total)}%`;
  }

  private lane({ name, changes }: TraceLane): HTMLElement {
    const track = h('div', { class: 'track' });
    for (const [i, { packet, state }] of changes.entries()) {
      const end = changes[i + 1]?.packet ?? this.total;
      const words = t('{0}: {1} from message {2} on', name, state, packet);
      const stretch = h(
        'button',
        { type: 'button', class: `stretch ${toneOf(state)}`, title: words, 'aria-label': words },
        state.replace('CONFIG_', ''),
      );
      stretch.style.left = this.place(packet);
      stretch.style.width = this.place(Math.max(0, end - packet));
      stretch.addEventListener('click', () => this.choose(packet));
      track.append(stretch);
    }
    return h('div', { class: 'lane', role: 'group', 'aria-label': name }, h('span', {}, name), track);
  }
}
