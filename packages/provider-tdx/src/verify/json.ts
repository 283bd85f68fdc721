/** JSON, read strictly, with the text of every object as it was served: that text is what Intel signs. Source: RFC 8259; RFC 7493 §2.3. */

/** What was read, or in words why it could not be. */
export type JsonRead<T> =
  { readonly value: T; readonly reason?: never } | { readonly value?: never; readonly reason: string };

/** An object: its members in order, and the text from its `{` to its `}`. */
export interface JsonObject {
  readonly members: ReadonlyMap<string, Json>;
  readonly raw: string;
}

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** Deeper nesting is refused; collateral has 5 levels. */
const MAX_DEPTH = 32;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\u[0-9a-fA-F]{4}/y;
const SHORT_ESCAPES = '"\\/bfnrt';

const LITERALS: readonly (readonly [text: string, value: boolean | null])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && 'members' in value;
}

/** Thrown inside the scanner only. */
class Refusal extends Error {}

class Scanner {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  document(): Json {
    const value = this.value(0);
    this.skipSpace();
    if (this.at < this.text.length) this.refuse('nothing after the value');
    return value;
  }

  private refuse(expected: string): never {
    throw new Refusal(`expected ${expected} at character ${String(this.at)}`);
  }

  private skipSpace(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.at += 1;
    }
  }

  /** Takes the character if it is next, after white space. */
  private takes(character: string): boolean {
    this.skipSpace();
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private expect(character: string): void {
    if (!this.takes(character)) this.refuse(character);
  }

  private value(depth: number): Json {
    if (depth > MAX_DEPTH) this.refuse(`at most ${String(MAX_DEPTH)} levels`);
    this.skipSpace();
    switch (this.text[this.at]) {
      case '{':
        return this.object(depth);
      case '[':
        return this.array(depth);
      case '"':
        return this.string();
      default:
        return this.scalar();
    }
  }

  private object(depth: number): JsonObject {
    const start = this.at;
    const members = new Map<string, Json>();
    this.expect('{');
    if (!this.takes('}')) {
      do {
        this.skipSpace();
        const name = this.string();
        if (members.has(name)) this.refuse(`one member ${name}, not two`);
        this.expect(':');
        members.set(name, this.value(depth + 1));
      } while (this.takes(','));
      this.expect('}');
    }
    return { members, raw: this.text.slice(start, this.at) };
  }

  private array(depth: number): Json[] {
    const items: Json[] = [];
    this.expect('[');
    if (this.takes(']')) return items;
    do items.push(this.value(depth + 1));
    while (this.takes(','));
    this.expect(']');
    return items;
  }

  private string(): string {
    const start = this.at;
    if (this.text[start] !== '"') this.refuse('a string');
    const { text } = this;
    let escaped = false;
    let at = start + 1;
    for (let code = text.charCodeAt(at); code !== 0x22; code = text.charCodeAt(at)) {
      if (code === 0x5c) {
        at = this.escapeEnd(at);
        escaped = true;
      } else if (code >= 0x20) at += 1;
      else {
        this.at = at;
        this.refuse('the end of the string');
      }
    }
    this.at = at + 1;
    return escaped ? (JSON.parse(text.slice(start, at + 1)) as string) : text.slice(start + 1, at);
  }

  /** Where the escape that starts at `at` ends. */
  private escapeEnd(at: number): number {
    const { text } = this;
    if (at + 1 < text.length && SHORT_ESCAPES.includes(text.charAt(at + 1))) return at + 2;
    ESCAPE.lastIndex = at;
    if (ESCAPE.test(text)) return ESCAPE.lastIndex;
    this.at = at;
    return this.refuse('an escape');
  }

  private scalar(): Json {
    NUMBER.lastIndex = this.at;
    const number = NUMBER.exec(this.text);
    if (number) {
      this.at = NUMBER.lastIndex;
      return Number(number[0]);
    }
    const literal = LITERALS.find(([text]) => this.text.startsWith(text, this.at));
    if (!literal) return this.refuse('a value');
    this.at += literal[0].length;
    return literal[1];
  }
}

/** One JSON text. A member that is there twice is refused, because readers disagree on which one counts. */
export function readJson(text: string): JsonRead<Json> {
  try {
    return { value: new Scanner(text).document() };
  } catch (error) {
    if (error instanceof Refusal) return { reason: error.message };
    throw error;
  }
}
