/** Rows of one height of which only those in sight exist: a list of any length costs what the window shows. */
import { h } from './page.ts';

/** Browsers cannot scroll further than some tens of millions of pixels. */
const TALLEST = 10_000_000;
const MARGIN = 8;

export class VirtualList {
  readonly element: HTMLElement;
  private readonly space = h('div', { class: 'space', role: 'presentation' });
  private readonly rowHeight: number;
  private readonly draw: (index: number) => HTMLElement;
  private readonly inSight: (from: number, count: number) => void;
  private count = 0;

  /** `inSight` is told which rows are shown each time that changes. */
  constructor(
    element: HTMLElement,
    rowHeight: number,
    draw: (index: number) => HTMLElement,
    inSight: (from: number, count: number) => void = () => undefined,
  ) {
    this.element = element;
    this.rowHeight = rowHeight;
    this.draw = draw;
    this.inSight = inSight;
    element.append(this.space);
    element.addEventListener('scroll', () => this.render());
    new ResizeObserver(() => this.render()).observe(element);
  }

  /** Tells how many rows there are, and draws anew. */
  resize(count: number): void {
    this.count = count;
    this.space.style.height = `${String(Math.min(count * this.rowHeight, TALLEST))}px`;
    this.render();
  }

  /** Rows from the top of the list to the pixel of its height: 1 unless the list is taller than browsers scroll. */
  private get scale(): number {
    return Math.max(1, (this.count * this.rowHeight) / TALLEST);
  }

  private get shown(): number {
    return Math.ceil(this.element.clientHeight / this.rowHeight);
  }

  private get first(): number {
    const last = Math.max(0, this.count - 1);
    return Math.min(last, Math.floor((this.element.scrollTop * this.scale) / this.rowHeight));
  }

  /** Scrolls as little as needed for the row to be in sight. */
  reveal(index: number): void {
    const { first, shown } = this;
    if (index > first && index < first + shown - 1) return;
    const top = index <= first ? index : index - shown + 2;
    this.element.scrollTop = (Math.max(0, top) * this.rowHeight) / this.scale;
    this.render();
  }

  /** Draws what is in sight. */
  render(): void {
    const from = Math.max(0, this.first - MARGIN);
    const to = Math.min(this.count, this.first + this.shown + MARGIN);
    this.inSight(from, to - from);
    const { scale, first } = this;
    const { scrollTop } = this.element;
    const rows: HTMLElement[] = [];
    for (let index = from; index < to; index += 1) {
      const row = this.draw(index);
      const top = scale === 1 ? index * this.rowHeight : scrollTop + (index - first) * this.rowHeight;
      row.style.top = `${String(top)}px`;
      row.style.height = `${String(this.rowHeight)}px`;
      rows.push(row);
    }
    this.space.replaceChildren(...rows);
  }
}
