/** A text log that is being edited: blocks of lines, each read once, and the chain that runs over them. */
import { utf8Bytes, type AlgorithmName } from '@tsm/core';
import { detectText, type DetectedText, type TextDialect } from '@tsm/eventlog';
import type { Position, Range, TextChange } from '../../protocol/lsp.ts';
import { blocksOf, FEW_LINES, statedAlgorithm, type Block, type BlockRecord, type Reading } from './block.ts';
import { ChainOverBlocks } from './chain.ts';
import { contentLength, endsRecord, placeIn, splitLines } from './lines.ts';

/** Characters that say which dialect a log is in: what `detectText` looks at, and one more. */
const HEAD = 65_537;

export interface LogSettings {
  readonly digests: Reading['digests'];
  /** Where no line states one; default sha384. */
  readonly algorithm?: AlgorithmName;
}

/** A record with its place in the document. */
export interface PlacedRecord extends BlockRecord {
  /** Number in the log. */
  readonly number: number;
}

/** Where something is: its block, and its number there. */
export interface Place {
  readonly block: number;
  readonly at: number;
}

export class LogDocument {
  readonly uri: string;
  version: number;
  blocks: Block[] = [];
  chain: ChainOverBlocks;
  reading: Reading;
  private detected: DetectedText | undefined;
  /** The blocks that it was detected in. */
  private head: readonly Block[] = [];
  private readonly settings: LogSettings;
  /** First line, and first record, of each block. */
  private lines: number[] = [];
  private records: number[] = [];

  constructor(uri: string, version: number, text: string, settings: LogSettings) {
    this.uri = uri;
    this.version = version;
    this.settings = settings;
    this.reading = { dialect: 'rfc', algorithm: 'sha384', digests: settings.digests };
    this.chain = new ChainOverBlocks(this.reading);
    this.setText(text);
    this.readAll();
  }

  get dialect(): TextDialect {
    return this.reading.dialect;
  }

  /** Every dialect that the text can be of. */
  get candidates(): readonly TextDialect[] {
    return this.detected?.candidates ?? [];
  }

  get algorithm(): AlgorithmName {
    return this.reading.algorithm;
  }

  get text(): string {
    return this.blocks.map((block) => block.text()).join('');
  }

  get lineCount(): number {
    return (this.lines.at(-1) ?? 0) + (this.blocks.at(-1)?.lines.length ?? 0);
  }

  get recordCount(): number {
    return (this.records.at(-1) ?? 0) + (this.blocks.at(-1)?.count ?? 0);
  }

  /** Applies changes in order, each to the text that the one before left. Reads again what they touch. */
  update(changes: readonly TextChange[], version: number): void {
    this.version = version;
    for (const { range, text } of changes) {
      if (range) this.splice(range, text);
      else this.setText(text);
    }
    this.readAll();
  }

  /** A line without its end; '' outside the document. */
  line(number: number): string {
    const { block, at } = this.placeOfLine(number);
    const line = this.blocks[block]?.lines[at] ?? '';
    return line.slice(0, contentLength(line));
  }

  /** Block and line in it. */
  placeOfLine(line: number): Place {
    const block = lastUpTo(this.lines, line);
    return { block, at: line - (this.lines[block] ?? 0) };
  }

  firstLine(block: number): number {
    return this.lines[block] ?? 0;
  }

  firstRecord(block: number): number {
    return this.records[block] ?? 0;
  }

  /** The record with this number. */
  record(number: number): PlacedRecord | undefined {
    const block = lastUpTo(this.records, number);
    const found = this.blocks[block]?.record(number - this.firstRecord(block));
    return found && { ...found, number, line: found.line + this.firstLine(block) };
  }

  /** Number of the first record that begins at this line or after it. */
  recordFrom(line: number): number {
    const { block, at } = this.placeOfLine(line);
    return this.firstRecord(block) + (this.blocks[block]?.recordFrom(at) ?? 0);
  }

  /** The record that this line is of, also where it is one of several; undefined for blanks and comments. */
  recordAt(line: number): PlacedRecord | undefined {
    const next = this.recordFrom(line + 1);
    const found = this.record(next - 1);
    return found && line <= this.rangeOf(found).end.line ? found : undefined;
  }

  /** Records that begin between two lines. */
  *recordsBetween(first: number, last: number): Generator<PlacedRecord> {
    const end = this.recordCount;
    for (let number = this.recordFrom(first); number < end; number++) {
      const record = this.record(number);
      if (!record || record.line > last) return;
      yield record;
    }
  }

