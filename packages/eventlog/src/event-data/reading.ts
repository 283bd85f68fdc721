/** Decodes one structure after another within the data of one event, and keeps one tree and one list of issues of it all. */
import type { Issue, Node } from '@tsm/core';
import { decode, LAYOUT_ISSUES, type Layout } from '@tsm/core/layout';
import type { EventContent } from './content.ts';
import { EVENT_ISSUES } from './issues.ts';

/** More issues than this in one event help nobody. */
const MAX_ISSUES = 50;

/** What a reader makes of the data. */
export interface Meaning {
  readonly kind: string;
  readonly title: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

type EventCode = (typeof EVENT_ISSUES.codes)[number];

/** A copy of the node with all its offsets moved. */
function moved(node: Node, by: number): Node {
  return { ...node, offset: node.offset + by, children: node.children.map((child) => moved(child, by)) };
}

/** A position in the data of an event. Offsets are of the data until {@link Reading.content} moves them to the log. */
export class Reading {
  readonly data: Uint8Array;
  /** Fields that were read before the data ended. */
  readonly partial: Record<string, unknown> = {};
  private readonly issues: Issue[] = [];
  private readonly root: Node;
  private node: Node;
  private offset = 0;
  private end: number;

  constructor(data: Uint8Array, path: string) {
    this.data = data;
    this.end = data.length;
    this.root = {
      name: 'data',
      path,
      offset: 0,
      length: data.length,
      value: undefined,
      doc: 'Event data',
      children: [],
    };
    this.node = this.root;
  }

  /** Bytes left in the present window. */
  get left(): number {
    return this.end - this.offset;
  }

  /** The bytes left in the present window, as a view. */
  rest(): Uint8Array {
    return this.data.subarray(this.offset, this.end);
  }

  /** Reads a structure, its fields becoming children of the present node; undefined where the data ends before it. */
  read<T>(layout: Layout<T>): T | undefined {
    const { value, tree, issues, length } = decode(layout, this.data, {
      offset: this.offset,
      end: this.end,
      path: this.node.path,
    });
    this.node.children.push(...tree.children);
    this.offset += length;
    if (this.node === this.root) Object.assign(this.partial, tree.value);
    for (const issue of issues) this.note(issue);
    return value;
  }

  /** Takes `length` bytes as one field without structure of its own. */
  leaf(name: string, length: number, doc: string, value: unknown): void {
    const node = this.open(name, doc);
    node.length = length;
    node.value = value;
    this.offset += length;
  }

  /** Runs `body` in a child node that starts here and ends where `body` stops reading. */
  child<T>(name: string, doc: string, body: () => T): T {
    const parent = this.node;
    this.node = this.open(name, doc);
    const result = body();
    this.node.length = this.offset - this.node.offset;
    this.node = parent;
    return result;
  }

  /** {@link child}, in a window of `length` bytes; bytes that `body` leaves are an issue. Undefined where they are not there. */
  window<T>(name: string, length: number, doc: string, body: () => T): T | undefined {
    if (length > this.left) {
      const place = { path: this.pathOf(name), offset: this.offset, length: this.left };
      this.note(LAYOUT_ISSUES.make('layout.truncated', place, { needed: length, left: this.left }));
      return undefined;
    }
    return this.child(name, doc, () => this.bounded(this.offset + length, body));
  }

  /** Runs `body` over the bytes of a field that was just read; its fields become children of that field. */
  inside<T>(name: string, body: () => T): T | undefined {
    const field = this.node.children.findLast((child) => child.name === name);
    if (!field) return undefined;
    const { node, offset } = this;
    this.node = field;
    this.offset = field.offset;
    const result = this.bounded(field.offset + field.length, body);
    this.node = node;
    this.offset = offset;
    return result;
  }

  /** Leaves the rest of the window undecoded, without another issue. */
  skip(): void {
    if (this.left > 0) this.leaf('unread', this.left, 'Bytes that were not decoded', this.rest());
  }

  /** Moves to the end of the window: what is left is the content of its field, not something left over. */
  pass(): void {
    this.offset = this.end;
  }

  /** Adds an issue on `length` bytes from here, or from `offset`. */
  issue<Code extends EventCode>(
    code: Code,
    args: Parameters<typeof EVENT_ISSUES.make<Code>>[2],
    length = this.left,
    offset = this.offset,
  ): void {
    this.note(EVENT_ISSUES.make(code, { path: this.node.path, offset, length }, args));
  }

  /** The event's content, in offsets of a log in which the data stands at `offset`. Bytes left over are an issue. */
  content(meaning: Meaning, offset: number): EventContent {
    this.trailing();
    const issues = this.issues.map((issue) => ({ ...issue, offset: issue.offset + offset }));
    const tree = this.root.children.length === 0 ? undefined : moved(this.root, offset);
    return { ...meaning, tree, issues };
  }

  private bounded<T>(end: number, body: () => T): T {
    const outer = this.end;
    this.end = end;
    const result = body();
    this.trailing();
    this.end = outer;
    return result;
  }

  private trailing(): void {
    if (this.left === 0 || this.root.children.length === 0) return;
    // A structure that ended early has its own issue already.
    if (!this.issues.some((issue) => issue.severity === 'error'))
      this.issue('event.trailing', { count: this.left });
    this.skip();
  }

  private open(name: string, doc: string): Node {
    const node: Node = {
      name,
      path: this.pathOf(name),
      offset: this.offset,
      length: 0,
      value: undefined,
      doc,
      children: [],
    };
    this.node.children.push(node);
    return node;
  }

  private pathOf(name: string): string {
    const { path } = this.node;
    return path === '' || name.startsWith('[') ? path + name : `${path}.${name}`;
  }

  private note(issue: Issue): void {
    if (this.issues.length < MAX_ISSUES) this.issues.push(issue);
    else if (this.issues.length === MAX_ISSUES) {
      this.issues.push(EVENT_ISSUES.make('event.more-issues', issue, { shown: MAX_ISSUES }));
    }
  }
}

/** Reads the data of one kind of event; undefined where the data ends before the structure does. */
export type Reader = (reading: Reading) => Meaning | undefined;
