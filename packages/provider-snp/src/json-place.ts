/** Where values stand in JSON text that was parsed: byte offsets in it. Spec: RFC 8259. */
import { fromHex, utf8Text } from '@tsm/core';

const CHARACTER = { quote: 0x22, escape: 0x5c, comma: 0x2c, colon: 0x3a } as const;
const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);
const SPACE = new Set([0x20, 0x0a, 0x0d, 0x09]);

function skipSpace(json: Uint8Array, at: number): number {
  while (SPACE.has(json[at] ?? 0)) at++;
  return at;
}

function stringEnd(json: Uint8Array, at: number): number {
  let i = at + 1;
  while (i < json.length && json[i] !== CHARACTER.quote) i += json[i] === CHARACTER.escape ? 2 : 1;
  return i + 1;
}

function scalarEnd(json: Uint8Array, at: number): number {
  const ends = (byte: number) => byte === CHARACTER.comma || CLOSE.has(byte) || SPACE.has(byte);
  let i = at + 1;
  while (i < json.length && !ends(json[i] ?? 0)) i++;
  return i;
}

/** End of the value that starts here. */
function valueEnd(json: Uint8Array, at: number): number {
  let depth = 0;
  let i = at;
  do {
    const byte = json[i] ?? 0;
    if (byte === CHARACTER.quote) i = stringEnd(json, i);
    else if (OPEN.has(byte) || CLOSE.has(byte) || depth > 0) i++;
    else return scalarEnd(json, i);
    if (OPEN.has(byte)) depth++;
    if (CLOSE.has(byte)) depth--;
  } while (depth > 0 && i < json.length);
  return i;
}

/** Items of the array that starts here, or members of the object: each with its name. */
function* itemsOf(json: Uint8Array, at: number): Generator<{ name: string | undefined; at: number }> {
  let i = skipSpace(json, at + 1);
  while (i < json.length && !CLOSE.has(json[i] ?? 0)) {
    const end = valueEnd(json, i);
    const colon = skipSpace(json, end);
    const named = json[colon] === CHARACTER.colon;
    const value = named ? skipSpace(json, colon + 1) : i;
    yield { name: named ? (JSON.parse(utf8Text(json.subarray(i, end))) as string) : undefined, at: value };
    i = skipSpace(json, named ? valueEnd(json, value) : end);
    if (json[i] === CHARACTER.comma) i = skipSpace(json, i + 1);
  }
}

/** An item by its number, or a member by its name: the last one, as a parser takes it. */
function itemAt(json: Uint8Array, at: number, step: string | number): number {
  const items = [...itemsOf(json, at)];
  const found = typeof step === 'number' ? items[step] : items.filter(({ name }) => name === step).at(-1);
  return found?.at ?? at;
}

/** Where the value with this path starts; where there is none, the innermost value that holds it. */
export function placeOf(json: Uint8Array, path: readonly (string | number)[]): number {
  const start = json.findIndex((byte) => OPEN.has(byte));
  return path.reduce<number>((at, step) => itemAt(json, at, step), Math.max(0, start));
}

/** Where byte `n` starts of bytes that are written here: a list of numbers, hex or base64. */
export function byteAt(json: Uint8Array, at: number, n: number): number {
  if (json[at] !== CHARACTER.quote) return itemAt(json, at, n);
  const text = utf8Text(json.subarray(at + 1, stringEnd(json, at) - 1));
  return at + 1 + (fromHex(text) ? 2 * n : Math.floor((4 * n) / 3));
}