  /** Range of a part of a record's text: from and to a character of it. */
  rangeOf({ line, text }: Pick<BlockRecord, 'line' | 'text'>, from = 0, to = text.length): Range {
    return { start: placeIn(text, line, from), end: placeIn(text, line, to) };
  }

  private setText(text: string): void {
    this.blocks = blocksOf(splitLines(text));
    this.count();
  }

  private splice(range: Range, text: string): void {
    const from = this.clamp(range.start);
    const to = this.clamp(isBefore(range.end, range.start) ? range.start : range.end);
    let last = to.place.block;
    const head = this.textOf(from.place.block, (line) => line < from.place.at);
    const tail = this.textOf(last, (line) => line > to.place.at);
    let all = head + from.line.slice(0, from.character) + text + to.line.slice(to.character) + tail;
    let lines = splitLines(all);
    // A block ends with a record, and is not too small: else the next one joins.
    while (last + 1 < this.blocks.length && (!endsRecord(all) || lines.length < FEW_LINES)) {
      last++;
      all += this.blocks[last]?.text() ?? '';
      lines = splitLines(all);
    }
    // The empty line after the last line end is that of the document alone.
    if (last + 1 < this.blocks.length) lines.pop();
    this.blocks.splice(from.place.block, last - from.place.block + 1, ...blocksOf(lines));
    this.count();
  }

  /** A position inside the document, and its line. */
  private clamp({ line, character }: Position): { place: Place; line: string; character: number } {
    const inside = Math.min(line, this.lineCount - 1);
    const place = this.placeOfLine(inside);
    const text = this.blocks[place.block]?.lines[place.at] ?? '';
    const most = contentLength(text);
    return { place, line: text, character: line > inside ? most : Math.min(character, most) };
  }

  private textOf(block: number, wanted: (line: number) => boolean): string {
    return (this.blocks[block]?.lines ?? []).filter((_, line) => wanted(line)).join('');
  }

  private count(): void {
    let line = 0;
    this.lines = this.blocks.map((block) => (line += block.lines.length) - block.lines.length);
  }

  /** Reads what is not read yet, or not like this. */
  private readAll(): void {
    const reading = this.findReading();
    const fresh = reading !== this.reading;
    this.reading = reading;
    let before: Block['after'];
    for (const block of this.blocks) {
      if (!block.isRead(reading, before)) block.read(reading, before);
      before = block.after;
    }
    let record = 0;
    this.records = this.blocks.map(({ count }) => (record += count) - count);
    this.chain = this.chain.over(this.blocks, fresh ? reading : undefined);
  }

  /** Dialect and algorithm; the same object as long as both are. */
  private findReading(): Reading {
    const head = this.headBlocks();
    if (head.length !== this.head.length || head.some((block, i) => block !== this.head[i])) {
      this.head = head;
      this.detected = detectText(
        utf8Bytes(
          head
            .map((block) => block.text())
            .join('')
            .slice(0, HEAD),
        ),
      );
    }
    const dialect = this.detected?.dialect ?? (this.uri.endsWith('.aael') ? 'aael' : 'rfc');
    const algorithm = statedAlgorithm(this.blocks, dialect) ?? this.settings.algorithm ?? 'sha384';
    const same = this.reading.dialect === dialect && this.reading.algorithm === algorithm;
    return same ? this.reading : { ...this.reading, dialect, algorithm };
  }

  /** The blocks that hold the first HEAD characters. */
  private headBlocks(): readonly Block[] {
    let length = 0;
    const end = this.blocks.findIndex((block) => (length += block.length) >= HEAD);
    return end < 0 ? this.blocks.slice() : this.blocks.slice(0, end + 1);
  }

  /** Value of the register after a record; undefined before the first value that the log states. */
  valueAfter(number: number): Uint8Array | undefined {
    const block = lastUpTo(this.records, number);
    return this.chain.after(block, number - this.firstRecord(block));
  }

  /** Value of the register before a record. */
  valueBefore(number: number): Uint8Array | undefined {
    const block = lastUpTo(this.records, number);
    return this.chain.before(block, number - this.firstRecord(block));
  }

  /** Value at the end. */
  get value(): Uint8Array | undefined {
    return this.chain.final;
  }

  /** Number of the first record that has this value before it: the log goes on past it. O(n). */
  recordAfterValue(value: Uint8Array): number | undefined {
    const found = this.chain.find(value);
    return found && this.firstRecord(found[0]) + found[1];
  }
}

const isBefore = (a: Position, b: Position): boolean =>
  a.line < b.line || (a.line === b.line && a.character < b.character);

/** Number of the last start that is not above the value; the starts ascend. */
function lastUpTo(starts: readonly number[], value: number): number {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}
