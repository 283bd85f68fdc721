/** Stretches of a log between its stated values, and the comments: what an outline shows and an editor folds. */
import { printable } from '@tsm/core';
import type { DocumentSymbol, FoldingRange, Position, Range, SelectionRange } from '../../protocol/lsp.ts';
import { registerTitle, shortValue, type LogContext } from '../context.ts';
import type { LogDocument } from './document.ts';
import { tokenAt, tokensOf } from './tokens.ts';

/** Events of a longer log are not listed one by one. */
const MAX_EVENTS = 5000;

/** Records `first`…`end` − 1. The first states a value, except where the log begins with another line. */
export interface Segment {
  readonly first: number;
  readonly end: number;
}

export function segmentsOf(document: LogDocument): Segment[] {
  const starts = document.blocks.flatMap((block, b) =>
    Array.from({ length: block.count }, (_, i) => i)
      .filter((i) => ['sync', 'init'].includes(block.kind(i) ?? ''))
      .map((i) => document.firstRecord(b) + i),
  );
  if (starts[0] !== 0 && document.recordCount > 0) starts.unshift(0);
  return starts.map((first, i) => ({ first, end: starts[i + 1] ?? document.recordCount }));
}

function rangeOfRecords(document: LogDocument, { first, end }: Segment): Range {
  const [from, to] = [document.record(first), document.record(end - 1)];
  const start = { line: from?.line ?? 0, character: 0 };
  return { start, end: to ? document.rangeOf(to).end : start };
}

export function documentSymbols(document: LogDocument, context: LogContext = {}): DocumentSymbol[] {
  const { recordCount, algorithm, value } = document;
  if (recordCount === 0) return [];
  const whole = rangeOfRecords(document, { first: 0, end: recordCount });
  const children = segmentsOf(document).map((segment) =>
    segmentSymbol(document, segment, recordCount <= MAX_EVENTS),
  );
  return [
    {
      ...{
        name: registerTitle(context),
        detail: `${algorithm}${value ? ` ${shortValue(value)}` : ''}`,
        kind: 2,
      },
      ...{ range: whole, selectionRange: { start: whole.start, end: whole.start }, children },
    },
  ];
}

function segmentSymbol(document: LogDocument, segment: Segment, withEvents: boolean): DocumentSymbol {
  const range = rangeOfRecords(document, segment);
  const first = document.record(segment.first);
  const stated = first && first.kind !== 'event' && first.kind !== 'extend';
  const numbers = Array.from({ length: segment.end - segment.first }, (_, i) => segment.first + i);
  const children = withEvents
    ? numbers.slice(stated ? 1 : 0).flatMap((number): DocumentSymbol[] => {
        const record = document.record(number);
        if (!record) return [];
        const place = document.rangeOf(record);
        const name = printable(record.text).trim() || '(white space)';
        return [{ name, detail: '', kind: 24, range: place, selectionRange: place }];
      })
    : [];
  const name = stated ? first.kind.toUpperCase() : 'before the first stated value';
  const detail = `${first?.value ? `${shortValue(first.value)} · ` : ''}${segment.end - segment.first} records`;
  return {
    name,
    detail,
    kind: 20,
    range,
    selectionRange: { start: range.start, end: range.start },
    children,
  };
}

export function foldingRanges(document: LogDocument): FoldingRange[] {
  const folds: FoldingRange[] = segmentsOf(document).flatMap((segment) => {
    const { start, end } = rangeOfRecords(document, segment);
    return end.line > start.line ? [{ startLine: start.line, endLine: end.line, kind: 'region' }] : [];
  });
  let began = -1;
  for (let line = 0; line <= document.lineCount; line++) {
    const isComment = line < document.lineCount && isCommentLine(document, line);
    if (isComment && began < 0) began = line;
    if (isComment || began < 0) continue;
    if (line - began > 1) folds.push({ startLine: began, endLine: line - 1, kind: 'comment' });
    began = -1;
  }
  return folds;
}

/** Is this line a remark, which nothing measures? */
export function isCommentLine(document: LogDocument, line: number): boolean {
  return document.line(line).startsWith('#') && document.recordAt(line) === undefined;
}

/** From the part of the line under the cursor outwards: record, stretch, log. */
export function selectionRange(document: LogDocument, position: Position): SelectionRange {
  const end = { line: document.lineCount - 1, character: document.line(document.lineCount - 1).length };
  const ranges: Range[] = [{ start: { line: 0, character: 0 }, end }];
  const record = document.recordAt(position.line);
  const segment = record && segmentsOf(document).find((one) => record.number < one.end);
  if (segment) ranges.push(rangeOfRecords(document, segment));
  if (record) {
    ranges.push(document.rangeOf(record));
    const token =
      position.line === record.line
        ? tokenAt(tokensOf(record.kind, record.text), position.character)
        : undefined;
    if (token) ranges.push(document.rangeOf(record, token.start, token.end));
  }
  const [outer, ...inner] = ranges.map((range): SelectionRange => ({ range }));
  return inner.reduce(
    (parent, one) => ({ ...one, parent }),
    outer ?? { range: { start: position, end: position } },
  );
}
