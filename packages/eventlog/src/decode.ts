/** Any log in, EventLog out: detection of the format, and the options that override it. */
import { isFilledWith, type Issue } from '@tsm/core';
import { candidatesOf, formatOf, type DecodeLogOptions } from './formats.ts';
import { LOG_ISSUES } from './issues.ts';
import type { EventLog } from './log.ts';
import { TextLog } from './text/text-log.ts';

export type { DecodeLogOptions } from './formats.ts';

/** Does this begin like a log of a format that this package reads? Looks at the start only. */
export function isLog(bytes: Uint8Array): boolean {
  return formatOf(bytes) !== undefined;
}

function wholeIssue(code: 'log.empty' | 'log.unknown-format', bytes: Uint8Array): Issue {
  return LOG_ISSUES.make(code, { path: '', offset: 0, length: bytes.length }, {});
}

/** Is there nothing but the padding of an area that firmware never wrote to? */
function isEmpty(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0;
  return (first === 0 || first === 0xff) && isFilledWith(bytes, first);
}

/** An event log with nothing in it but what is wrong. */
function nothing(bytes: Uint8Array, code: 'log.empty' | 'log.unknown-format'): EventLog {
  const log = new TextLog(bytes.subarray(0, 0), 'rfc');
  const tail = { offset: 0, length: bytes.length, kind: 'unread' } as const;
  return {
    ...{ format: 'tsm-text', bytes, numbering: 'single', algorithms: [], count: 0, tail },
    issues: [wholeIssue(code, bytes)],
    event: (number) => log.event(number),
    start: () => undefined,
    scan: () => undefined,
    [Symbol.iterator]: () => log[Symbol.iterator](),
  };
}

/**
 * Decodes a log of any format this package reads. Never throws on data: what could be read is in the log, what could not
 * is in its issues (`log.unknown-format` when nothing fits, `log.ambiguous` when more than one does).
 */
export function decodeLog(bytes: Uint8Array, options: DecodeLogOptions = {}): EventLog {
  if (isEmpty(bytes)) return nothing(bytes, 'log.empty');
  const named = options.format ?? (options.dialect === undefined ? undefined : 'tsm-text');
  const row = formatOf(bytes, options.dialect === undefined ? named : 'tsm-text');
  if (!row) return nothing(bytes, 'log.unknown-format');
  const candidates = named === undefined ? candidatesOf(row, bytes) : [];
  const place = { path: '', offset: 0, length: bytes.length };
  const before =
    candidates.length > 1 ? [LOG_ISSUES.make('log.ambiguous', place, { candidates, used: row.id })] : [];
  return row.decode(bytes, options, before);
}
