/** What can be written next: words that the log has already, words of the dialect, and the values that belong there. */
import { ALGORITHMS, toHex } from '@tsm/core';
import { splitEvent } from '@tsm/eventlog';
import type { CompletionItem, Position, Range, SignatureHelp } from '../../protocol/lsp.ts';
import { registerTitle, shortValue, type LogContext } from '../context.ts';
import type { LogDocument } from './document.ts';

/** Records that words are taken from: the ones before the cursor, nearest first. */
const LOOK_AT = 5000;
const MAX_WORDS = 100;

type Kind = CompletionItem['kind'];
const [KEYWORD, SNIPPET, VALUE, MODULE, FUNCTION, TEXT_VALUE]: Kind[] = [14, 15, 12, 9, 3, 13];

type Event = NonNullable<ReturnType<typeof splitEvent>>;

/** Events near a line, in the order of their distance, as far as completion looks. */
function eventsNear(document: LogDocument, line: number): Event[] {
  const from = document.recordFrom(line);
  return Array.from({ length: Math.min(LOOK_AT, document.recordCount) }, (_, i) => {
    const record = document.record(i < from ? from - 1 - i : i);
    return record?.kind === 'event' && record.line !== line ? splitEvent(record.text) : undefined;
  }).filter((event) => event !== undefined);
}

function distinct(words: Iterable<string>): string[] {
  const seen = new Set<string>();
  for (const word of words) {
    if (seen.size === MAX_WORDS) break;
    seen.add(word);
  }
  return [...seen];
}

/** Value of the register where this line begins; zero at the start of a log. */
function valueAt(document: LogDocument, line: number): Uint8Array | undefined {
  const number = document.recordFrom(line);
  if (number === 0) return new Uint8Array(ALGORITHMS[document.algorithm].size);
  return document.valueAfter(number - 1);
}

export function completion(
  document: LogDocument,
  position: Position,
  context: LogContext = {},
): CompletionItem[] {
  const { line, character } = position;
  const before = document.line(line).slice(0, character);
  const stated = /^(?:SYNC|INIT)[ /]\S*$/.test(before);
  const fields = before.split(' ');
  const item = (
    kind: Kind | undefined,
    label: string,
    detail: string,
    start: number,
    more = {},
  ): CompletionItem => {
    const range: Range = { start: { line, character: start }, end: position };
    return { label, kind: kind ?? 12, detail, textEdit: { range, newText: label }, ...more };
  };
  if (stated) {
    const start = 'SYNC '.length;
    const value = valueAt(document, line);
    const separator = before.startsWith('INIT/') ? ' ' : '/';
    return Object.values(ALGORITHMS).map(({ name, size }) => {
      const own = name === document.algorithm;
      const hex = own && value ? toHex(value) : '0'.repeat(2 * size);
      const newText = `${name}${separator}${hex}`;
      const detail = own ? `the value of ${registerTitle(context)} here` : `${2 * size} hex digits`;
      const textEdit = { range: { start: { line, character: start }, end: position }, newText };
      return item(VALUE, name, detail, start, { textEdit, sortText: own ? '0' : '1' });
    });
  }
  if (fields.length === 1) return lineStart(document, position, item);
  const [domain = '', operation = ''] = fields;
  const start = before.length - (fields.at(-1) ?? '').length;
  const near = eventsNear(document, line);
  if (fields.length === 2) {
    const known = near.filter((event) => event.domain === domain).map((event) => event.operation);
    return distinct(known).map((word) => item(FUNCTION, word, `operation of ${domain}`, start));
  }
  if (fields.length > 3) return [];
  const contents = near.filter((event) => event.domain === domain && event.operation === operation);
  return [
    ...distinct(contents.map(({ content }) => content)).map((word) =>
      item(TEXT_VALUE, word, 'content', start),
    ),
    ...(context.registers ?? []).map((name) =>
      item(VALUE, name, 'register', start, { sortText: `~${name}` }),
    ),
  ];
}

type Item = (
  kind: Kind | undefined,
  label: string,
  detail: string,
  start: number,
  more?: object,
) => CompletionItem;

/** Domains of the log, the words of its dialect with the value that belongs there, and an event to fill in. */
function lineStart(document: LogDocument, { line, character }: Position, item: Item): CompletionItem[] {
  const domains = distinct(eventsNear(document, line).map(({ domain }) => domain));
  const value = valueAt(document, line);
  const { algorithm, dialect } = document;
  const range = { start: { line, character: 0 }, end: { line, character } };
  const whole = (newText: string, insertTextFormat: 1 | 2 = 1) => ({
    textEdit: { range, newText },
    insertTextFormat,
  });
  const zeros = '0'.repeat(2 * ALGORITHMS[algorithm].size);
  const items = domains.map((domain) => item(MODULE, domain, 'domain', 0));
  const event = '${1:example.org/agent} ${2:operation} ${3:content}';
  items.push(item(SNIPPET, 'event', 'domain operation content', 0, whole(event, 2)));
  if (dialect === 'rfc') {
    if (value)
      items.push(
        item(KEYWORD, 'SYNC', `states ${shortValue(value)}`, 0, whole(`SYNC ${algorithm}/${toHex(value)}`)),
      );
    items.push(item(SNIPPET, '# .EXTEND', 'direct extend', 0, whole(`# .EXTEND \${1:${zeros}}`, 2)));
  }
  if (document.recordFrom(line) === 0) {
    const forms = {
      aael: `INIT/${algorithm} ${zeros}`,
      'issue-495': `INIT ${algorithm}/${zeros}`,
      rfc: `INIT ${algorithm}/${zeros}`,
    };
    if (dialect !== 'rfc' || document.recordCount === 0)
      items.push(item(KEYWORD, 'INIT', 'states the start value', 0, whole(forms[dialect])));
  }
  return items;
}

const FIELDS = [
  { label: 'domain', documentation: 'Who measures: a host name or a path of one, without spaces.' },
  { label: 'operation', documentation: 'What was done, one word.' },
  { label: 'content', documentation: 'What it was done to; may hold spaces.' },
];

/** The fields of an event, while one is written. */
export function signatureHelp(
  document: LogDocument,
  { line, character }: Position,
): SignatureHelp | undefined {
  const before = document.line(line).slice(0, character);
  if (/^(#|SYNC[ /]|INIT[ /])/.test(before)) return undefined;
  const active = Math.min(before.split(' ').length, FIELDS.length) - 1;
  const label = FIELDS.map((field) => field.label).join(' ');
  const documentation = `${FIELDS[active]?.documentation ?? ''} The register is extended by the digest of the line.`;
  const parameters = FIELDS.map((field) => ({ label: field.label }));
  return { signatures: [{ label, documentation, parameters }], activeSignature: 0, activeParameter: active };
}
