/** The check list that a verifier fills: it becomes the tree of a verdict, with what was not checked beside it. */
import {
  conclude,
  equalBytes,
  toHex,
  type Check,
  type CheckStatus,
  type NotChecked,
  type Verdict,
} from '@tsm/core';

/** What a check says beside its id, title and status. */
export type CheckDetails = Partial<Pick<Check, 'spec' | 'range' | 'expected' | 'actual' | 'remedy'>>;

/** A group is a list of its own, with what it is called. */
interface Group extends CheckDetails {
  readonly id: string;
  readonly title: string;
  readonly list: CheckList;
}

/** Of several statuses the one that decides; `notApplicable` where there is none. */
const WORST: readonly CheckStatus[] = ['fail', 'skipped', 'pass'];

function statusOf(checks: readonly Check[]): CheckStatus {
  return WORST.find((status) => checks.some((check) => check.status === status)) ?? 'notApplicable';
}

function withoutRemedy(details: CheckDetails): CheckDetails {
  const others = { ...details };
  delete others.remedy;
  return others;
}

/** Checks in the order in which they were made. Groups nest; `notChecked` reaches the verdict from any depth. */
export class CheckList {
  private readonly entries: (Check | Group)[] = [];
  private readonly unchecked: NotChecked[];

  constructor(unchecked: NotChecked[] = []) {
    this.unchecked = unchecked;
  }

  /** Passed or failed, by `ok`, which is given back. The remedy is kept for a failure only. */
  check(id: string, title: string, ok: boolean, details: CheckDetails = {}): boolean {
    const known = ok && details.remedy !== undefined ? withoutRemedy(details) : details;
    this.entries.push({ id, title, status: ok ? 'pass' : 'fail', ...known });
    return ok;
  }

  /** Passed when the bytes are equal; both go into the check as hex. */
  equal(
    id: string,
    title: string,
    expected: Uint8Array,
    actual: Uint8Array,
    details: CheckDetails = {},
  ): boolean {
    const shown = { expected: toHex(expected), actual: toHex(actual) };
    return this.check(id, title, equalBytes(expected, actual), { ...details, ...shown });
  }

  /** Could not be checked; makes the verdict inconclusive. `remedy`: what would make it possible. */
  skip(id: string, title: string, details: CheckDetails & { readonly remedy: string }): void {
    this.entries.push({ id, title, status: 'skipped', ...details });
  }

  /** Does not apply to this evidence; never changes the verdict. */
  notApplicable(id: string, title: string, why: string): void {
    this.entries.push({ id, title, status: 'notApplicable', actual: why });
  }

  /** A nested list. Its status is the worst of its checks. */
  group(id: string, title: string, details: CheckDetails = {}): CheckList {
    const list = new CheckList(this.unchecked);
    this.entries.push({ id, title, ...details, list });
    return list;
  }

  /** Something that a reader may believe was checked, and was not. Said once for each id. */
  notChecked(id: string, reason: string): void {
    if (!this.unchecked.some((one) => one.id === id)) this.unchecked.push({ id, reason });
  }

  /** True when something in here, or below, failed. */
  get failed(): boolean {
    return this.entries.some((entry) => ('list' in entry ? entry.list.failed : entry.status === 'fail'));
  }

  /** The checks so far. */
  get checks(): readonly Check[] {
    return this.entries.map((entry) => {
      if (!('list' in entry)) return entry;
      const { list, ...group } = entry;
      const { checks } = list;
      return { ...group, status: statusOf(checks), checks };
    });
  }

  /** The verdict over the whole list. `tcbStatus`: in the vendor's own words. */
  verdict(technology: string, tcbStatus?: string): Verdict {
    const verdict = { technology, ...conclude(this.checks, this.unchecked) };
    return tcbStatus === undefined ? verdict : { ...verdict, tcbStatus };
  }
}
