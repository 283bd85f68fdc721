/** Quick fixes, and the same log in another dialect. */
import { toHex, utf8Bytes, utf8Text } from '@tsm/core';
import { convert, decodeLog, TEXT_DIALECTS, type Edit } from '@tsm/eventlog';
import type { CodeAction, Diagnostic, Range, TextEdit } from '../../protocol/lsp.ts';
import type { LogDocument, PlacedRecord } from './document.ts';
import { tokensOf } from './tokens.ts';

/** A longer log is converted by a command, not while the cursor moves. */
const MAX_RECORDS = 2000;

type Fix = (document: LogDocument, record: PlacedRecord) => { title: string; edit: TextEdit } | undefined;

/** SYNC and INIT in the form of the dialect, with the value that the replay has. */
function statedLine(document: LogDocument, value: Uint8Array): string {
  const { algorithm, dialect } = document;
  const hex = toHex(value);
  if (dialect === 'aael') return `INIT/${algorithm} ${hex}`;
  return `${dialect === 'rfc' ? 'SYNC' : 'INIT'} ${algorithm}/${hex}`;
}

const recompute: Fix = (document, record) => {
  const value = document.valueBefore(record.number);
  if (!value || (record.kind !== 'sync' && record.kind !== 'init')) return undefined;
  const newText = statedLine(document, value);
  const edit = { range: document.rangeOf(record), newText };
  return { title: `Recompute ${record.kind.toUpperCase()}: state the value that the log replays to`, edit };
};

const insertSync: Fix = (document, record) => {
  const value = document.valueBefore(record.number);
  if (!value) return undefined;
  const place = { line: record.line, character: 0 };
  const newText = `${statedLine(document, value)}\n\n`;
  return {
    title: 'Insert the SYNC line that is due here',
    edit: { range: { start: place, end: place }, newText },
  };
};

const trim: Fix = (document, record) => {
  const newText = record.text.trim();
  if (newText === '') return undefined;
  return {
    title: 'Remove the white space (the digest of the line changes)',
    edit: { range: document.rangeOf(record), newText },
  };
};

const zeros: Fix = (document, record) => {
  const token = tokensOf(record.kind, record.text).find(({ part }) => part === 'digest');
  if (!token || !record.value) return undefined;
  const range = document.rangeOf(record, token.start, token.end);
  return { title: 'Write the start value in full', edit: { range, newText: toHex(record.value) } };
};

const FIXES: Readonly<Record<string, Fix>> = {
  'replay.sync-mismatch': recompute,
  'text.bad-digest': recompute,
  'text.unknown-algorithm': recompute,
  'text.algorithm-changed': recompute,
  'text.missing-sync': insertSync,
  'text.untrimmed': trim,
  'text.short-init': zeros,
};

/** Fixes for diagnostics that have one. */
export function quickFixes(document: LogDocument, diagnostics: readonly Diagnostic[]): CodeAction[] {
  return diagnostics.flatMap((diagnostic): CodeAction[] => {
    const record = document.recordAt(diagnostic.range.start.line);
    const fix = record && FIXES[diagnostic.code]?.(document, record);
    if (!fix) return [];
    const edit = { changes: { [document.uri]: [fix.edit] } };
    return [{ title: fix.title, kind: 'quickfix', edit, diagnostics: [diagnostic], isPreferred: true }];
  });
}

/** The log in the other dialects that can hold it. */
export function conversions(document: LogDocument): CodeAction[] {
  const { recordCount, dialect, lineCount, uri } = document;
  if (recordCount === 0 || recordCount > MAX_RECORDS) return [];
  const { digests, algorithm } = document.reading;
  const log = decodeLog(utf8Bytes(document.text), { format: 'tsm-text', dialect, algorithm });
  const end = { line: lineCount - 1, character: document.line(lineCount - 1).length };
  const range: Range = { start: { line: 0, character: 0 }, end };
  return TEXT_DIALECTS.filter((other) => other !== dialect).flatMap((other): CodeAction[] => {
    const { bytes, losses } = convert(log, { format: 'tsm-text', dialect: other }, { digests });
    if (!bytes) return [];
    const lost = losses.length === 0 ? '' : ` (loses ${losses.map(({ kind }) => kind).join(', ')})`;
    const edit = { changes: { [uri]: [{ range, newText: utf8Text(bytes) }] } };
    return [{ title: `Convert to dialect ${other}${lost}`, kind: 'refactor.rewrite', edit }];
  });
}

/** The edit that a search found, as a change of the text; undefined for one that text cannot show. */
export function editAsAction(
  document: LogDocument,
  edit: Edit,
  lines: ReadonlyMap<string, string>,
): CodeAction | undefined {
  const { kind, event, digest } = edit;
  const record = event === null ? undefined : document.record(event);
  const after = { line: record ? document.rangeOf(record).end.line + 1 : 0, character: 0 };
  const text = digest && lines.get(toHex(digest));
  const action = (title: string, change: TextEdit): CodeAction => ({
    ...{ title, kind: 'quickfix', edit: { changes: { [document.uri]: [change] } }, isPreferred: true },
  });
  if ((kind === 'missing' || kind === 'again') && text !== undefined)
    return action(`Insert the missing event: ${text}`, {
      range: { start: after, end: after },
      newText: `${text}\n`,
    });
  if ((kind === 'extra' || kind === 'duplicate') && record) {
    const start = { line: record.line, character: 0 };
    return action(`Remove the event that the register lacks: ${record.text}`, {
      range: { start, end: after },
      newText: '',
    });
  }
  if (kind === 'replaced' && text !== undefined && record)
    return action(`Replace the event by the one that was measured: ${text}`, {
      range: document.rangeOf(record),
      newText: text,
    });
  return undefined;
}
