/** A text log of one register as an EventLog, in the dialects of the Linux RFC, issue 495 and the attestation agent. */
import {
  ALGORITHMS,
  isFilledWith,
  printable,
  utf8Text,
  type AlgorithmName,
  type Digests,
  type Issue,
} from '@tsm/core';
import type { EventContent } from '../event-data/content.ts';
import { Growing } from '../growing.ts';
import { IssueList } from '../issue-list.ts';
import type { LOG_ISSUES } from '../issues.ts';
import type {
  EventDigest,
  EventLog,
  ExtendVisitor,
  LogEvent,
  SyncVisitor,
  Tail,
  TextDialect,
} from '../log.ts';
import {
  extendValue,
  forEachLine,
  isTrimmed,
  lineEnd,
  lineKind,
  splitEvent,
  statedValue,
  type LineKind,
  type StatedValue,
} from './line.ts';

/** What every confidential VM of today has. */
const DEFAULT_ALGORITHM: AlgorithmName = 'sha384';

/** Names of the records' kinds, in the order of their numbers. */
const KINDS = ['event', 'sync', 'init', 'extend'] as const;
type RecordKind = (typeof KINDS)[number];
const TYPE_NAMES = { sync: 'SYNC', init: 'INIT', extend: '.EXTEND', event: 'event' } as const;

/** Longest name of an algorithm that is shown. */
const MAX_NAME = 32;

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

/** Adds an issue of the line at hand. */
type AddIssue = <C extends (typeof LOG_ISSUES.codes)[number]>(
  code: C,
  args: Parameters<typeof LOG_ISSUES.make<C>>[2],
) => void;

/** Reads the lines, and says what is wrong with them. */
class TextReader {
  readonly records: Records;
  readonly issues = new IssueList();
  private stated: AlgorithmName | undefined;
  private readonly bytes: Uint8Array;
  private readonly dialect: TextDialect;
  private readonly fallback: AlgorithmName;

  /** `fallback`: the algorithm where no line says one. */
  constructor(bytes: Uint8Array, dialect: TextDialect, fallback: AlgorithmName) {
    this.bytes = bytes;
    this.dialect = dialect;
    this.fallback = fallback;
    this.records = new Records(bytes);
    forEachLine(bytes, (start, end) => {
      const kind = lineKind(bytes, start, end, dialect);
      if (kind !== 'blank' && kind !== 'comment') this.record(kind, start, end);
    });
  }

  /** The algorithm of the log, when all of it is read. */
  get algorithm(): AlgorithmName {
    return this.stated ?? this.fallback;
  }

  private record(kind: Exclude<LineKind, 'blank' | 'comment'>, start: number, end: number): void {
    const path = `events[${String(this.records.length)}]`;
    const add: AddIssue = (code, args) => {
      this.issues.add(code, args, path, start, end - start);
    };
    const text = utf8Text(this.bytes.subarray(start, end));
    const used = kind === 'init' && this.records.length > 0 ? 'event' : kind;
    if (used !== kind) add('text.init-again', {});
    if (used === 'event') this.checkEvent(text, add);
    if (used === 'extend') add('replay.unlogged-extend', {});
    this.records.push(used, start, used === 'event' ? undefined : this.valueOf(used, text, add));
  }

  private checkEvent(text: string, add: AddIssue): void {
    const foreign = this.dialect === 'rfc' ? /^INIT[ /]/ : /^SYNC[ /]/;
    if (foreign.test(text)) add('text.dialect-mix', { word: text.slice(0, 4), dialect: this.dialect });
    if (this.dialect === 'rfc' && !isTrimmed(text)) add('text.untrimmed', {});
    if (this.dialect === 'rfc' && this.records.kind(this.records.length - 1) === 'extend')
      add('text.missing-sync', {});
    if (this.dialect === 'aael' && !splitEvent(text)) add('text.not-an-event-line', {});
  }

  private valueOf(kind: 'sync' | 'init' | 'extend', text: string, add: AddIssue): Uint8Array | undefined {
    if (kind === 'extend') return this.sized('# .EXTEND', extendValue(text), add);
    const stated = statedValue(text);
    if (stated.algorithm === undefined) {
      add('text.unknown-algorithm', { name: stated.algorithmText.slice(0, MAX_NAME) });
      return undefined;
    }
    const algorithm = (this.stated ??= stated.algorithm);
    if (stated.algorithm !== algorithm) {
      add('text.algorithm-changed', { first: algorithm, here: stated.algorithm });
      return undefined;
    }
    const expected = 2 * ALGORITHMS[algorithm].size;
    const { length } = stated.hex;
    const short = kind === 'init' && stated.value && length < expected && isFilledWith(stated.value, 0);
    if (!short) return this.sized(kind === 'sync' ? 'SYNC' : 'INIT', stated, add);
    add('text.short-init', { expected, got: length });
    return new Uint8Array(expected / 2);
  }

  private sized(
    what: string,
    { hex, value }: Pick<StatedValue, 'hex' | 'value'>,
    add: AddIssue,
  ): Uint8Array | undefined {
    this.stated ??= syncAlgorithm(this.bytes) ?? this.fallback;
    const { size } = ALGORITHMS[this.stated];
    if (value?.length === size) return value;
    add('text.bad-digest', { what, expected: 2 * size, got: hex.length });
    return undefined;
  }
}

/** The algorithm of the first SYNC line that names a known one: a direct extend before it does not say its own. */
function syncAlgorithm(bytes: Uint8Array): AlgorithmName | undefined {
  let first: AlgorithmName | undefined;
  forEachLine(bytes, (start, end) => {
    if (first === undefined && lineKind(bytes, start, end, 'rfc') === 'sync')
      first = statedValue(utf8Text(bytes.subarray(start, end))).algorithm;
  });
  return first;
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
