/** From a line to what it belongs to: the stretch it continues, the events of a register or a domain, renaming. */
import type {
  DocumentLink,
  Location,
  Position,
  Range,
  TextEdit,
  WorkspaceSymbol,
} from '../../protocol/lsp.ts';
import type { LogDocument, PlacedRecord } from './document.ts';
import { segmentsOf } from './segments.ts';
import { tokenAt, tokensOf, type Token } from './tokens.ts';

interface Found {
  readonly record: PlacedRecord;
  readonly token: Token | undefined;
}

function under(document: LogDocument, { line, character }: Position): Found | undefined {
  const record = document.recordAt(line);
  if (!record) return undefined;
  const token = record.line === line ? tokenAt(tokensOf(record.kind, record.text), character) : undefined;
  return { record, token };
}

const location = (document: LogDocument, record: PlacedRecord): Location => ({
  uri: document.uri,
  range: document.rangeOf(record),
});

/**
 * Where the value comes from. For SYNC: the record that left the register with it, in this log, or in another that ends
 * with it. For an event: the line that states the value its stretch starts from. For a direct extend: the SYNC after it.
 */
export function definition(
  document: LogDocument,
  position: Position,
  others: readonly LogDocument[] = [],
): Location[] {
  const found = under(document, position);
  if (!found) return [];
  const { record } = found;
  const segments = segmentsOf(document);
  const at = segments.findIndex(({ end }) => record.number < end);
  if (record.kind === 'event') return recordsAt(document, [segments[at]?.first]);
  if (record.kind === 'extend') return recordsAt(document, [segments[at + 1]?.first]);
  if (record.number > 0) return recordsAt(document, [record.number - 1]);
  const { value } = record;
  if (!value || value.every((byte) => byte === 0)) return [];
  return others.flatMap((other) => {
    // The record before the one that finds the value before it; the last one, where the log ends with it.
    const next = other.recordAfterValue(value) ?? (sameAsEnd(other, value) ? other.recordCount : 0);
    return next > 0 ? recordsAt(other, [next - 1]) : [];
  });
}

const sameAsEnd = ({ value: end }: LogDocument, value: Uint8Array): boolean =>
  end?.length === value.length && end.every((byte, i) => byte === value[i]);

function recordsAt(document: LogDocument, numbers: readonly (number | undefined)[]): Location[] {
  return numbers.flatMap((number) => {
    const record = number === undefined ? undefined : document.record(number);
    return record ? [location(document, record)] : [];
  });
}

function* allRecords(document: LogDocument): Generator<PlacedRecord> {
  for (let number = 0; number < document.recordCount; number++) {
    const record = document.record(number);
    if (record) yield record;
  }
}

/** The token of this part in a record, when its text is this one. */
function sameToken({ kind, text }: PlacedRecord, part: Token['part'], wanted: string): Token | undefined {
  return tokensOf(kind, text).find((one) => one.part === part && text.slice(one.start, one.end) === wanted);
}

/** On a domain or an operation: its other places. Elsewhere: all records that extend the register. */
export function references(document: LogDocument, position: Position): Location[] {
  const found = under(document, position);
  if (!found) return [];
  const { record, token } = found;
  if (token?.part === 'domain' || token?.part === 'operation')
    return namedRanges(document, record, token).map((range) => ({ uri: document.uri, range }));
  return [...allRecords(document)].filter(({ digest }) => digest).map((one) => location(document, one));
}

function namedRanges(document: LogDocument, { text }: PlacedRecord, { part, start, end }: Token): Range[] {
  const wanted = text.slice(start, end);
  return [...allRecords(document)].flatMap((one) => {
    const same = sameToken(one, part, wanted);
    return same ? [document.rangeOf(one, same.start, same.end)] : [];
  });
}

/** The same domain or operation elsewhere in the log, for highlighting. */
export function highlights(document: LogDocument, position: Position): Range[] {
  const found = under(document, position);
  const { part } = found?.token ?? {};
  if (!found?.token || (part !== 'domain' && part !== 'operation')) return [];
  return namedRanges(document, found.record, found.token);
}

/** The domain under the cursor; undefined where there is none to rename. */
export function prepareRename(document: LogDocument, position: Position): Range | undefined {
  const found = under(document, position);
  if (found?.token?.part !== 'domain') return undefined;
  return document.rangeOf(found.record, found.token.start, found.token.end);
}

/** Renames a domain in all events of the log. Undefined for a name that would not be one. */
export function rename(document: LogDocument, position: Position, newName: string): TextEdit[] | undefined {
  const found = under(document, position);
  if (found?.token?.part !== 'domain' || !/^[^\s#][^\s]*$/.test(newName)) return undefined;
  return namedRanges(document, found.record, found.token).map((range) => ({ range, newText: newName }));
}

/** Addresses in events and remarks. */
export function documentLinks(document: LogDocument): DocumentLink[] {
  const links: DocumentLink[] = [];
  for (let line = 0; line < document.lineCount; line++) {
    const text = document.line(line);
    if (!text.includes('://')) continue;
    for (const { 0: target, index } of text.matchAll(/\bhttps?:\/\/[^\s<>"')\]]+/g)) {
      const range = { start: { line, character: index }, end: { line, character: index + target.length } };
      links.push({ range, target, tooltip: 'Open the address' });
    }
  }
  return links;
}

/** Most symbols that one question gets. */
const MAX_SYMBOLS = 200;

/** Domains, and lines that hold the words of the question, over several logs. */
export function workspaceSymbols(documents: readonly LogDocument[], query: string): WorkspaceSymbol[] {
  const wanted = query.toLowerCase();
  const symbols: WorkspaceSymbol[] = [];
  for (const document of documents) {
    const domains = new Set<string>();
    for (const record of allRecords(document)) {
      if (symbols.length >= MAX_SYMBOLS) return symbols;
      const domain = record.kind === 'event' ? (record.text.split(' ')[0] ?? '') : '';
      const isNew = domain !== '' && !domains.has(domain);
      domains.add(domain);
      const base = { containerName: nameOf(document.uri), location: location(document, record) };
      if (isNew && domain.toLowerCase().includes(wanted)) symbols.push({ ...base, name: domain, kind: 2 });
      else if (wanted !== '' && record.text.toLowerCase().includes(wanted))
        symbols.push({ ...base, name: record.text.slice(0, 200), kind: record.kind === 'event' ? 24 : 20 });
    }
  }
  return symbols;
}

/** Name of a file by its URI. */
export function nameOf(uri: string): string {
  const name = uri.slice(uri.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    // A broken escape is shown as it stands.
    return name;
  }
}
