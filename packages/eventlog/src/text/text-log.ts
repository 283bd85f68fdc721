/** A text log of one register as an EventLog, in the dialects of the Linux RFC, issue 495 and the attestation agent. */
import { ALGORITHMS, printable, utf8Text, type AlgorithmName, type Digests, type Issue } from '@tsm/core';
import type { EventContent } from '../event-data/content.ts';
import { Growing } from '../growing.ts';
import { IssueList } from '../issue-list.ts';
import type {
  EventDigest,
  EventLog,
  ExtendVisitor,
  LogEvent,
  SyncVisitor,
  Tail,
  TextDialect,
} from '../log.ts';
import { forEachLine, lineEnd, lineKind, splitEvent, statedValue } from './line.ts';
import { readRecord, type RecordKind } from './record.ts';

/** What every confidential VM of today has. */
const DEFAULT_ALGORITHM: AlgorithmName = 'sha384';

/** Names of the records' kinds, in the order of their numbers. */
const KINDS = ['event', 'sync', 'init', 'extend'] as const;
const TYPE_NAMES = { sync: 'SYNC', init: 'INIT', extend: '.EXTEND', event: 'event' } as const;

/** A line that counts. `value`: stated by SYNC and INIT, or extended by .EXTEND; undefined where it cannot be used. */
interface TextRecord {
  readonly kind: RecordKind;
  readonly start: number;
  readonly end: number;
  readonly value: Uint8Array | undefined;
}

/** All records, in columns: a hostile log has one every two bytes. */
class Records {
  private readonly starts = new Growing((length) => new Uint32Array(length));
  private readonly kinds = new Growing((length) => new Uint8Array(length));
  private readonly values = new Map<number, Uint8Array>();
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get length(): number {
    return this.starts.length;
  }

  push(kind: RecordKind, start: number, value: Uint8Array | undefined): void {
    if (value) this.values.set(this.length, value);
    this.starts.push(start);
    this.kinds.push(KINDS.indexOf(kind));
  }

  kind(number: number): RecordKind | undefined {
    return KINDS[this.kinds.at(number) ?? KINDS.length];
  }

  at(number: number): TextRecord | undefined {
    const kind = this.kind(number);
    const start = this.starts.at(number);
    if (kind === undefined || start === undefined) return undefined;
    return { kind, start, end: lineEnd(this.bytes, start), value: this.values.get(number) };
  }
}

/** Number of the first record that states a value, or 0 when none does. */
function anchorOf(records: Records): number {
  for (let i = 0; i < records.length; i++) {
    const record = records.at(i);
    if ((record?.kind === 'sync' || record?.kind === 'init') && record.value) return i;
  }
  return 0;
}

/** Reads the lines, and says what is wrong with them. */
class TextReader {
  readonly records: Records;
  readonly issues = new IssueList();
  readonly algorithm: AlgorithmName;
  private readonly bytes: Uint8Array;
  private readonly dialect: TextDialect;

  /** `fallback`: the algorithm where no line says one. */
  constructor(bytes: Uint8Array, dialect: TextDialect, fallback: AlgorithmName) {
    this.bytes = bytes;
    this.dialect = dialect;
    this.algorithm = statedAlgorithm(bytes, dialect) ?? fallback;
    this.records = new Records(bytes);
    forEachLine(bytes, (start, end) => {
      const kind = lineKind(bytes, start, end, dialect);
      if (kind !== 'blank' && kind !== 'comment') this.record(kind, start, end);
    });
  }

  private record(kind: RecordKind, start: number, end: number): void {
    const { records, dialect, algorithm } = this;
    const path = `events[${String(records.length)}]`;
    const before = records.length === 0 ? undefined : records.kind(records.length - 1);
    const text = utf8Text(this.bytes.subarray(start, end));
    const read = readRecord(kind, text, { dialect, algorithm, before }, (code, args) => {
      this.issues.add(code, args, path, start, end - start);
    });
    records.push(read.kind, start, read.value);
  }
}

