/** Any log in, EventLog out: detection of the format, and the options that override it. */
import { isFilledWith, type AlgorithmName, type Issue } from '@tsm/core';
import { LOG_ISSUES } from './issues.ts';
import type { EventLog, LogFormat, TextDialect } from './log.ts';
import { decodeAgileLog, decodeSha1Log, isAgileLog, isSha1Log } from './tcg/decode.ts';
import { detectText } from './text/detect.ts';
import { TextLog } from './text/text-log.ts';

export interface DecodeLogOptions {
  /** Reads the bytes as this format, whatever they look like. */
  readonly format?: LogFormat;
  /** Dialect of a text log. */
  readonly dialect?: TextDialect;
  /** Algorithm of a text log that does not say one. Default sha384. */
  readonly algorithm?: AlgorithmName;
}

/** Does this begin like a log of a format that this package reads? Looks at the start only. */
export function isLog(bytes: Uint8Array): boolean {
  return isAgileLog(bytes) || isSha1Log(bytes) || detectText(bytes) !== undefined;
}

function wholeIssue(code: 'log.empty' | 'log.unknown-format', bytes: Uint8Array): Issue {
  return LOG_ISSUES.make(code, { path: '', offset: 0, length: bytes.length }, {});
}

function decodeText(bytes: Uint8Array, options: DecodeLogOptions): TextLog {
  const detected = detectText(bytes);
  const dialect = options.dialect ?? detected?.dialect ?? 'rfc';
  const candidates = detected?.candidates ?? [];
  const ambiguous = options.dialect === undefined && candidates.length > 1;
  const place = { path: '', offset: 0, length: bytes.length };
  const issues = ambiguous ? [LOG_ISSUES.make('log.ambiguous', place, { candidates, used: dialect })] : [];
  return new TextLog(bytes, dialect, options.algorithm, issues);
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
 * is in its issues (`log.unknown-format` when nothing fits).
 */
export function decodeLog(bytes: Uint8Array, options: DecodeLogOptions = {}): EventLog {
  if (isEmpty(bytes)) return nothing(bytes, 'log.empty');
  const { format } = options;
  if (format === 'tsm-text' || options.dialect !== undefined) return decodeText(bytes, options);
  if (format === 'tcg1') return decodeSha1Log(bytes);
  if (format !== undefined || isAgileLog(bytes)) return decodeAgileLog(bytes, format);
  if (isSha1Log(bytes)) return decodeSha1Log(bytes);
  return detectText(bytes) ? decodeText(bytes, options) : nothing(bytes, 'log.unknown-format');
}
