/** Formatting that leaves every measured byte as it is: blank lines, remarks, and the end of the file. */
import type { TextEdit } from '../../protocol/lsp.ts';
import type { LogDocument } from './document.ts';
import { isCommentLine } from './segments.ts';

/** Edits that drop repeated and trailing blank lines, blanks at the end of remarks, and end the last line. */
export function format(document: LogDocument): TextEdit[] {
  const edits: TextEdit[] = [];
  const { lineCount } = document;
  let blanks = 0;
  let last = -1;
  for (let line = 0; line < lineCount; line++) {
    const text = document.line(line);
    if (text !== '' || document.recordAt(line)) {
      if (blanks > 1 || (blanks === 1 && last < 0)) {
        const from = last < 0 ? 0 : last + 2;
        edits.push({
          range: { start: { line: from, character: 0 }, end: { line, character: 0 } },
          newText: '',
        });
      }
      blanks = 0;
      last = line;
    } else blanks++;
    const trimmed = text.trimEnd();
    if (trimmed !== text && isCommentLine(document, line))
      edits.push({
        range: { start: { line, character: trimmed.length }, end: { line, character: text.length } },
        newText: '',
      });
  }
  return last < 0 ? edits : [...edits, ...ending(document, last)];
}

/** Exactly one line end after the last line that is not blank. */
function ending(document: LogDocument, last: number): TextEdit[] {
  const { lineCount } = document;
  const end = { line: lineCount - 1, character: 0 };
  if (last === lineCount - 1) {
    const character = document.line(last).length;
    // A carriage return at the very end of the text is measured: nothing may come after it.
    const place = { line: last, character };
    return [{ range: { start: place, end: place }, newText: '\n' }];
  }
  return last + 1 < lineCount - 1
    ? [{ range: { start: { line: last + 1, character: 0 }, end }, newText: '' }]
    : [];
}
