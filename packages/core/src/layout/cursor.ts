/** The bounded reader and the writer under every layout: the only code that turns offsets into values. */
import { concatAll } from '../bytes.ts';
import type { Issue } from '../issue.ts';
import { LAYOUT_ISSUES } from './issues.ts';
import type { Node } from './tree.ts';

/** Values of the fields already read (or about to be written) in the structure at hand. */
export type Siblings = Readonly<Record<string, unknown>>;

/** Ends a decode at the first missing byte. Never leaves this package: `decode` turns it into an issue. */
export class EndOfData extends Error {}

function joinPath(parent: string, name: string): string {
  return parent === '' || name.startsWith('[') ? parent + name : `${parent}.${name}`;
}

/** Reads forward inside a window of the bytes, and keeps the tree of what it read. */
export class Cursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly issues: Issue[] = [];
  readonly root: Node;
  offset: number;
  /** End of the present window: nothing is read at or after it. */
  end: number;
  siblings: Siblings = {};
  private node: Node;

  constructor(bytes: Uint8Array, root: Node, end: number) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.root = root;
    this.node = root;
    this.offset = root.offset;
    this.end = end;
  }

  get left(): number {
    return this.end - this.offset;
  }

  /** Moves over `count` bytes and returns where they start; ends the decode when they are not there. */
  take(count: number): number {
    if (count > this.left) {
      this.issue('layout.truncated', { needed: count, left: this.left }, this.offset, this.left);
      throw new EndOfData();
    }
    const start = this.offset;
    this.offset += count;
    return start;
  }

  /** A view, not a copy, of the next `count` bytes. */
  slice(count: number): Uint8Array {
    const start = this.take(count);
    return this.bytes.subarray(start, start + count);
  }

  /** Runs `read` as the child node `name`; the node's length and value are kept even when the data ends inside it. */
  field<T>(name: string, doc: string, spec: string | undefined, read: () => T): T {
    const parent = this.node;
    const path = joinPath(parent.path, name);
    const node: Node = {
      name,
      path,
      offset: this.offset,
      length: 0,
      value: undefined,
      doc,
      children: [],
      ...(spec === undefined ? {} : { spec }),
    };
    parent.children.push(node);
    this.node = node;
    try {
      const value = read();
      node.value = value;
      return value;
    } finally {
      node.length = this.offset - node.offset;
      this.node = parent;
    }
  }

  /** Says what the present field's value means. */
  mean(meaning: string): void {
    this.node.meaning = meaning;
  }

  /** Sets the present node's value early, so that a structure cut short still shows the fields it has. */
  hold(value: unknown): void {
    this.node.value = value;
  }

  issue<Code extends (typeof LAYOUT_ISSUES.codes)[number]>(
    code: Code,
    args: Parameters<typeof LAYOUT_ISSUES.make<Code>>[2],
    offset: number,
    length: number,
  ): void {
    this.issues.push(LAYOUT_ISSUES.make(code, { path: this.node.path, offset, length }, args));
  }
}

/** Collects encoded bytes, and knows the path for the message when a value does not fit its layout. */
export class Sink {
  readonly parts: Uint8Array[] = [];
  length = 0;
  siblings: Siblings = {};
  path = '';

  push(part: Uint8Array): void {
    this.parts.push(part);
    this.length += part.length;
  }

  bytes(): Uint8Array {
    return concatAll(this.parts);
  }

  within(name: string, write: () => void): void {
    const { path } = this;
    this.path = joinPath(path, name);
    write();
    this.path = path;
  }

  /** The value does not fit: misuse by the caller, so it throws. */
  refuse(expected: string, got: string): never {
    throw new RangeError(`${this.path}: expected ${expected}, got ${got}`);
  }
}
