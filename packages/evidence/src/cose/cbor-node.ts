/** CBOR for people: a tree of named byte ranges, as layout tables give it. */
import { toHex } from '@tsm/core';
import type { Node } from '@tsm/core/layout';
import { readCbor, type CborItem } from './cbor.ts';

/** What a map key or an array index is called. */
export interface CborName {
  readonly name: string;
  readonly doc?: string;
  readonly spec?: string;
  /** What values mean, by value as text. */
  readonly meanings?: Readonly<Record<string, string>>;
  /** Names inside this value; `*` names every item. */
  readonly inner?: CborNames;
  /** The value is a byte string that holds CBOR of its own. */
  readonly wrapped?: boolean;
}

/** By key or index as text; `*` for all that have no row. */
export interface CborNames {
  readonly [key: string]: string | CborName;
}

interface Label extends CborName {
  readonly path: string;
}

const keyText = (key: CborItem): string =>
  key.kind === 'int' || key.kind === 'text'
    ? String(key.value)
    : key.kind === 'bytes'
      ? toHex(key.value)
      : key.kind;

function labelOf(names: CborNames | undefined, key: string, parent: string, index: boolean): Label {
  const row = names?.[key] ?? names?.['*'];
  const known: CborName =
    typeof row === 'string' ? { name: row } : (row ?? { name: index ? `[${key}]` : key });
  const dot = parent === '' || known.name.startsWith('[') ? '' : '.';
  return { ...known, path: `${parent}${dot}${known.name}` };
}

function leaf(
  name: string,
  parent: string,
  offset: number,
  length: number,
  value: unknown,
  doc: string,
): Node {
  return { name, path: parent === '' ? name : `${parent}.${name}`, offset, length, value, doc, children: [] };
}

/** The value of an item without children. */
function scalar(item: CborItem): unknown {
  return 'value' in item ? item.value : undefined;
}

/** From the end of the last child to the end of the item: the break of an indefinite length. */
function closed(children: Node[], item: CborItem, path: string): Node[] {
  const last = children.at(-1);
  const at = last ? last.offset + last.length : item.offset;
  const left = item.offset + item.length - at;
  return left > 0 ? [...children, leaf('end', path, at, left, undefined, 'End of the items')] : children;
}

/** The parts of an item that has some: its head, then what it holds. */
function partsOf(item: CborItem, label: Label): Node[] {
  const { path, inner } = label;
  const { offset, content } = item;
  const head = leaf('head', path, offset, content - offset, item.kind, 'What follows, and how much of it');
  if (item.kind === 'array') {
    const items = item.items.map((one, i) => nodeOf(one, labelOf(inner, String(i), path, true)));
    return closed([head, ...items], item, path);
  }
  if (item.kind === 'map') {
    const entries = item.entries.map(([key, value]) =>
      entryOf(key, value, labelOf(inner, keyText(key), path, false)),
    );
    return closed([head, ...entries], item, path);
  }
  if (item.kind === 'tag') {
    const tagged = nodeOf(item.item, {
      ...label,
      name: 'item',
      path: `${path === '' ? '' : `${path}.`}item`,
    });
    return [{ ...head, value: item.tag, doc: 'Tag' }, tagged];
  }
  if (item.kind === 'bytes' && label.wrapped && item.content + item.value.length === offset + item.length) {
    const place = { path, offset: content, length: item.value.length };
    const wrapped = readCbor(item.value, place);
    // What is not one item is shown as the bytes that it is.
    if (!wrapped.item || wrapped.length !== item.value.length) return [];
    return [
      head,
      nodeOf(wrapped.item, {
        ...label,
        wrapped: false,
        name: 'content',
        path: path === '' ? 'content' : `${path}.content`,
      }),
    ];
  }
  return [];
}

function nodeOf(item: CborItem, label: Label): Node {
  const { name, path, doc = '', spec, meanings } = label;
  const value = scalar(item);
  const meaning = meanings?.[value instanceof Uint8Array ? toHex(value) : String(value)];
  const { offset, length } = item;
  return {
    ...{ name, path, offset, length, value, doc, children: partsOf(item, label) },
    ...(meaning !== undefined && { meaning }),
    ...(spec !== undefined && { spec }),
  };
}

/** Key and value of a map as one node: what has parts keeps its key as the first of them. */
function entryOf(key: CborItem, value: CborItem, label: Label): Node {
  const node = nodeOf(value, label);
  const length = value.offset + value.length - key.offset;
  if (node.children.length === 0) return { ...node, offset: key.offset, length };
  const first = leaf('key', label.path, key.offset, key.length, scalar(key), 'Label');
  return { ...node, offset: key.offset, length, children: [first, ...node.children] };
}

/** A tree for display; its leaves tile the item. `title`: name of the root. */
export function cborNode(item: CborItem, names: CborNames = {}, title = 'CBOR'): Node {
  return { ...nodeOf(item, { name: title, path: '', inner: names }), name: title };
}
