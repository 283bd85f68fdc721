/** Lines of a text log: what each is, by dialect. */
import { algorithmOfText, fromHex, latin1Text, type AlgorithmName } from '@tsm/core';
import type { TextDialect } from '../log.ts';

export type LineKind = 'blank' | 'comment' | 'sync' | 'init' | 'extend' | 'event';

const SPACE = /^[ \t\v\f\r]/;
export const LF = 10;
const HASH = 35;
/** Bytes of a line that say what it is. */
const HEAD = 16;

/** Where the line that begins at `start` ends: at its line feed, or with the bytes. */
export function lineEnd(bytes: Uint8Array, start: number): number {
  const found = bytes.indexOf(LF, start);
  return found < 0 ? bytes.length : found;
}

/** Calls back for each line with its byte range, without the line feed. A last line without one counts. */
export function forEachLine(bytes: Uint8Array, visit: (start: number, end: number) => void): void {
  let start = 0;
  while (start < bytes.length) {
    const end = lineEnd(bytes, start);
    visit(start, end);
    start = end + 1;
  }
}

const SYNC_WORD = /^SYNC[ /]/;
const INIT_WORD = /^INIT[ /]/;
const EXTEND_WORD = /^# \.EXTEND(\s|$)/;

/** Does this line open a log of the Linux RFC, or of the INIT dialects? */
export function opensLog(text: string): 'sync' | 'init' | undefined {
  if (SYNC_WORD.test(text)) return 'sync';
  return INIT_WORD.test(text) ? 'init' : undefined;
}

/** What a line is, by its first bytes. Words of another dialect are events: they are hashed like any line. */
export function lineKind(bytes: Uint8Array, start: number, end: number, dialect: TextDialect): LineKind {
  if (start === end) return 'blank';
  const head = latin1Text(bytes.subarray(start, Math.min(end, start + HEAD)));
  if (dialect !== 'aael' && bytes[start] === HASH)
    return dialect === 'rfc' && EXTEND_WORD.test(head) ? 'extend' : 'comment';
  const opening = opensLog(head);
  if (opening === 'sync' && dialect === 'rfc') return 'sync';
  return opening === 'init' && dialect !== 'rfc' ? 'init' : 'event';
}

export function isTrimmed(text: string): boolean {
  return !SPACE.test(text) && !/[ \t\v\f\r]$/.test(text);
}

/** Domain, operation and content: split at the first two spaces; content may hold more, but no CR. Else undefined. */
export function splitEvent(text: string): { domain: string; operation: string; content: string } | undefined {
  const found = /^([^\s]+) ([^\s]+) ([^\r\n]*)$/.exec(text);
  const [, domain, operation, content] = found ?? [];
  if (domain === undefined || operation === undefined || content === undefined) return undefined;
  return { domain, operation, content };
}

/** The stated value of `SYNC sha384/<hex>`, `INIT sha384/<hex>` and `INIT/sha384 <hex>`. */
export interface StatedValue {
  readonly algorithmText: string;
  readonly algorithm: AlgorithmName | undefined;
  readonly hex: string;
  readonly value: Uint8Array | undefined;
}

/** The text before and after the first `separator`; '' where there is none. */
function cut(text: string, separator: string): readonly [before: string, after: string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1).trim()];
}

export function statedValue(text: string): StatedValue {
  const rest = text.slice('SYNC'.length).trim();
  const [algorithmText, hex] = rest.startsWith('/') ? cut(rest.slice(1), ' ') : cut(rest, '/');
  return { algorithmText, algorithm: algorithmOfText(algorithmText), hex, value: fromHex(hex) };
}

/** The value of `# .EXTEND <hex>`. */
export function extendValue(text: string): Pick<StatedValue, 'hex' | 'value'> {
  const hex = text.slice('# .EXTEND'.length).trim();
  return { hex, value: fromHex(hex) };
}