/** The algorithm of the first line that states one: what stands before it does not say its own. */
function statedAlgorithm(bytes: Uint8Array, dialect: TextDialect): AlgorithmName | undefined {
  let start = 0;
  while (start < bytes.length) {
    const end = lineEnd(bytes, start);
    const kind = lineKind(bytes, start, end, dialect);
    if (kind === 'sync' || kind === 'init') {
      const { algorithm } = statedValue(utf8Text(bytes.subarray(start, end)));
      if (algorithm !== undefined) return algorithm;
    }
    // INIT counts as the first record alone.
    if (dialect !== 'rfc' && kind !== 'blank' && kind !== 'comment') return undefined;
    start = end + 1;
  }
  return undefined;
}

export class TextLog implements EventLog {
  readonly format = 'tsm-text';
  readonly numbering = 'single';
  readonly dialect: TextDialect;
  readonly bytes: Uint8Array;
  readonly algorithms: readonly AlgorithmName[];
  readonly count: number;
  readonly issues: readonly Issue[];
  readonly tail: Tail;
  private readonly records: Records;
  /** The first record that states a value: what stands before it cannot be replayed. */
  private readonly anchor: number;

  /** `algorithm` is used where no line of the log says one. `issues` come before the log's own. */
  constructor(
    bytes: Uint8Array,
    dialect: TextDialect,
    algorithm = DEFAULT_ALGORITHM,
    issues: readonly Issue[] = [],
  ) {
    const reader = new TextReader(bytes, dialect, algorithm);
    this.bytes = bytes;
    this.dialect = dialect;
    this.records = reader.records;
    this.count = reader.records.length;
    this.algorithms = [reader.algorithm];
    this.tail = { offset: bytes.length, length: 0, kind: 'none' };
    this.anchor = anchorOf(this.records);
    if (this.start() === undefined || this.anchor > 0) {
      const skipped = this.anchor;
      const length = skipped === 0 ? 0 : (this.records.at(skipped)?.start ?? 0);
      reader.issues.add('replay.start-unknown', { skipped }, '', 0, length);
    }
    this.issues = [...issues, ...reader.issues.issues];
  }

  *[Symbol.iterator](): Iterator<LogEvent> {
    for (let i = 0; i < this.count; i++) yield this.event(i);
  }

  event(number: number): LogEvent {
    const record = this.records.at(number);
    if (!record) throw new RangeError(`number: expected 0…${String(this.count - 1)}, got ${String(number)}`);
    const { kind, start, end, value } = record;
    const data = this.bytes.subarray(start, end);
    return {
      number,
      register: 0,
      type: 0,
      typeName: TYPE_NAMES[kind],
      digests: kind === 'extend' && value ? [this.storedDigest(value, start)] : [],
      data,
      dataOffset: start,
      offset: start,
      length: end - start,
      measured: kind !== 'extend' || value !== undefined,
      content: () => textContent(kind, utf8Text(data)),
    };
  }

  start(): Uint8Array | undefined {
    const first = this.records.at(this.anchor);
    return first?.kind === 'sync' || first?.kind === 'init' ? first.value : undefined;
  }

  scan(digests: Digests, extend: ExtendVisitor, sync?: SyncVisitor): void {
    const [algorithm = DEFAULT_ALGORITHM] = this.algorithms;
    if (!digests.has(algorithm)) return;
    for (let i = this.anchor; i < this.records.length; i++) {
      const record = this.records.at(i);
      if (!record) continue;
      const { kind, start, end, value } = record;
      if (kind === 'extend') {
        if (value) extend(i, 0, algorithm, value, 0);
        continue;
      }
      if (kind === 'sync' && i > this.anchor && value) sync?.(i, 0, algorithm, value);
      extend(i, 0, algorithm, digests.digest(algorithm, this.bytes.subarray(start, end)), 0);
    }
  }

  private storedDigest(digest: Uint8Array, start: number): EventDigest {
    const algorithm = this.algorithms[0] ?? DEFAULT_ALGORITHM;
    return { tcgId: ALGORITHMS[algorithm].tcgId, algorithm, digest, offset: start + '# .EXTEND '.length };
  }
}

function textContent(kind: RecordKind, text: string): EventContent {
  const event = kind === 'event' ? splitEvent(text) : undefined;
  return {
    kind: event ? 'text-event' : 'text',
    title: printable(text),
    fields: event ?? { text },
    tree: undefined,
    issues: [],
  };
}
