/** A tree by the WAI-ARIA tree pattern: arrows open, close and move; one item at a time is in the tab order. */
import { h } from './page.ts';

/** What a line of a tree shows. */
export interface Item {
  readonly label: string;
  readonly detail: string;
  /** Read and shown when the pointer rests. */
  readonly title: string;
  /** Says in one word what the mark in front of the line stands for. */
  readonly mark?: { readonly sign: string; readonly word: string; readonly tone: string };
  readonly range?: { readonly offset: number; readonly length: number };
  /** The specification that asks for it, and where that can be read. */
  readonly source?: { readonly name: string; readonly link?: string };
  readonly children: readonly Item[];
}

interface Line {
  readonly item: Item;
  readonly element: HTMLElement;
  readonly parent: Line | undefined;
}

export class Tree {
  private readonly element: HTMLElement;
  private readonly choose: (item: Item) => void;
  private readonly open = new Set<Item>();
  private lines: Line[] = [];
  private items: readonly Item[] = [];
  private current: Item | undefined;

  constructor(element: HTMLElement, choose: (item: Item) => void) {
    this.element = element;
    this.choose = choose;
    element.setAttribute('role', 'tree');
    element.addEventListener('keydown', (event) => this.key(event));
  }

  /** Shows items; those of the first `depth` levels are open. */
  show(items: readonly Item[], depth = 1): void {
    this.items = items;
    this.open.clear();
    this.current = items[0];
    const unfold = (list: readonly Item[], level: number): void => {
      for (const item of list) {
        if (level >= depth || item.children.length === 0) continue;
        this.open.add(item);
        unfold(item.children, level + 1);
      }
    };
    unfold(items, 0);
    this.render();
  }

  /** Opens the way to the innermost item that covers the byte, and marks it; the focus stays. */
  reveal(offset: number): Item | undefined {
    const covers = ({ range }: Item): boolean =>
      range !== undefined && offset >= range.offset && offset < range.offset + range.length;
    let found: Item | undefined;
    for (let list = this.items; ;) {
      const next = list.find(covers);
      if (!next) break;
      if (found) this.open.add(found);
      found = next;
      list = next.children;
    }
    if (found) {
      this.current = found;
      this.render();
      this.lines.find(({ item }) => item === found)?.element.scrollIntoView({ block: 'nearest' });
    }
    return found;
  }

  private render(): void {
    this.lines = [];
    const draw = (items: readonly Item[], level: number, parent: Line | undefined): void => {
      for (const [index, item] of items.entries()) {
        const element = this.line(item, level, index, items.length);
        const line = { item, element, parent };
        this.lines.push(line);
        if (this.open.has(item)) draw(item.children, level + 1, line);
      }
    };
    draw(this.items, 1, undefined);
    this.element.replaceChildren(...this.lines.map(({ element }) => element));
  }

  private line(item: Item, level: number, index: number, siblings: number): HTMLElement {
    const inner = item.children.length > 0;
    const open = this.open.has(item);
    const current = item === this.current;
    const { mark } = item;
    const element = h(
      'div',
      {
        ...{ role: 'treeitem', title: item.title, tabindex: current ? 0 : -1, class: 'tree-line' },
        ...{ 'aria-level': level, 'aria-posinset': index + 1, 'aria-setsize': siblings },
        ...{ 'aria-selected': String(current), 'aria-expanded': inner ? String(open) : undefined },
      },
      h('span', { class: 'twist', 'aria-hidden': 'true' }, inner ? (open ? '▾' : '▸') : ''),
      ...(mark
        ? [
            h('span', { class: `mark ${mark.tone}`, 'aria-hidden': 'true' }, mark.sign),
            h('span', { class: 'unseen' }, mark.word),
          ]
        : []),
      h('span', { class: 'label' }, item.label),
      h('span', { class: 'detail' }, item.detail),
    );
    element.style.paddingLeft = `${String((level - 1) * 14 + 4)}px`;
    element.addEventListener('click', () => {
      if (inner && current) this.toggle(item);
      this.go(item);
    });
    return element;
  }

  private toggle(item: Item, open = !this.open.has(item)): void {
    if (open) this.open.add(item);
    else this.open.delete(item);
    this.render();
  }

  private go(item: Item): void {
    this.current = item;
    this.render();
    this.lines.find((line) => line.item === item)?.element.focus();
    this.choose(item);
  }

  private key(event: KeyboardEvent): void {
    const at = this.lines.findIndex(({ item }) => item === this.current);
    const line = this.lines[at];
    if (!line) return;
    const { item } = line;
    const open = this.open.has(item);
    const target = (): Item | undefined => {
      if (event.key === 'ArrowDown') return this.lines[at + 1]?.item;
      if (event.key === 'ArrowUp') return this.lines[at - 1]?.item;
      if (event.key === 'Home') return this.lines[0]?.item;
      if (event.key === 'End') return this.lines.at(-1)?.item;
      if (event.key === 'ArrowRight' && item.children.length > 0) {
        if (open) return item.children[0];
        this.toggle(item, true);
        return item;
      }
      if (event.key === 'ArrowLeft') {
        if (!open) return line.parent?.item;
        this.toggle(item, false);
        return item;
      }
      return event.key === 'Enter' || event.key === ' ' ? item : undefined;
    };
    const next = target();
    if (!next) return;
    event.preventDefault();
    this.go(next);
  }
}
