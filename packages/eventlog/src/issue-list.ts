/** Collects issues, and keeps a hostile log from making more of them than anyone can read. */
import type { Issue } from '@tsm/core';
import { LOG_ISSUES } from './issues.ts';

const MAX_PER_CODE = 50;

type Code = (typeof LOG_ISSUES.codes)[number];

export class IssueList {
  readonly issues: Issue[] = [];
  private readonly counts = new Map<string, number>();

  /** Adds an issue; after 50 of one code, one `log.more-issues` says that the rest is left out. */
  add<C extends Code>(
    code: C,
    args: Parameters<typeof LOG_ISSUES.make<C>>[2],
    path: string,
    offset: number,
    length: number,
  ): void {
    const count = (this.counts.get(code) ?? 0) + 1;
    this.counts.set(code, count);
    const place = { path, offset, length };
    if (count <= MAX_PER_CODE) this.issues.push(LOG_ISSUES.make(code, place, args));
    else if (count === MAX_PER_CODE + 1)
      this.issues.push(LOG_ISSUES.make('log.more-issues', place, { code, shown: MAX_PER_CODE }));
  }
}
