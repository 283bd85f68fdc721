/** Writing text logs: what the kernel patch of the RFC does at each write, and the INIT dialects. */
import { ALGORITHMS, concatAll, toHex, utf8Bytes, type AlgorithmName, type Digests } from '@tsm/core';
import type { TextDialect } from '../log.ts';
import { LF, lineKind, splitEvent } from './line.ts';

/** Largest write to `append_event` in bytes (PAGE_SIZE on x86). */
export const APPEND_MAX = 4096;

/** A log that is being written. Values are never changed; each step returns the next state. */
export interface TextWriter {
  readonly dialect: TextDialect;
  readonly algorithm: AlgorithmName;
  /** Value of the register. */
  readonly value: Uint8Array;
  /** False at the start and after a direct extend: the next event is preceded by SYNC. */
  readonly inSync: boolean;
  /** Nothing was written yet. */
  readonly empty: boolean;
  /** The last line has no line feed yet; the next write ends it first. */
  readonly unfinished?: boolean;
}

/** One step: the bytes to add to the log, and the digests that extend the register, in order. */
export interface TextStep {
  readonly added: Uint8Array;
  readonly extends: readonly Uint8Array[];
  readonly writer: TextWriter;
}

/** A log that begins at a register of this value. */
export function startText(dialect: TextDialect, algorithm: AlgorithmName, value: Uint8Array): TextWriter {
  return { dialect, algorithm, value, inSync: false, empty: true };
}

/** Continues the log after the step before. */
class Step {
  private text: Uint8Array[] = [];
  private digests: Uint8Array[] = [];
  private writer: TextWriter;
  private readonly hash: Digests;

  constructor(writer: TextWriter, hash: Digests) {
    this.writer = writer;
    this.hash = hash;
  }

  write(line: Uint8Array): void {
    this.finish();
    this.text.push(line, utf8Bytes('\n'));
    this.writer = { ...this.writer, empty: false };
  }

  blank(): void {
    this.finish();
    this.text.push(utf8Bytes('\n'));
  }

  extend(digest: Uint8Array): void {
    const { algorithm, value } = this.writer;
    const chain = this.hash.chain(algorithm, value);
    chain.extend(digest);
    this.digests.push(digest);
    this.writer = { ...this.writer, value: chain.value() };
  }

  measured(line: Uint8Array): void {
    this.extend(this.hash.digest(this.writer.algorithm, line));
    this.write(line);
  }

  /** `SYNC` or `INIT` with the value as it is now; the line itself is measured. */
  state(word: 'SYNC' | 'INIT'): void {
    const { algorithm, value } = this.writer;
    this.measured(utf8Bytes(`${word} ${algorithm}/${toHex(value)}`));
    this.writer = { ...this.writer, inSync: true };
  }

  outOfSync(): void {
    this.writer = { ...this.writer, inSync: false };
  }

  private finish(): void {
    if (this.writer.unfinished !== true) return;
    this.text.push(utf8Bytes('\n'));
    this.writer = { ...this.writer, unfinished: false };
  }

  done(): TextStep {
    return { added: concatAll(this.text), extends: this.digests, writer: this.writer };
  }
}

/** Writes `SYNC` or `INIT` with the register's value, the line by which a log says where it begins. */
export function openText(writer: TextWriter, digests: Digests): TextStep {
  const step = new Step(writer, digests);
  step.state(writer.dialect === 'rfc' ? 'SYNC' : 'INIT');
  return step.done();
}

/** The records of a write, as the dialect stores them. What the dialect cannot hold is a RangeError. */
function recordsOf(dialect: TextDialect, input: string): string[] {
  const size = utf8Bytes(input).length;
  if (size > APPEND_MAX)
    throw new RangeError(`event: expected at most ${String(APPEND_MAX)} bytes, got ${String(size)}`);
  if (dialect === 'aael' && (/[\n\r]/.test(input) || !splitEvent(input))) {
    throw new RangeError(`event: expected one line "domain operation content", got ${JSON.stringify(input)}`);
  }
  const pieces = input.split(/[\n\r]+/);
  const stored =
    dialect === 'rfc' ? pieces.map((piece) => piece.replace(/^[ \t\v\f]+|[ \t\v\f]+$/g, '')) : pieces;
  return stored.filter((piece) => piece !== '');
}

/**
 * A write to `append_event`: records are cut at LF or CR. The RFC dialect trims them, drops empty ones, stores `#`
 * lines unmeasured, puts a blank line before each write and a SYNC where one is due. The others store lines as they are.
 * A write of more than 4096 bytes, or one that the dialect cannot hold, is a RangeError.
 */
export function appendText(writer: TextWriter, input: string, digests: Digests): TextStep {
  const records = recordsOf(writer.dialect, input);
  const step = new Step(writer, digests);
  if (records.length === 0) return step.done();
  const rfc = writer.dialect === 'rfc';
  if (!writer.inSync) {
    if (rfc && !writer.empty) step.blank();
    step.state(rfc ? 'SYNC' : 'INIT');
  }
  if (rfc) step.blank();
  for (const record of records) {
    const comment = writer.dialect !== 'aael' && record.startsWith('#');
    if (comment) step.write(utf8Bytes(record));
    else step.measured(utf8Bytes(record));
  }
  return step.done();
}

/** A direct write to `digest`: the RFC log records `# .EXTEND <hex>` and is out of sync from then on. */
export function extendText(writer: TextWriter, digest: Uint8Array, digests: Digests): TextStep {
  const { size } = ALGORITHMS[writer.algorithm];
  if (digest.length !== size)
    throw new RangeError(`digest: expected ${String(size)} bytes, got ${String(digest.length)}`);
  const step = new Step(writer, digests);
  if (writer.dialect === 'rfc') {
    if (writer.inSync) step.blank();
    step.write(utf8Bytes(`# .EXTEND ${toHex(digest)}`));
    step.outOfSync();
  }
  step.extend(digest);
  return step.done();
}

/** The last line that is not blank. */
function lastLine(log: Uint8Array): Uint8Array {
  let end = log.length;
  while (end > 0 && log[end - 1] === LF) end--;
  return log.subarray(log.subarray(0, end).lastIndexOf(LF) + 1, end);
}

/** The state of a log that exists: replay it, then go on writing. `value` is the register as it is now. */
export function resumeText(
  dialect: TextDialect,
  algorithm: AlgorithmName,
  value: Uint8Array,
  log: Uint8Array,
): TextWriter {
  const last = lastLine(log);
  const inSync = last.length > 0 && lineKind(last, 0, last.length, dialect) !== 'extend';
  const unfinished = log.length > 0 && log[log.length - 1] !== LF;
  const writer = { dialect, algorithm, value, inSync, empty: log.length === 0 };
  return unfinished ? { ...writer, unfinished } : writer;
}
