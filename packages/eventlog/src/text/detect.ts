/** Which dialect a text is in. Where two look alike, both are named. */
import { utf8Text } from '@tsm/core';
import type { TextDialect } from '../log.ts';
import { forEachLine, isTrimmed, opensLog, splitEvent } from './line.ts';

/** Only this much of a log is looked at. */
const LOOK_AT = 65_536;

export interface DetectedText {
  readonly dialect: TextDialect;
  /** Every dialect the text can be of, the one used first. */
  readonly candidates: readonly TextDialect[];
}

function isPlainText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 0x20 && byte !== 0x7f));
}

/** A domain as the agents write it: a host name or a path of one. */
function looksLikeDomain(domain: string): boolean {
  return /^[A-Za-z0-9][\w-]*([./][\w-]+)+$/.test(domain);
}

/** Marks that only the free-text dialect has: comments, blanks that count, lines of any form. */
function isFreeText(lines: readonly string[]): boolean {
  return lines.some(
    (line) => line.startsWith('#') || !isTrimmed(line) || (!splitEvent(line) && !opensLog(line)),
  );
}

/** The dialect of a text log, or undefined when the bytes are no text log. */
export function detectText(bytes: Uint8Array): DetectedText | undefined {
  const head = bytes.subarray(0, LOOK_AT);
  if (head.length === 0 || !isPlainText(head)) return undefined;
  const lines: string[] = [];
  forEachLine(head, (start, end) => {
    if (end > start && !(end === head.length && head.length < bytes.length))
      lines.push(utf8Text(head.subarray(start, end)));
  });
  const one = (dialect: TextDialect): DetectedText => ({ dialect, candidates: [dialect] });
  const records = lines.filter((line) => !line.startsWith('#'));
  const opening = opensLog(records[0] ?? '');
  if (opening === 'sync' || lines.some((line) => line.startsWith('# .EXTEND '))) return one('rfc');
  if (opening === 'init') {
    if (/^INIT\//.test(records[0] ?? '')) return one('aael');
    return isFreeText(lines) ? one('issue-495') : { dialect: 'issue-495', candidates: ['issue-495', 'aael'] };
  }
  const allEvents =
    records.length > 0 && records.every((line) => looksLikeDomain(splitEvent(line)?.domain ?? ''));
  return allEvents && records.length === lines.length ? one('aael') : undefined;
}
