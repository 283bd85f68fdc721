/** What decoding leaves for people: a tree of named byte ranges, read by hover texts, hex views and documents. */
import { toHex } from '../bytes.ts';

/** One field of decoded bytes. Leaves tile their parent: no gap, no overlap. */
export interface Node {
  readonly name: string;
  /** Names from the root, as in `body.rtmrs[2]`. */
  readonly path: string;
  /** Byte offset in the input as given. */
  readonly offset: number;
  length: number;
  value: unknown;
  /** What the value means, where a table gives it a name. */
  meaning?: string;
  readonly doc: string;
  readonly spec?: string;
  readonly children: Node[];
}

/** The innermost node that covers the offset, or undefined. */
export function nodeAt(root: Node, offset: number): Node | undefined {
  if (offset < root.offset || offset >= root.offset + root.length) return undefined;
  for (const child of root.children) {
    const found = nodeAt(child, offset);
    if (found) return found;
  }
  return root;
}

/** The node with this path, or undefined. */
export function nodeOf(root: Node, path: string): Node | undefined {
  if (root.path === path) return root;
  for (const child of root.children) {
    const found = nodeOf(child, path);
    if (found) return found;
  }
  return undefined;
}

/** The nodes without children, in byte order. */
export function leaves(node: Node): Node[] {
  return node.children.length === 0 ? [node] : node.children.flatMap(leaves);
}

/** A value as one line of text: numbers in decimal and hex, bytes in hex. */
export function valueText(value: unknown): string {
  if (value instanceof Uint8Array) return toHex(value);
  if (typeof value === 'number' || typeof value === 'bigint')
    return `${String(value)} (0x${value.toString(16)})`;
  if (typeof value === 'string') return JSON.stringify(value);
  return Array.isArray(value) ? `${String(value.length)} items` : '';
}

/** Hover text of a node: Markdown with name, value, meaning, byte range and source. */
export function hoverText(node: Node): string {
  const range = `bytes 0x${node.offset.toString(16)}–0x${(node.offset + node.length).toString(16)} (${String(node.length)})`;
  const value = node.children.length === 0 ? valueText(node.value) : '';
  const lines = [
    `**${node.path || node.name}** — ${node.doc}`,
    value === '' ? '' : `\`${value}\`${node.meaning === undefined ? '' : ` ${node.meaning}`}`,
    node.spec === undefined ? range : `${range} · ${node.spec}`,
  ];
  return lines.filter((line) => line !== '').join('\n\n');
}
