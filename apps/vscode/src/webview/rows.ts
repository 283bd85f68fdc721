/** The rows of a log that a page has, a window at a time; the extension has them all. */
import type { LogRow } from '@tsm/language-server/protocol';
import type { Looked } from '../webview-messages.ts';
import { send } from './page.ts';

const WINDOW = 200;

export class Rows {
  total = 0;
  filter: Looked = { register: '', search: '' };
  private readonly pages = new Map<number, readonly LogRow[]>();
  private readonly asked = new Set<number>();
  /** Answers to older questions are not for us. */
  private ask = 0;

  /** Starts anew with another filter. */
  look(filter: Looked): void {
    this.filter = filter;
    this.ask += 1;
    this.pages.clear();
    this.asked.clear();
    this.request(0);
  }

  /** A row, where it has come already. */
  at(index: number): LogRow | undefined {
    return this.pages.get(Math.floor(index / WINDOW))?.[index % WINDOW];
  }

  /** Asks for what is missing in a range. */
  need(from: number, count: number): void {
    const last = Math.floor(Math.max(from, from + count - 1) / WINDOW);
    for (let page = Math.floor(from / WINDOW); page <= last; page += 1) this.request(page);
  }

  /** Takes an answer; false for one to an older question. */
  take(ask: number, rows: readonly LogRow[], total: number): boolean {
    const [own, page] = [Math.floor(ask / 1_000_000), ask % 1_000_000];
    if (own !== this.ask) return false;
    this.total = total;
    this.pages.set(page, rows);
    return true;
  }

  private request(page: number): void {
    if (this.asked.has(page)) return;
    this.asked.add(page);
    const ask = this.ask * 1_000_000 + page;
    send({ kind: 'rows', ask, from: page * WINDOW, count: WINDOW, filter: this.filter });
  }
}
