/** What is wrong with a log, at the characters that are wrong. */
import { equalBytes, shortHex, type Issue, type Severity } from '@tsm/core';
import { LOG_ISSUES } from '@tsm/eventlog';
import type { Diagnostic, Range } from '../../protocol/lsp.ts';
import { registerTitle, shortValue, type LogContext } from '../context.ts';
import type { LogDocument, PlacedRecord } from './document.ts';
import { tokensOf, type Part } from './tokens.ts';

/** The rest of one code is left out, and said to be. */
const MAX_PER_CODE = 200;
const SEVERITIES: Readonly<Record<Severity, 1 | 2 | 3>> = { error: 1, warning: 2, info: 3 };
const NOWHERE = { path: '', offset: 0, length: 0 };
const TOP: Range = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };

/** Which part of a line an issue is about, where it is not all of it. */
const PARTS: Readonly<Record<string, Part>> = {
  'text.bad-digest': 'digest',
  'text.short-init': 'digest',
  'text.unknown-algorithm': 'algorithm',
  'text.algorithm-changed': 'algorithm',
  'replay.sync-mismatch': 'digest',
  'replay.unlogged-extend': 'word',
};

export function diagnosticOf(
  { code, severity, message, spec }: Omit<Issue, 'path' | 'offset' | 'length'>,
  range: Range,
): Diagnostic {
  const source = spec === undefined ? '' : `\n${spec}`;
  return { range, severity: SEVERITIES[severity], code, source: 'tsm', message: message + source };
}

function rangeOf(document: LogDocument, record: PlacedRecord, code: string): Range {
  const part = PARTS[code];
  const token = part && tokensOf(record.kind, record.text).find((one) => one.part === part);
  return token ? document.rangeOf(record, token.start, token.end) : document.rangeOf(record);
}

/** Diagnostics of the whole log. O(blocks), and what there is to say. */
export function diagnose(document: LogDocument, context: LogContext = {}): Diagnostic[] {
  const all: Diagnostic[] = [...wholeLog(document)];
  const counts = new Map<string, number>();
  const add = (number: number, issue: Omit<Issue, 'path' | 'offset' | 'length'>): void => {
    const count = (counts.get(issue.code) ?? 0) + 1;
    counts.set(issue.code, count);
    const record = count <= MAX_PER_CODE + 1 ? document.record(number) : undefined;
    if (!record) return;
    const more = LOG_ISSUES.make('log.more-issues', NOWHERE, { code: issue.code, shown: MAX_PER_CODE });
    all.push(diagnosticOf(count > MAX_PER_CODE ? more : issue, rangeOf(document, record, issue.code)));
  };
  for (const [b, block] of document.blocks.entries()) {
    const first = document.firstRecord(b);
    for (const { record, ...issue } of block.issues) add(first + record, issue);
    for (const { record, stated, replayed } of document.chain.mismatches(b)) {
      const words = { stated: shortHex(stated), replayed: shortHex(replayed) };
      add(first + record, LOG_ISSUES.make('replay.sync-mismatch', NOWHERE, words));
    }
  }
  const held = heldAgainst(document, context);
  return held ? [...all, held] : all;
}

function* wholeLog(document: LogDocument): Generator<Diagnostic> {
  const { candidates, dialect, algorithm, chain, recordCount } = document;
  if (candidates.length > 1)
    yield diagnosticOf(LOG_ISSUES.make('log.ambiguous', NOWHERE, { candidates, used: dialect }), TOP);
  if (!document.reading.digests.has(algorithm))
    yield diagnosticOf(LOG_ISSUES.make('replay.no-backend', NOWHERE, { algorithm }), TOP);
  const { anchor } = chain;
  const skipped = anchor && document.firstRecord(anchor[0]) + anchor[1];
  if (recordCount > 0 && skipped !== 0)
    yield diagnosticOf(LOG_ISSUES.make('replay.start-unknown', NOWHERE, { skipped: skipped ?? 0 }), TOP);
}

/** The last record, or the one where log and evidence part, when the register has another value by the evidence. */
function heldAgainst(document: LogDocument, context: LogContext): Diagnostic | undefined {
  const { evidence, divergence } = context;
  // Without evidence nobody asks for the value, and the chain need not run.
  if (!evidence) return undefined;
  const { value, recordCount } = document;
  if (!value || equalBytes(value, evidence.value)) return undefined;
  const record = document.record(divergence ?? recordCount - 1);
  const title = registerTitle(context);
  const words =
    divergence === undefined
      ? `the log gives ${title} ${shortValue(value)}, ${evidence.name} says ${shortValue(evidence.value)} — explain the mismatch`
      : `${evidence.name} was taken before this line: there ${title} has ${shortValue(evidence.value)}; the log goes on to ${shortValue(value)}`;
  const message = 'where the value comes from';
  return {
    range: record ? document.rangeOf(record) : TOP,
    ...{
      severity: divergence === undefined ? 1 : 2,
      code: 'log.evidence-mismatch',
      source: 'tsm',
      message: words,
    },
    relatedInformation: [{ location: { uri: evidence.uri, range: TOP }, message }],
  };
}
