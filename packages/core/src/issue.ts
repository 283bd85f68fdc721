/** Issues: what is wrong with data, where, and by which rule. Data never makes the library throw; it makes issues. */

export type Severity = 'error' | 'warning' | 'info';

/** One thing noticed in data. `path` names the field, `offset` and `length` the bytes (of the input as given). */
export interface Issue {
  /** Stable, dotted, lower-case: `layout.truncated`. */
  readonly code: string;
  readonly severity: Severity;
  readonly path: string;
  readonly offset: number;
  readonly length: number;
  readonly message: string;
  /** Document and section that states the rule. */
  readonly spec?: string;
}

/** Where an issue is. */
export interface Place {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

/** One row of a package's table of issues. `Args` is what its message needs. */
export interface IssueKind<Args> {
  readonly severity: Severity;
  readonly message: (args: Args) => string;
  readonly spec?: string;
}

type Arguments<Kind> = Kind extends IssueKind<infer Args> ? Args : never;

/**
 * A package's issues: every code and text it can give, in one table.
 * `make(code, place, args)` is the only way an issue comes to be, so text is never written in line.
 */
export function issueTable<Table extends Readonly<Record<string, IssueKind<never>>>>(table: Table) {
  return {
    codes: Object.keys(table) as readonly (keyof Table & string)[],
    make<Code extends keyof Table & string>(code: Code, place: Place, args: Arguments<Table[Code]>): Issue {
      const kind = table[code] as unknown as IssueKind<Arguments<Table[Code]>>;
      const { path, offset, length } = place;
      const issue = { code, severity: kind.severity, path, offset, length, message: kind.message(args) };
      return kind.spec === undefined ? issue : { ...issue, spec: kind.spec };
    },
  };
}

/** `offset 0x1a40 (events[17].digests[1].algorithm): unknown algorithm 0x0042`. */
export function formatIssue(issue: Issue): string {
  const place = issue.path === '' ? '' : ` (${issue.path})`;
  return `offset 0x${issue.offset.toString(16)}${place}: ${issue.message}`;
}

/** Thrown by the strict wrappers, and by operations the kernel would refuse; `code` is an issue code or an errno name. */
export class TsmError extends Error {
  readonly code: string;
  readonly issue: Issue | undefined;
  constructor(code: string, message: string, issue?: Issue) {
    super(message);
    this.name = 'TsmError';
    this.code = code;
    this.issue = issue;
  }
}
