/** Blocks of lines: what an edit reads again. Each ends where a record ends, and keeps what was read of it. */
import { utf8Bytes, utf8Text, type AlgorithmName, type Digests, type Issue } from '@tsm/core';
import {
  lineKind,
  LOG_ISSUES,
  readRecord,
  statedValue,
  type RecordKind,
  type TextDialect,
} from '@tsm/eventlog';
import { endsRecord } from './lines.ts';

/** Lines of a block, about: few enough to be read again at each key, enough for few blocks. */
const LINES = 256;
/** A block that an edit left smaller is joined with the next. */
export const FEW_LINES = 64;

/** What is wrong with a record: the issue without its place in bytes. */
export interface RecordIssue extends Pick<Issue, 'code' | 'severity' | 'message' | 'spec'> {
  /** Number of the record in its block. */
  readonly record: number;
}

/** One record of a block. */
export interface BlockRecord {
  readonly kind: RecordKind;
  /** First line, in the block. */
  readonly line: number;
  /** Without its line feed; holds carriage returns where it is several lines. */
  readonly text: string;
  /** Stated by SYNC and INIT, or extended by .EXTEND; undefined where it cannot be used. */
  readonly value: Uint8Array | undefined;
  /** What it extends the register by; undefined where it does not. */
  readonly digest: Uint8Array | undefined;
}

/** What the reading of a block rests on beside its lines. */
export interface Reading {
  readonly dialect: TextDialect;
  readonly algorithm: AlgorithmName;
  readonly digests: Digests;
}

const KINDS = ['event', 'sync', 'init', 'extend'] as const;

export class Block {
  readonly lines: readonly string[];
  /** Characters. */
  readonly length: number;
  /** First line of each record. */
  private starts = new Uint32Array(0);
  private kinds = new Uint8Array(0);
  private values = new Map<number, Uint8Array>();
  /** Digests of the records that extend, one after the other; `rows` has the number of each. */
  digests: Uint8Array = new Uint8Array(0);
  private rows = new Int32Array(0);
  issues: readonly RecordIssue[] = [];
  /** Kind of the record before the block when it was read, and of the last one up to its end. */
  before: RecordKind | undefined;
  after: RecordKind | undefined;
  /** How many records extend. */
  extends = 0;
  /** How often it was read: what was computed from an earlier reading is void. */
  reads = 0;
  private readAs: Reading | undefined;

  constructor(lines: readonly string[]) {
    this.lines = lines;
    this.length = lines.reduce((sum, line) => sum + line.length, 0);
  }

  /** Number of records. */
  get count(): number {
    return this.starts.length;
  }

  text(): string {
    return this.lines.join('');
  }

  /** Was the block read in this way, and would it be read alike after a record of this kind? */
  isRead(reading: Reading, before: RecordKind | undefined): boolean {
    const { readAs } = this;
    if (readAs?.dialect !== reading.dialect || readAs.algorithm !== reading.algorithm) return false;
    return this.before === before;
  }

  /** Text of the record that begins with this line, without its line feed. */
  textAt(line: number): string {
    let text = this.lines[line] ?? '';
    for (let next = line + 1; next < this.lines.length && !endsRecord(text); next++)
      text += this.lines[next] ?? '';
    return endsRecord(text) ? text.slice(0, -1) : text;
  }

  /** Reads all records: hashes each line that is measured. */
  read(reading: Reading, before: RecordKind | undefined): void {
    const { dialect, algorithm, digests } = reading;
    const starts: number[] = [];
    const kinds: number[] = [];
    const rows: number[] = [];
    const row: Uint8Array[] = [];
    const issues: RecordIssue[] = [];
    const values = new Map<number, Uint8Array>();
    const hashed = digests.has(algorithm);
    let last = before;
    let line = 0;
    while (line < this.lines.length) {
      const first = line;
      while (line < this.lines.length && !endsRecord(this.lines[line] ?? '')) line++;
      line++;
      const text = this.textAt(first);
      const bytes = utf8Bytes(text);
      const kind = OPENERS.has(text.charCodeAt(0)) ? lineKind(bytes, 0, bytes.length, dialect) : 'event';
      if (kind === 'blank' || kind === 'comment') continue;
      const record = starts.length;
      const read = readRecord(kind, text, { dialect, algorithm, before: last }, (code, args) => {
        const { severity, message, spec } = LOG_ISSUES.make(code, NOWHERE, args);
        issues.push({ code, severity, message, record, ...(spec === undefined ? {} : { spec }) });
      });
      last = read.kind;
      starts.push(first);
      kinds.push(KINDS.indexOf(read.kind));
      if (read.value) values.set(record, read.value);
      const digest =
        read.kind === 'extend' ? read.value : hashed ? digests.digest(algorithm, bytes) : undefined;
      rows.push(digest ? row.length : -1);
      if (digest) row.push(digest);
    }
    this.starts = Uint32Array.from(starts);
    this.kinds = Uint8Array.from(kinds);
    this.rows = Int32Array.from(rows);
    this.digests = concatRow(row);
    this.extends = row.length;
    this.values = values;
    this.issues = issues;
    this.before = before;
    this.after = last;
    this.readAs = reading;
    this.reads++;
  }

