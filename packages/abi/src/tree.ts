/** The tree by inode, as a file system server needs it. Synchronous; refusals are a TsmError with an errno name. */
import { utf8Bytes } from '@tsm/core';
import { errno } from './errno.ts';
import type { Access, DirectoryNode, Node, OpenFile, UserMemory } from './node.ts';

/** Inode of the root. */
export const ROOT = 1;
/** Longest name of an entry in bytes (NAME_MAX). */
export const NAME_MAX = 255;

export interface Attributes {
  readonly ino: number;
  readonly kind: Node['kind'];
  /** Permission bits. */
  readonly mode: number;
  readonly size: number;
  readonly links: number;
}

export interface Entry {
  readonly name: string;
  readonly ino: number;
  readonly kind: Node['kind'];
}

export interface Opened {
  /** Handle for read, write, ioctl and release. */
  readonly fh: number;
  readonly seekable: boolean;
}

function attributesOf(ino: number, node: Node): Attributes {
  const { kind } = node;
  if (kind === 'directory') return { ino, kind, mode: node.mode, size: 0, links: 2 };
  if (kind === 'link') return { ino, kind, mode: 0o777, size: utf8Bytes(node.target).length, links: 1 };
  return { ino, kind, mode: node.mode, size: node.size, links: 1 };
}

export class AbiTree {
  private readonly numbers = new WeakMap<Node, number>();
  private readonly nodes = new Map<number, Node>();
  private readonly files = new Map<number, OpenFile>();
  private nextIno = ROOT;
  private nextHandle = 1;

  constructor(root: DirectoryNode) {
    this.inoOf(root);
  }

  /** `ENOENT`, `ENOTDIR`, `ENAMETOOLONG`. */
  lookup(parent: number, name: string): Attributes {
    const node = this.child(parent, name);
    return attributesOf(this.inoOf(node), node);
  }

  getattr(ino: number): Attributes {
    return attributesOf(ino, this.node(ino));
  }

  /** What an absolute path names, links followed. */
  resolve(path: string): Attributes {
    const trail = [this.getattr(ROOT)];
    const todo = partsOf(path).reverse();
    for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
      if (name === '..') {
        if (trail.length > 1) trail.pop();
        continue;
      }
      const next = this.lookup(trail.at(-1)?.ino ?? ROOT, name);
      if (next.kind === 'link') todo.push(...partsOf(this.readlink(next.ino)).reverse());
      else trail.push(next);
    }
    return trail.at(-1) ?? this.getattr(ROOT);
  }

  /** The node itself that an absolute path names, links followed. */
  nodeAt(path: string): Node {
    return this.node(this.resolve(path).ino);
  }

  readdir(ino: number): Entry[] {
    const entries = [...this.directory(ino).entries()];
    return entries.map(([name, node]) => ({ name, ino: this.inoOf(node), kind: node.kind }));
  }

  readlink(ino: number): string {
    const node = this.node(ino);
    if (node.kind !== 'link') throw errno('EINVAL', 'not a symbolic link');
    return node.target;
  }

  /** `EPERM` where directories are not made, `EEXIST`, and what the directory refuses itself. */
  mkdir(parent: number, name: string): Attributes {
    const directory = this.directory(parent);
    checkName(name);
    if (directory.entries().has(name)) throw errno('EEXIST', `${name} exists`);
    if (!directory.mkdir) throw errno('EPERM', `no directory can be made here: ${name}`);
    directory.mkdir(name);
    return this.lookup(parent, name);
  }

  /** `ENOENT`, `ENOTDIR`, `EPERM`. */
  rmdir(parent: number, name: string): void {
    const directory = this.directory(parent);
    const node = this.child(parent, name);
    if (node.kind !== 'directory') throw errno('ENOTDIR', `${name} is not a directory`);
    if (!directory.rmdir) throw errno('EPERM', `${name} cannot be removed`);
    directory.rmdir(name);
    for (const inner of node.entries().values()) this.drop(inner);
    this.drop(node);
  }

  /** Always refused: `EPERM`, or `ENOENT` for what is not there. Attributes come and go with their directory. */
  unlink(parent: number, name: string): never {
    if (this.child(parent, name).kind === 'directory') throw errno('EISDIR', `${name} is a directory`);
    throw errno('EPERM', `${name} cannot be removed`);
  }

  rename(parent: number, name: string): never {
    this.child(parent, name);
    throw errno('EPERM', `${name} cannot be renamed`);
  }

  symlink(parent: number, name: string): never {
    this.directory(parent);
    throw errno('EPERM', `no link can be made here: ${name}`);
  }

  /** open(2) with O_CREAT of a name that is not there. */
  create(parent: number, name: string): never {
    this.directory(parent);
    throw errno('EACCES', `no file can be made here: ${name}`);
  }

  /** O_TRUNC and O_CREAT of what exists change nothing: leave them out. `EISDIR`, `EACCES`. */
  open(ino: number, access: Access): Opened {
    const node = this.node(ino);
    if (node.kind !== 'file') throw errno(node.kind === 'link' ? 'EINVAL' : 'EISDIR', 'not a file');
    const fh = this.nextHandle++;
    this.files.set(fh, node.open(access));
    return { fh, seekable: node.seekable };
  }

  read(fh: number, offset: number, size: number): Uint8Array {
    return this.file(fh).read(offset, size);
  }

  write(fh: number, offset: number, bytes: Uint8Array): number {
    return this.file(fh).write(offset, bytes);
  }

  release(fh: number): void {
    const file = this.file(fh);
    this.files.delete(fh);
    file.release();
  }

  /** `ENOTTY` on what is no device. Gives the argument as the kernel leaves it. */
  ioctl(fh: number, command: number, argument: Uint8Array, memory?: UserMemory): Uint8Array {
    const file = this.file(fh);
    if (!file.ioctl) throw errno('ENOTTY', 'not a device');
    return file.ioctl(command, argument, memory);
  }

  private inoOf(node: Node): number {
    const known = this.numbers.get(node);
    if (known !== undefined) return known;
    const ino = this.nextIno++;
    this.numbers.set(node, ino);
    this.nodes.set(ino, node);
    return ino;
  }

  private drop(node: Node): void {
    const ino = this.numbers.get(node);
    if (ino !== undefined) this.nodes.delete(ino);
  }

  private node(ino: number): Node {
    const node = this.nodes.get(ino);
    if (!node) throw errno('ENOENT', `no inode ${String(ino)}`);
    return node;
  }

  private directory(ino: number): DirectoryNode {
    const node = this.node(ino);
    if (node.kind !== 'directory') throw errno('ENOTDIR', 'not a directory');
    return node;
  }

  private child(parent: number, name: string): Node {
    checkName(name);
    const node = this.directory(parent).entries().get(name);
    if (!node) throw errno('ENOENT', `no ${name}`);
    return node;
  }

  private file(fh: number): OpenFile {
    const file = this.files.get(fh);
    if (!file) throw errno('EBADF', `no open file ${String(fh)}`);
    return file;
  }
}

const partsOf = (path: string): string[] => path.split('/').filter((name) => name !== '' && name !== '.');

function checkName(name: string): void {
  if (utf8Bytes(name).length > NAME_MAX)
    throw errno('ENAMETOOLONG', `a name has at most ${String(NAME_MAX)} bytes`);
}
