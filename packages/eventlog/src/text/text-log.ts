/** A text log of one register as an EventLog, in the dialects of the Linux RFC, issue 495 and the attestation agent. */
import { ALGORITHMS, fromHex, utf8Text, type AlgorithmName, type Digests, type Issue } from '@tsm/core';
import type { EventContent } from '../event-data/content.ts';
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
  extendHex,
  forEachLine,
  isTrimmed,
  lineKind,
  splitEvent,
  statedValue,
  type LineKind,
} from './line.ts';

/** What every confidential VM of today has. */
const DEFAULT_ALGORITHM: AlgorithmName = 'sha384';

const TYPE_NAMES = { sync: 'SYNC', init: 'INIT', extend: '.EXTEND', event: 'event' } as const;
type RecordKind = keyof typeof TYPE_NAMES;

/** A line that counts. `value`: stated by SYNC and INIT, or extended by .EXTEND; undefined where it cannot be used. */
interface TextRecord {
  readonly kind: RecordKind;
  readonly start: number;
  readonly end: number;
  readonly value: Uint8Array | undefined;
}

/** Adds an issue of the line at hand. */
type AddIssue = <C extends (typeof LOG_ISSUES.codes)[number]>(
  code: C,
  args: Parameters<typeof LOG_ISSUES.make<C>>[2],
) => void;

/** Reads the lines, and says what is wrong with them. */
class TextReader {
  readonly records: TextRecord[] = [];
  readonly issues = new IssueList();
  algorithm: AlgorithmName | undefined;
  private readonly bytes: Uint8Array;
  private readonly dialect: TextDialect;

  constructor(bytes: Uint8Array, dialect: TextDialect) {
    this.bytes = bytes;
    this.dialect = dialect;
    forEachLine(bytes, (start, end) => {
      const kind = lineKind(bytes, start, end, dialect);
      if (kind !== 'blank' && kind !== 'comment') this.record(kind, start, end);
    });
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
    this.records.push({
      kind: used,
      start,
      end,
      value: used === 'event' ? undefined : this.valueOf(used, text, add),
    });
  }

  private checkEvent(text: string, add: AddIssue): void {
    const foreign = this.dialect === 'rfc' ? /^INIT[ /]/ : /^SYNC[ /]/;
    if (foreign.test(text)) add('text.dialect-mix', { word: text.slice(0, 4), dialect: this.dialect });
    if (this.dialect === 'rfc' && !isTrimmed(text)) add('text.untrimmed', {});
    if (this.dialect === 'rfc' && this.records.at(-1)?.kind === 'extend') add('text.missing-sync', {});
    if (this.dialect === 'aael' && !splitEvent(text)) add('text.not-an-event-line', {});
  }

  private valueOf(kind: 'sync' | 'init' | 'extend', text: string, add: AddIssue): Uint8Array | undefined {
    if (kind === 'extend') return this.sized('# .EXTEND', extendHex(text), add);
    const stated = statedValue(text);
    if (stated.algorithm === undefined) {
      add('text.unknown-algorithm', { name: stated.algorithmText });
      return undefined;
    }
    this.algorithm ??= stated.algorithm;
    if (stated.algorithm !== this.algorithm) {
      add('text.algorithm-changed', { first: this.algorithm, here: stated.algorithm });
      return undefined;
    }
    const expected = 2 * ALGORITHMS[this.algorithm].size;
    const short =
      kind === 'init' &&
      stated.value !== undefined &&
      stated.hex.length < expected &&
      /^0*$/.test(stated.hex);
    if (!short) return this.sized(kind === 'sync' ? 'SYNC' : 'INIT', stated.hex, add);
    add('text.short-init', { expected, got: stated.hex.length });
    return new Uint8Array(expected / 2);
  }

  private sized(what: string, hex: string, add: AddIssue): Uint8Array | undefined {
    const expected = 2 * ALGORITHMS[this.algorithm ?? DEFAULT_ALGORITHM].size;
    const value = fromHex(hex);
    if (value?.length === expected / 2) return value;
    add('text.bad-digest', { what, expected, got: hex.length });
    return undefined;
  }
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
  private readonly records: readonly TextRecord[];

  /** `algorithm` is used where no line of the log says one. `issues` come before the log's own. */
  constructor(
    bytes: Uint8Array,
    dialect: TextDialect,
    algorithm = DEFAULT_ALGORITHM,
    issues: readonly Issue[] = [],
  ) {
    const reader = new TextReader(bytes, dialect);
    this.bytes = bytes;
    this.dialect = dialect;
    this.records = reader.records;
    this.count = reader.records.length;
    this.algorithms = [reader.algorithm ?? algorithm];
    this.tail = { offset: bytes.length, length: 0, kind: 'none' };
    if (this.start() === undefined) reader.issues.add('replay.start-unknown', {}, '', 0, 0);
    for (const [number, { kind, start, end }] of this.records.entries()) {
      if (kind === 'extend')
        reader.issues.add('replay.unlogged-extend', {}, `events[${String(number)}]`, start, end - start);
    }
    this.issues = [...issues, ...reader.issues.issues];
  }

  *[Symbol.iterator](): Iterator<LogEvent> {
    for (let i = 0; i < this.count; i++) yield this.event(i);
  }

  event(number: number): LogEvent {
    const record = this.records[number];
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
    const first = this.records[0];
    return first?.kind === 'sync' || first?.kind === 'init' ? first.value : undefined;
  }

  scan(digests: Digests, extend: ExtendVisitor, sync?: SyncVisitor): void {
    const [algorithm = DEFAULT_ALGORITHM] = this.algorithms;
    if (!digests.has(algorithm)) return;
    for (let i = 0; i < this.records.length; i++) {
      const record = this.records[i];
      if (!record) continue;
      const { kind, start, end, value } = record;
      if (kind === 'extend') {
        if (value) extend(i, 0, algorithm, value, 0);
        continue;
      }
      if (kind === 'sync' && i > 0 && value) sync?.(i, 0, algorithm, value);
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
  const title = text.replace(/\p{Cc}/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return {
    kind: event ? 'text-event' : 'text',
    title,
    fields: event ?? { text },
    tree: undefined,
    issues: [],
  };
}