  record(number: number): BlockRecord | undefined {
    const kind = KINDS[this.kinds[number] ?? KINDS.length];
    const line = this.starts[number];
    if (kind === undefined || line === undefined) return undefined;
    return {
      ...{ kind, line, text: this.textAt(line) },
      ...{ value: this.values.get(number), digest: this.digest(number) },
    };
  }

  kind(number: number): RecordKind | undefined {
    return KINDS[this.kinds[number] ?? KINDS.length];
  }

  /** What a record extends by, as a view. */
  digest(number: number): Uint8Array | undefined {
    const row = this.rows[number] ?? -1;
    const size = this.digests.length / this.extends;
    return row < 0 ? undefined : this.digests.subarray(row * size, (row + 1) * size);
  }

  /** Number of records before this one that extend. */
  row(number: number): number {
    for (let i = number; i < this.rows.length; i++) {
      const row = this.rows[i] ?? -1;
      if (row >= 0) return row;
    }
    return this.extends;
  }

  /** Number of the first record that begins at this line or after it. */
  recordFrom(line: number): number {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.starts[middle] ?? 0) < line) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Records that state a value, in order. */
  stated(): readonly (readonly [record: number, value: Uint8Array])[] {
    if (this.values.size === 0) return NOTHING;
    return [...this.values].filter(([record]) => this.kind(record) !== 'extend');
  }

  /** Is there a SYNC that a replay can be compared with? */
  get statesSync(): boolean {
    return this.stated().some(([record]) => this.kind(record) === 'sync');
  }
}

/** First characters of lines that may be something else than an event: SYNC, INIT, a remark, nothing at all. */
const OPENERS = new Set([0x53, 0x49, 0x23, NaN]);

const NOTHING: readonly never[] = [];

const NOWHERE = { path: '', offset: 0, length: 0 };

function concatRow(row: readonly Uint8Array[]): Uint8Array {
  const size = row[0]?.length ?? 0;
  const all = new Uint8Array(row.length * size);
  row.forEach((digest, i) => all.set(digest, i * size));
  return all;
}

/** The algorithm of the first line that states one. INIT counts as the first record alone. */
export function statedAlgorithm(blocks: readonly Block[], dialect: TextDialect): AlgorithmName | undefined {
  for (const block of blocks) {
    let ended = true;
    for (const [number, line] of block.lines.entries()) {
      const begins = ended;
      ended = endsRecord(line);
      // Most lines are told apart by their first character.
      if (!begins || (dialect === 'rfc' && line.charCodeAt(0) !== 0x53)) continue;
      const bytes = utf8Bytes(block.textAt(number));
      const kind = lineKind(bytes, 0, bytes.length, dialect);
      const states = kind === (dialect === 'rfc' ? 'sync' : 'init');
      const found = states ? statedValue(utf8Text(bytes)).algorithm : undefined;
      if (found !== undefined) return found;
      if (dialect !== 'rfc' && kind !== 'blank' && kind !== 'comment') return undefined;
    }
  }
  return undefined;
}

/** Lines in blocks of about the same size, each ending with a record. */
export function blocksOf(lines: readonly string[]): Block[] {
  if (lines.length <= 2 * LINES) return [new Block(lines)];
  const blocks: Block[] = [];
  let start = 0;
  for (let end = LINES; start < lines.length; end = start + LINES) {
    while (end < lines.length && !endsRecord(lines[end - 1] ?? '')) end++;
    // What is left over would be a block of its own that is too small.
    if (lines.length - end < FEW_LINES) end = lines.length;
    blocks.push(new Block(lines.slice(start, end)));
    start = end;
  }
  return blocks;
}
