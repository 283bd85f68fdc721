/** The parts of a line: what highlighting, hovers and selections go by. Offsets in the record's text. */
import { splitEvent, type RecordKind } from '@tsm/eventlog';

/** Standard token types of LSP, so that every colour theme knows them. */
export const TOKEN_TYPES = [
  ...(['keyword', 'type', 'number', 'namespace', 'function', 'string', 'comment'] as const),
] as const;
export type TokenType = (typeof TOKEN_TYPES)[number];

/** What a part is in a log. */
export type Part = 'word' | 'algorithm' | 'digest' | 'domain' | 'operation' | 'content' | 'comment';

export const TYPE_OF: Readonly<Record<Part, TokenType>> = {
  ...{ word: 'keyword', algorithm: 'type', digest: 'number', domain: 'namespace' },
  ...{ operation: 'function', content: 'string', comment: 'comment' },
};

export interface Token {
  readonly part: Part;
  readonly start: number;
  readonly end: number;
}

/** Parts of a line in order. `comment` stands for a line that counts not. */
export function tokensOf(kind: RecordKind | 'comment', text: string): Token[] {
  if (kind === 'comment') return [{ part: 'comment', start: 0, end: text.length }];
  if (kind === 'event') return eventTokens(text);
  const groups: readonly (readonly [Part, RegExp])[] =
    kind === 'extend'
      ? [
          ['word', /^# \.EXTEND/],
          ['digest', /\S+/y],
        ]
      : [
          ['word', /^(?:SYNC|INIT)/],
          ['algorithm', /[^\s/]+/y],
          ['digest', /[^\s/]+/y],
        ];
  const tokens: Token[] = [];
  let at = 0;
  for (const [part, pattern] of groups) {
    while (tokens.length > 0 && /[\s/]/.test(text[at] ?? '')) at++;
    pattern.lastIndex = at;
    const [found] = pattern.exec(text) ?? [];
    if (found === undefined) break;
    tokens.push({ part, start: at, end: at + found.length });
    at += found.length;
  }
  return tokens;
}

function eventTokens(text: string): Token[] {
  const event = splitEvent(text);
  if (!event) return [{ part: 'content', start: 0, end: text.length }];
  const operation = event.domain.length + 1;
  const content = operation + event.operation.length + 1;
  const tokens: Token[] = [
    { part: 'domain', start: 0, end: event.domain.length },
    { part: 'operation', start: operation, end: content - 1 },
    { part: 'content', start: content, end: text.length },
  ];
  return tokens.filter(({ start, end }) => end > start);
}

/** The part that this character is of; the end of a part counts as its last character does. */
export function tokenAt(tokens: readonly Token[], character: number): Token | undefined {
  return tokens.find(({ start, end }) => start <= character && character <= end);
}
