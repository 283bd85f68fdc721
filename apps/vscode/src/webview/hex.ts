/** The bytes of the file, some on a line, with the chosen range marked; a click on a byte tells which one. */
import { announce, h, hexOffset, t } from './page.ts';
import { VirtualList } from './virtual-list.ts';

const LINE = 20;

export class HexPane {
  private readonly list: VirtualList;
  private readonly choose: (offset: number) => void;
  private bytes: Uint8Array = new Uint8Array();
  private from = 0;
  private to = 0;
  /** Where the keyboard stands. */
  private cursor = 0;
  private readonly width: number;

  /** `width`: bytes on a line. */
  constructor(element: HTMLElement, choose: (offset: number) => void, width = 16) {
    this.choose = choose;
    this.width = width;
    element.tabIndex = 0;
    element.setAttribute('role', 'group');
    this.list = new VirtualList(element, LINE, (index) => this.line(index));
    element.addEventListener('click', (event) => {
      const at = event.target instanceof HTMLElement ? event.target.dataset['at'] : undefined;
      if (at !== undefined) this.pick(Number(at));
    });
    element.addEventListener('keydown', (event) => this.key(event));
  }

  show(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.list.resize(Math.ceil(bytes.length / this.width));
  }

  /** Marks a range, and scrolls to its start. */
  mark(offset: number, length: number): void {
    this.from = offset;
    this.to = offset + length;
    this.cursor = offset;
    this.list.reveal(Math.floor(offset / this.width));
    this.list.render();
  }

  private pick(offset: number): void {
    this.cursor = offset;
    this.choose(offset);
    announce(t('byte {0}: {1}', hexOffset(offset), this.text(offset)));
  }

  private text(offset: number): string {
    return (this.bytes[offset] ?? 0).toString(16).padStart(2, '0');
  }

  private key(event: KeyboardEvent): void {
    const { width } = this;
    const moves: Readonly<Record<string, number>> = {
      ...{ ArrowLeft: -1, ArrowRight: 1, ArrowUp: -width, ArrowDown: width },
      ...{ PageUp: -16 * width, PageDown: 16 * width },
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    this.pick(Math.max(0, Math.min(this.bytes.length - 1, this.cursor + move)));
  }

  private line(index: number): HTMLElement {
    const start = index * this.width;
    const end = Math.min(start + this.width, this.bytes.length);
    const cells: HTMLElement[] = [];
    let text = '';
    for (let at = start; at < end; at += 1) {
      const marked = at >= this.from && at < this.to;
      const classes = [marked ? 'marked' : '', at === this.cursor ? 'cursor' : ''].join(' ').trim();
      cells.push(h('span', { class: classes || undefined, 'data-at': at }, this.text(at)));
      const byte = this.bytes[at] ?? 0;
      text += byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·';
    }
    return h(
      'div',
      { class: 'hex-line' },
      h('span', { class: 'offset' }, start.toString(16).padStart(8, '0')),
      h('span', { class: 'cells' }, ...cells),
      h('span', { class: 'ascii', 'aria-hidden': 'true' }, text),
    );
  }
}
