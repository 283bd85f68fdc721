/** Finds binary content inside the text and JSON it is passed around in: hex, base64, PEM-less dumps, JSON members. */
import { fromBase64, fromHex, utf8Bytes, utf8Text } from './bytes.ts';

/** A way the content was found. `path` is empty for the file itself, else such as `$.Log.Raw`. */
export interface Unwrapped<T> {
  readonly content: T;
  readonly bytes: Uint8Array;
  readonly wrapping: readonly ('hex' | 'base64' | 'json')[];
  readonly path: string;
}

type Recognise<T> = (bytes: Uint8Array) => T | undefined;
type Wrapping = Unwrapped<unknown>['wrapping'];

/** JSON inside JSON inside JSON is read; deeper is not. */
const MAX_DEPTH = 8;
/** A dump begins with at least this much text before it is worth decoding. */
const MIN_TEXT = 16;

function looksLikeText(bytes: Uint8Array): boolean {
  const head = bytes.subarray(0, 64);
  return head.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 0x20 && byte < 0x7f));
}

function* search<T>(
  text: string,
  recognise: Recognise<T>,
  wrapping: Wrapping,
  path: string,
  depth: number,
): Generator<Unwrapped<T>> {
  const dense = text.replace(/\s+/g, '');
  if (dense.length < MIN_TEXT || depth > MAX_DEPTH) return;
  if (/^[[{"]/.test(dense)) {
    const json = parseJson(text);
    if (json !== undefined)
      yield* members(json, recognise, [...wrapping, 'json'], path === '' ? '$' : path, depth + 1);
    return;
  }
  const hex = fromHex(dense.replace(/^0x/i, ''));
  if (hex) yield* inside(hex, recognise, [...wrapping, 'hex'], path, depth + 1);
  const base64 = fromBase64(dense);
  if (base64) yield* inside(base64, recognise, [...wrapping, 'base64'], path, depth + 1);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: then it is not a wrapping, which is the answer to the question asked here.
    return undefined;
  }
}

function* members<T>(
  json: unknown,
  recognise: Recognise<T>,
  wrapping: Wrapping,
  path: string,
  depth: number,
): Generator<Unwrapped<T>> {
  if (depth > MAX_DEPTH) return;
  if (typeof json === 'string') {
    const content = recognise(utf8Bytes(json));
    if (content !== undefined) yield { content, bytes: utf8Bytes(json), wrapping, path };
    else yield* search(json, recognise, wrapping, path, depth);
  } else if (Array.isArray(json)) {
    const bytes = byteArray(json);
    if (bytes) yield* inside(bytes, recognise, wrapping, path, depth + 1);
    else
      for (const [i, item] of json.entries())
        yield* members(item, recognise, wrapping, `${path}[${String(i)}]`, depth + 1);
  } else if (typeof json === 'object' && json !== null) {
    for (const [key, item] of Object.entries(json))
      yield* members(item, recognise, wrapping, `${path}.${key}`, depth + 1);
  }
}

/** Serde and Go write bytes as arrays of numbers. */
function byteArray(json: readonly unknown[]): Uint8Array | undefined {
  const all =
    json.length > 0 &&
    json.every((item) => Number.isInteger(item) && Number(item) >= 0 && Number(item) < 256);
  return all ? Uint8Array.from(json as number[]) : undefined;
}

function* inside<T>(
  bytes: Uint8Array,
  recognise: Recognise<T>,
  wrapping: Wrapping,
  path: string,
  depth: number,
): Generator<Unwrapped<T>> {
  const content = recognise(bytes);
  if (content !== undefined) yield { content, bytes, wrapping, path };
  else if (looksLikeText(bytes)) yield* search(utf8Text(bytes), recognise, wrapping, path, depth);
}

/**
 * Everything in `bytes` that `recognise` takes: the bytes themselves, or what hex, base64 or JSON (also as text inside
 * JSON) hold. Linear in the input; never throws.
 */
export function unwrapAll<T>(bytes: Uint8Array, recognise: Recognise<T>): Unwrapped<T>[] {
  return [...inside(bytes, recognise, [], '', 0)];
}

/** The first of {@link unwrapAll}, or undefined. */
export function unwrap<T>(bytes: Uint8Array, recognise: Recognise<T>): Unwrapped<T> | undefined {
  for (const found of inside(bytes, recognise, [], '', 0)) return found;
  return undefined;
}
