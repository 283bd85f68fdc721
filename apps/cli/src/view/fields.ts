/** Fields of a layout with their byte ranges: as lines, and for `--json`. */
import { printable, type Node } from '@tsm/core';
import { valueText } from '@tsm/core/layout';
import type { Cli } from '../cli.ts';

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** The tree as indented lines: offset, length, name, value. */
export function* treeLines(cli: Cli, node: Node, depth = 0): Generator<string> {
  for (const child of node.children) {
    const place = `${`0x${child.offset.toString(16)}`.padStart(8)} ${String(child.length).padStart(5)}`;
    const name = `${'  '.repeat(depth)}${child.name}`;
    const value = child.children.length > 0 ? '' : valueText(child.value);
    const text = [value, child.meaning ?? ''].filter((one) => one !== '').join(' ');
    const room = Math.max(16, cli.io.columns - place.length - Math.max(26, name.length + 2) - 4);
    yield `  ${cli.style.quiet(place)}  ${name.padEnd(26)}${shorten(printable(text), room)}`;
    yield* treeLines(cli, child, depth + 1);
  }
}

/** The tree for `--json`: byte ranges, and values of what has no parts. */
export function treeJson({ name, path, offset, length, value, meaning, children }: Node): unknown {
  const leaf = children.length === 0 ? { value } : { children: children.map(treeJson) };
  return { name, path, offset, length, ...(meaning === undefined ? {} : { meaning }), ...leaf };
}
