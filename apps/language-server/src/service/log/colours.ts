/** Semantic tokens: what each part of a line is, whatever the dialect. */
import type { Range } from '../../protocol/lsp.ts';
import type { LogDocument } from './document.ts';
import { isCommentLine } from './segments.ts';
import { TOKEN_TYPES, tokensOf, TYPE_OF, type Token } from './tokens.ts';

/** Five numbers a token, each place relative to the one before (LSP 3.18, Semantic Tokens). */
export function semanticTokens(document: LogDocument, range?: Range): number[] {
  const data: number[] = [];
  const last = Math.min(range?.end.line ?? Infinity, document.lineCount - 1);
  let [line, character] = [0, 0];
  const add = (at: number, { part, start, end }: Token): void => {
    data.push(
      at - line,
      at === line ? start - character : start,
      end - start,
      TOKEN_TYPES.indexOf(TYPE_OF[part]),
      0,
    );
    [line, character] = [at, start];
  };
  for (let at = range?.start.line ?? 0; at <= last; at++) {
    const text = document.line(at);
    if (text === '') continue;
    const record = isCommentLine(document, at) ? undefined : document.recordAt(at);
    // A record that carriage returns cut into lines has no parts worth a colour.
    const whole = record?.line === at && record.text.trimEnd() === text.trimEnd();
    const tokens = record ? tokensOf(record.kind, text) : tokensOf('comment', text);
    if (record && !whole) add(at, { part: 'content', start: 0, end: text.length });
    else for (const token of tokens) add(at, token);
  }
  return data;
}
