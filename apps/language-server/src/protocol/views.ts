/** What the server shows of logs and evidence: plain data, bytes in hexadecimal, offsets in the decoded content. */

/** A field of decoded bytes, as a line of a tree. */
export interface TreeNode {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
  /** Value in words; empty for a node that only holds others. */
  readonly value: string;
  /** What it is, and where it is specified. */
  readonly doc: string;
  readonly children: readonly TreeNode[];
}

/** An issue of the data. */
export interface Problem {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
  readonly path: string;
  readonly offset: number;
  readonly length: number;
  readonly spec?: string;
}

/** One register of one bank of a log. */
export interface LogRegister {
  /** Such as `RTMR1`, or `PCR7 · sha256` where the log has several banks. */
  readonly title: string;
  /** Such as `rtmr1`; empty for a text log of a register that nobody named. */
  readonly name: string;
  /** Number in the log's numbering. */
  readonly register: number;
  readonly algorithm: string;
  readonly start: string;
  /** What the log replays to. */
  readonly value: string;
  /** How many events extend it. */
  readonly events: number;
  /** What the evidence says that the log is held against; absent where none speaks of it. */
  readonly expected?: string;
  /** Number of the first event that does not fit that evidence. */
  readonly divergence?: number;
}

export interface LogSummary {
  readonly format: string;
  readonly dialect?: string;
  readonly banks: readonly string[];
  readonly events: number;
  readonly registers: readonly LogRegister[];
  readonly problems: readonly Problem[];
}

/** Does the recorded data give the recorded digest? */
export type Fit = 'match' | 'mismatch' | 'unknown';

/** One event as a line of a table. */
export interface LogRow {
  readonly number: number;
  readonly offset: number;
  readonly length: number;
  /** Title of its register. */
  readonly register: string;
  readonly type: string;
  /** What it means, in words. */
  readonly title: string;
  /** In the bank that is shown; empty where it has none. */
  readonly digest: string;
  readonly fit: Fit;
  /** What the digest covers, or would have to. */
  readonly covers: string;
  /** Value of the register after it; empty for an event that extends nothing. */
  readonly value: string;
}

/** A register value that evidence vouches for. */
export interface EvidenceValue {
  readonly name: string;
  readonly value: string;
  readonly offset: number;
}

export interface EvidenceView {
  /** Id of the provider that reads it. */
  readonly provider: string;
  readonly technology: string;
  readonly format: string;
  readonly registers: readonly EvidenceValue[];
  readonly reportData: string;
  readonly claims: Readonly<Record<string, string>>;
  readonly tree: TreeNode;
  readonly problems: readonly Problem[];
}

/** One check of a verdict. */
export interface CheckLine {
  readonly id: string;
  readonly title: string;
  readonly status: 'pass' | 'fail' | 'skipped' | 'notApplicable';
  readonly expected?: string;
  readonly actual?: string;
  /** Document and section; those of the group for a check inside one. */
  readonly spec?: string;
  /** Where the document is published. */
  readonly link?: string;
  readonly remedy?: string;
  /** Bytes of the evidence that were checked. */
  readonly offset?: number;
  readonly length?: number;
  readonly checks: readonly CheckLine[];
}

export interface VerdictView {
  readonly technology: string;
  readonly verdict: 'pass' | 'fail' | 'inconclusive';
  readonly tcbStatus?: string;
  readonly checks: readonly CheckLine[];
  readonly notChecked: readonly { readonly id: string; readonly reason: string }[];
  /** Time that it was verified for, ISO 8601. */
  readonly at: string;
}

/** One register of a log held against evidence. */
export interface ComparisonLine {
  readonly name: string;
  readonly algorithm: string;
  readonly status: 'match' | 'differs' | 'notExplained';
  readonly expected: string;
  readonly replayed: string;
  readonly events: number;
  readonly divergence?: {
    readonly event: number;
    readonly offset: number;
    readonly length: number;
    readonly title: string;
    readonly reason: string;
    readonly proven: boolean;
  };
}

export interface ComparisonView {
  readonly registers: readonly ComparisonLine[];
  /** Registers of the evidence that the log says nothing about. */
  readonly notInLog: readonly string[];
}

/** An edit of the log that makes it agree with the register. */
export interface EditView {
  readonly kind: string;
  /** Number of the event; of the one after which an event is missing; null at the start. */
  readonly event: number | null;
  readonly words: string;
  readonly digest?: string;
  readonly name?: string;
}

export interface ExplanationView {
  readonly found: boolean;
  readonly unique: boolean;
  readonly edits: readonly EditView[];
  /** Candidates that were tried. */
  readonly tried: number;
  readonly notSearched: readonly { readonly kind: string; readonly reason: string }[];
  readonly stopped: 'found' | 'exhausted' | 'budget' | 'cancelled';
}
