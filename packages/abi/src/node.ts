/** What the tree is made of: directories, symbolic links, files, and files that are open. */
import { errno } from './errno.ts';

/** Access of open(2): O_RDONLY, O_WRONLY, O_RDWR. */
export type Access = 'read' | 'write' | 'both';

/** A file description. Offsets are the caller's: a stream's own position is kept by whoever serves it. */
export interface OpenFile {
  read(offset: number, size: number): Uint8Array;
  /** Bytes that were taken. */
  write(offset: number, bytes: Uint8Array): number;
  /** The last close. Errors of what it commits are lost, as in the kernel. */
  release(): void;
  ioctl?(command: number, argument: Uint8Array, memory?: UserMemory): Uint8Array;
}

/** Memory of the calling process, for ioctls whose argument has pointers. */
export interface UserMemory {
  read(address: bigint, size: number): Uint8Array;
  write(address: bigint, bytes: Uint8Array): void;
}

export interface FileNode {
  readonly kind: 'file';
  /** Permission bits. */
  readonly mode: number;
  /** st_size. */
  readonly size: number;
  /** False where lseek(2) is `ESPIPE`. */
  readonly seekable: boolean;
  /** `EACCES` against what the file can do, for root too. */
  open(access: Access): OpenFile;
}

export interface LinkNode {
  readonly kind: 'link';
  readonly target: string;
}

export interface DirectoryNode {
  readonly kind: 'directory';
  readonly mode: number;
  /** Children by name. The same child is the same object each time. */
  entries(): ReadonlyMap<string, Node>;
  /** Absent where mkdir(2) is `EPERM`. */
  mkdir?(name: string): void;
  /** Removes a child; absent where rmdir(2) is `EPERM`. */
  rmdir?(name: string): void;
}

export type Node = FileNode | LinkNode | DirectoryNode;

/** A directory of fixed content. */
export function directory(entries: Iterable<readonly [string, Node]>): DirectoryNode {
  const map = new Map(entries);
  return { kind: 'directory', mode: 0o755, entries: () => map };
}

export function link(target: string): LinkNode {
  return { kind: 'link', target };
}

/** Refuses what the file has no operation for: the kernel looks at the operations, not at who asks. */
export function checkAccess(access: Access, readable: boolean, writable: boolean): void {
  if (access !== 'write' && !readable) throw errno('EACCES', 'this file cannot be read');
  if (access !== 'read' && !writable) throw errno('EACCES', 'this file cannot be written');
}

/** A tree that nodes are placed in by path; the directories between are made. */
export class Planted implements DirectoryNode {
  readonly kind = 'directory';
  readonly mode = 0o755;
  private readonly children = new Map<string, Node>();

  entries(): ReadonlyMap<string, Node> {
    return this.children;
  }

  /** A path that is taken is a RangeError. Returns the undo; directories that were made stay. */
  place(path: string, node: Node): () => void {
    const [name = '', ...rest] = path.split('/').filter((part) => part !== '');
    const child = this.children.get(name);
    if (rest.length > 0) {
      const branch = child ?? new Planted();
      if (!(branch instanceof Planted)) throw new RangeError(`${path}: ${name} is taken`);
      this.children.set(name, branch);
      return branch.place(rest.join('/'), node);
    }
    if (name === '' || child) throw new RangeError(`${path} is taken`);
    this.children.set(name, node);
    return () => this.children.delete(name);
  }
}
