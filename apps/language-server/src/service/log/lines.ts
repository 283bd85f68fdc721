/**
 * Lines as LSP counts them: ended by LF, CR LF or CR. Records of a log are ended by LF alone, so one record may be several
 * lines. Source: LSP 3.18, Text Documents.
 */
import type { Position } from '../../protocol/lsp.ts';

/** The text in lines, each with its end. The last one has none; it is empty where the text ends with a line end. */
export function splitLines(text: string): string[] {
  const lines: string[] = [];
  let start = 0;
  for (let end = lineEnd(text, start); end > start; end = lineEnd(text, start)) {
    lines.push(text.slice(start, end));
    start = end;
  }
  lines.push(text.slice(start));
  return lines;
}

/** Where the line ends that begins at `start`, with its end; `start` when no line end follows. */
function lineEnd(text: string, start: number): number {
  const lf = text.indexOf('\n', start);
  const cr = indexBefore(text, '\r', start, lf < 0 ? text.length : lf);
  if (cr >= 0) return text.charCodeAt(cr + 1) === 10 ? cr + 2 : cr + 1;
  return lf < 0 ? start : lf + 1;
}

/** Place of a character in a part of the text, or -1: `indexOf` would look through all that follows. */
function indexBefore(text: string, char: string, start: number, end: number): number {
  const found = text.slice(start, end).indexOf(char);
  return found < 0 ? -1 : start + found;
}

/** Length without the line's end. */
export function contentLength(line: string): number {
  let { length } = line;
  if (line.charCodeAt(length - 1) === 10) length--;
  if (line.charCodeAt(length - 1) === 13) length--;
  return length;
}

/** Does a record end with this line? */
export const endsRecord = (line: string): boolean => line.charCodeAt(line.length - 1) === 10;

/** Where a character of a record's text is, when the record begins with this line. */
export function placeIn(text: string, line: number, character: number): Position {
  if (!text.includes('\r')) return { line, character };
  const lines = splitLines(text.slice(0, character));
  const last = lines.at(-1) ?? '';
  const before = lines.at(-2);
  // A carriage return at the end of the record belongs to the end of its last line.
  if (character === text.length && last === '' && before !== undefined)
    return { line: line + lines.length - 2, character: contentLength(before) };
  return { line: line + lines.length - 1, character: last.length };
}
