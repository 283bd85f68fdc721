/** What a container is handed of its host's tree: chosen paths, as bind mounts give them, and report items of its own. */
import { utf8Bytes } from '@tsm/core';
import { errno } from './errno.ts';
import { REPORT_PATH } from './guest.ts';
import { Planted, type Access, type DirectoryNode, type FileNode, type Node } from './node.ts';
import { AbiTree, NAME_MAX } from './tree.ts';

export interface ContainerOptions {
  /** Items of the container are `NAME.item` on the host, where items of all containers are side by side. */
  readonly name: string;
  /** Absolute paths of the host's tree, such as one register or one report item; each is at the same path inside. */
  readonly paths?: readonly string[];
  /** The same, as read-only bind mounts: what would write is `EROFS`. */
  readonly readOnly?: readonly string[];
}

/** Items of one container, by its names for them. The cost of each does not depend on those of others. */
class OwnItems implements DirectoryNode {
  readonly kind = 'directory';
  readonly mode = 0o755;
  private readonly report: DirectoryNode;
  private readonly prefix: string;
  private readonly items = new Map<string, Node>();
  private readonly bound = new Set<string>();

  constructor(report: DirectoryNode, prefix: string) {
    this.report = report;
    this.prefix = prefix;
  }

  entries(): ReadonlyMap<string, Node> {
    return this.items;
  }

  /** An item that the host has made. */
  bind(name: string, item: Node): void {
    if (this.items.has(name)) throw new RangeError(`report item ${name} is bound twice`);
    this.bound.add(name);
    this.items.set(name, item);
  }

  /** As on the host; `ENAMETOOLONG` counts the prefix. */
  mkdir(name: string): void {
    const outer = this.outer(name);
    if (utf8Bytes(outer).length > NAME_MAX)
      throw errno('ENAMETOOLONG', `${outer}: a name has at most ${String(NAME_MAX)} bytes`);
    this.report.mkdir?.(outer);
    const item = this.report.entries().get(outer);
    if (item) this.items.set(name, item);
  }

  /** `EBUSY` for one that is bound: it is a mount point. */
  rmdir(name: string): void {
    if (this.bound.has(name)) throw errno('EBUSY', `${name} is the host's to remove`);
    const outer = this.outer(name);
    // The host may have removed it already.
    if (this.report.entries().get(outer) === this.items.get(name)) this.report.rmdir?.(outer);
    this.items.delete(name);
  }

  private outer(name: string): string {
    return `${this.prefix}.${name}`;
  }
}

/** Views of the same node are the same object each time. */
class ReadOnly {
  private readonly views = new WeakMap<Node, Node>();

  of(node: Node): Node {
    const view = this.views.get(node) ?? this.make(node);
    this.views.set(node, view);
    return view;
  }

  private make(node: Node): Node {
    if (node.kind === 'directory') return this.directory(node);
    return node.kind === 'file' ? this.file(node) : node;
  }

  private directory(node: DirectoryNode): DirectoryNode {
    const refuse = (): never => {
      throw errno('EROFS', 'this part of the tree is read-only');
    };
    return {
      kind: 'directory',
      mode: node.mode,
      entries: () => new Map([...node.entries()].map(([name, one]) => [name, this.of(one)])),
      mkdir: refuse,
      rmdir: refuse,
    };
  }

  private file(node: FileNode): FileNode {
    const open = (access: Access) => {
      if (access !== 'read') throw errno('EROFS', 'this part of the tree is read-only');
      return node.open(access);
    };
    return { ...node, open };
  }
}

/** Name of the report item that an absolute path is; undefined for other paths. What is neither is a RangeError. */
function itemName(path: string): string | undefined {
  const parts = path.split('/').slice(1);
  const inside = path.startsWith(`${REPORT_PATH}/`);
  const [item = '', ...more] = inside ? path.slice(REPORT_PATH.length + 1).split('/') : [];
  if (!path.startsWith('/') || parts.some((part) => ['', '.', '..'].includes(part)) || more.length > 0)
    throw new RangeError(`${path}: expected an absolute path, of a report item or outside of ${REPORT_PATH}`);
  return inside ? item : undefined;
}

/**
 * A tree with `report` and the chosen paths, and nothing else. A path is bound as it is now: when what it names is removed,
 * its files are `ENOENT`. What is not there is refused as a path lookup does; a name with `.` or `/` is a RangeError.
 */
export function containerTree(host: AbiTree, { name, paths = [], readOnly = [] }: ContainerOptions): AbiTree {
  if (!/^[^./]+$/.test(name))
    throw new RangeError(`container ${JSON.stringify(name)}: expected no "." and no "/"`);
  const report = host.nodeAt(REPORT_PATH);
  if (report.kind !== 'directory') throw errno('ENOTDIR', REPORT_PATH);
  const root = new Planted();
  const items = new OwnItems(report, name);
  const views = new ReadOnly();
  const bind = (path: string, node: Node): void => {
    const item = itemName(path);
    if (item === undefined) root.place(path, node);
    else items.bind(item, node);
  };
  root.place(REPORT_PATH, items);
  for (const path of paths) bind(path, host.nodeAt(path));
  for (const path of readOnly) bind(path, views.of(host.nodeAt(path)));
  return new AbiTree(root);
}
