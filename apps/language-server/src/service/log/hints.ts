/** The running value of the register behind each line, and what a line means when one points at it. */
import { ALGORITHMS, equalBytes, printable, toHex } from '@tsm/core';
import { splitEvent } from '@tsm/eventlog';
import type { Hover, InlayHint, Position, Range } from '../../protocol/lsp.ts';
import { registerTitle, shortValue, type LogContext } from '../context.ts';
import type { LogDocument, PlacedRecord } from './document.ts';

/** Hints of more lines are for no screen. */
const MAX_HINTS = 2000;

/** Running values after the lines of a range. */
export function inlayHints(document: LogDocument, range: Range, context: LogContext = {}): InlayHint[] {
  const hints: InlayHint[] = [];
  for (const record of document.recordsBetween(range.start.line, range.end.line)) {
    if (hints.length === MAX_HINTS) break;
    const value = document.valueAfter(record.number);
    if (!value) continue;
    hints.push({
      position: document.rangeOf(record).end,
      label: `⟵ ${registerTitle(context)} ${shortValue(value)}`,
      paddingLeft: true,
      tooltip: `${document.algorithm} ${toHex(value)}`,
    });
  }
  return hints;
}

const RFC = 'linux-coco, tsm: Unified Measurement Register ABI for TVMs, RFC patch 2/3 (2024-09-07)';
const SOURCES = {
  rfc: RFC,
  'issue-495': 'confidential-containers/guest-components, issue 495',
  aael: 'confidential-containers/trustee, Attestation Agent Eventlog',
} as const;

const KINDS: Readonly<Record<PlacedRecord['kind'], string>> = {
  event: 'An event: the register is extended by the digest of this line.',
  sync: 'SYNC: states the value that the register has here. The line itself is measured too.',
  init: 'INIT: states the value that the register starts from. The line itself is measured too.',
  extend: 'A direct extend: what was measured is not in the log. The line itself is not measured.',
};

function table(rows: readonly (readonly [string, string])[]): string {
  return ['| | |', '|:--|:--|', ...rows.map(([name, text]) => `| ${name} | ${text} |`)].join('\n');
}

const code = (text: string): string => `\`${printable(text).replaceAll('`', "'").replaceAll('|', '\\|')}\``;

/** The record under a position: decoded, with the value before and after it. */
export function hover(
  document: LogDocument,
  { line }: Position,
  context: LogContext = {},
): Hover | undefined {
  const record = document.recordAt(line);
  if (!record) return undefined;
  const before = document.valueBefore(record.number);
  const after = document.valueAfter(record.number);
  const event = record.kind === 'event' ? splitEvent(record.text) : undefined;
  const rows: [string, string][] = Object.entries(event ?? {}).map(([name, text]) => [name, code(text)]);
  const { digest, value } = record;
  if (digest) rows.push([record.kind === 'extend' ? 'extends by' : 'digest', code(toHex(digest))]);
  rows.push(['before', before ? code(toHex(before)) : 'not known: no value is stated before']);
  if (after) rows.push(['after', code(toHex(after))]);
  if (record.kind === 'sync' && value && before)
    rows.push([
      'stated',
      equalBytes(value, before) ? 'as the replay has it' : `${code(toHex(value))}, **not as replayed**`,
    ]);
  const { size } = ALGORITHMS[document.algorithm];
  const extend = `after = ${document.algorithm}(before ‖ digest), ${size} bytes each`;
  const title = `**${registerTitle(context)}** · record ${record.number} · ${document.dialect}`;
  const text = [title, KINDS[record.kind], table(rows), `${extend}  \n${SOURCES[document.dialect]}`];
  return { range: document.rangeOf(record), contents: { kind: 'markdown', value: text.join('\n\n') } };
}
