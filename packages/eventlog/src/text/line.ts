/** Lines of a text log: what each is, by dialect. */
import { algorithmOfText, fromHex, utf8Text, type AlgorithmName } from '@tsm/core';
import type { TextDialect } from '../log.ts';

export type LineKind = 'blank' | 'comment' | 'sync' | 'init' | 'extend' | 'event';

const SPACE = /^[ \t\v\f\r]/;
const LF = 10;
const HASH = 35;

/** Calls back for each line with its byte range, without the line feed. A last line without one counts. */
export function forEachLine(bytes: Uint8Array, visit: (start: number, end: number) => void): void {
  let start = 0;
  while (start < bytes.length) {
    const found = bytes.indexOf(LF, start);
    const end = found < 0 ? bytes.length : found;
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
  const head = utf8Text(bytes.subarray(start, Math.min(end, start + 16)));
  if (dialect !== 'aael' && bytes[start] === HASH)
    return dialect === 'rfc' && EXTEND_WORD.test(head) ? 'extend' : 'comment';
  const opening = opensLog(head);
  if (opening === 'sync' && dialect === 'rfc') return 'sync';
  return opening === 'init' && dialect !== 'rfc' ? 'init' : 'event';
}

export function isTrimmed(text: string): boolean {
  return !SPACE.test(text) && !/[ \t\v\f\r]$/.test(text);
}

/** Domain, operation and content: split at the first two spaces; content may hold more. Undefined when it does not split. */
export function splitEvent(text: string): { domain: string; operation: string; content: string } | undefined {
  const found = /^([^\s]+) ([^\s]+) (.*)$/s.exec(text);
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

export function statedValue(text: string): StatedValue {
  const found = /^(?:SYNC|INIT) *(?:\/(\S*) +(\S*)|([^/\s]*)(?:\/(\S*))?) *$/.exec(text);
  const algorithmText = found?.[1] ?? found?.[3] ?? '';
  const hex = found?.[2] ?? found?.[4] ?? '';
  return { algorithmText, algorithm: algorithmOfText(algorithmText), hex, value: fromHex(hex) };
}

/** The hex of `# .EXTEND <hex>`. */
export function extendHex(text: string): string {
  return text.replace(/^# \.EXTEND\s*/, '').trim();
}
