/** A log of records in any encoding as an EventLog: byte ranges are kept, records are read again when asked for. */
import { ALGORITHMS, type AlgorithmName, type Digests, type Issue } from '@tsm/core';
import type { EventContent } from '../event-data/content.ts';
import { Growing } from '../growing.ts';
import { IssueList } from '../issue-list.ts';
import type { LOG_ISSUES } from '../issues.ts';
import type { EventDigest, EventLog, ExtendVisitor, LogEvent, LogFormat, Numbering, Tail } from '../log.ts';

type Code = (typeof LOG_ISSUES.codes)[number];

/** Adds an issue on a field of the record at hand; `''` is the record itself. */
export type Note = <C extends Code>(
  code: C,
  args: Parameters<typeof LOG_ISSUES.make<C>>[2],
  field: string,
  offset: number,
  length: number,
) => void;

/** For reading a record again: its issues are known. */
export const SILENT: Note = () => undefined;

/** What extends a register. */
export type Step = Pick<EventDigest, 'algorithm' | 'digest'>;

/** A record as an event; number and place come from the log. */
export interface LogRecord extends Omit<LogEvent, 'number' | 'offset' | 'length' | 'content'> {
  readonly content: () => EventContent;
  /** What extends the register, where that is not the stored digests. */
  readonly steps?: ((digests: Digests) => readonly Step[]) | undefined;
}

/** Reads the record in `start`…`end`; undefined where it cannot be used. */
type ReadRecord = (start: number, end: number, number: number) => LogRecord | undefined;

/** PCRs of the dynamic root of trust start with all bits set (TCG PC Client Platform TPM Profile 1.05 §4.6.2). */
const DRTM_PCRS = { first: 17, last: 22 };

/** The value that a PCR has before its first extend. */
export function pcrStart(register: number, algorithm: AlgorithmName, locality = 0): Uint8Array {
  const value = new Uint8Array(ALGORITHMS[algorithm].size);
  if (register === 0) value[value.length - 1] = locality;
  if (register >= DRTM_PCRS.first && register <= DRTM_PCRS.last) value.fill(0xff);
  return value;
}

/** What a format adds to the records that were found. */
interface Parts {
  readonly format: LogFormat;
  readonly bytes: Uint8Array;
  readonly numbering: Numbering;
  readonly tail: Tail;
  readonly read: ReadRecord;
  readonly start?: EventLog['start'];
  /** Banks that are replayed, where that is not those of the stored digests. */
  readonly algorithms?: readonly AlgorithmName[];
}

/** Collects the records of a log while its bytes are walked. */
export class RecordList {
  readonly issues = new IssueList();
  private readonly starts = new Growing((length) => new Uint32Array(length));
  private readonly ends = new Growing((length) => new Uint32Array(length));
  private readonly algorithms = new Set<AlgorithmName>();

  get count(): number {
    return this.starts.length;
  }

  /** Issues of the record that comes next. */
  get note(): Note {
    const { count } = this;
    return (code, args, field, offset, length) => {
      const path = `events[${String(count)}]`;
      this.issues.add(code, args, field === '' ? path : `${path}.${field}`, offset, length);
    };
  }

  push(start: number, end: number, digests: readonly Step[]): void {
    this.starts.push(start);
    this.ends.push(end);
    for (const { algorithm } of digests) if (algorithm !== undefined) this.algorithms.add(algorithm);
  }

  /** The log of all records so far. `before`: issues that come before its own. */
  log(parts: Parts, before: readonly Issue[] = []): EventLog {
    const algorithms = parts.algorithms ?? [...this.algorithms];
    const issues = [...before, ...this.issues.issues];
    return new RecordLog({ ...parts, algorithms }, issues, this.starts.done(), this.ends.done());
  }
}

class RecordLog implements EventLog {
  readonly format: LogFormat;
  readonly bytes: Uint8Array;
  readonly numbering: Numbering;
  readonly algorithms: readonly AlgorithmName[];
  readonly count: number;
  readonly issues: readonly Issue[];
  readonly tail: Tail;
  private readonly parts: Parts;
  private readonly starts: Uint32Array;
  private readonly ends: Uint32Array;

  constructor(parts: Parts, issues: readonly Issue[], starts: Uint32Array, ends: Uint32Array) {
    this.parts = parts;
    this.format = parts.format;
    this.bytes = parts.bytes;
    this.numbering = parts.numbering;
    this.algorithms = parts.algorithms ?? [];
    this.count = starts.length;
    this.issues = issues;
    this.tail = parts.tail;
    this.starts = starts;
    this.ends = ends;
  }

  *[Symbol.iterator](): Iterator<LogEvent> {
    for (let i = 0; i < this.count; i++) yield this.event(i);
  }

  event(number: number): LogEvent {
    const record = this.record(number);
    const offset = this.starts[number];
    if (!record || offset === undefined)
      throw new RangeError(`number: expected 0…${String(this.count - 1)}, got ${String(number)}`);
    const { register, type, typeName, digests, data, dataOffset, measured, content, check } = record;
    const length = (this.ends[number] ?? offset) - offset;
    // Written out: spreading objects takes longer than everything else here.
    return {
      number,
      register,
      type,
      typeName,
      digests,
      data,
      dataOffset,
      offset,
      length,
      measured,
      content,
      check,
    };
  }

  start(register: number, algorithm: AlgorithmName): Uint8Array | undefined {
    if (this.parts.start) return this.parts.start(register, algorithm);
    return this.numbering === 'pcr'
      ? pcrStart(register, algorithm)
      : new Uint8Array(ALGORITHMS[algorithm].size);
  }

  scan(digests: Digests, extend: ExtendVisitor): void {
    for (let i = 0; i < this.count; i++) {
      const record = this.record(i);
      if (record?.measured !== true) continue;
      for (const { algorithm, digest } of record.steps?.(digests) ?? record.digests)
        if (algorithm !== undefined) extend(i, record.register, algorithm, digest, 0);
    }
  }

  private record(number: number): LogRecord | undefined {
    const start = this.starts[number];
    const end = this.ends[number];
    return start === undefined || end === undefined ? undefined : this.parts.read(start, end, number);
  }
}

/** The tail of a log whose records end at `offset`. */
export function tailAt(bytes: Uint8Array, offset: number): Tail {
  const length = bytes.length - offset;
  return { offset, length, kind: length === 0 ? 'none' : 'unread' };
}
