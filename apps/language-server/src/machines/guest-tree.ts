/** The kernel's file tree of a machine by path, for an editor: whole files, read and written at once. */
import { createGuest, ROOT, type AbiTree, type Guest } from '@tsm/abi';
import type { Digests, Provider } from '@tsm/core';
import type { SharedMachine } from '@tsm/machine';
import type { TreeEntry, TreeStat } from '../protocol/machines.ts';

/** No file of the tree is larger. */
const LARGEST = 16 * 1024 * 1024;

/** Folder and last name of a path. */
function split(path: string): [folder: string, name: string] {
  const at = path.lastIndexOf('/');
  return [path.slice(0, at), path.slice(at + 1)];
}

export class GuestTree {
  private readonly guest: Guest;
  private readonly tree: AbiTree;

  constructor(provider: Provider, machine: SharedMachine, digests: Digests) {
    const firmwareLog = machine.firmwareLog();
    this.guest = createGuest({ digests, ...(firmwareLog ? { firmwareLog } : {}) });
    this.guest.plug(provider, machine.model);
    this.tree = this.guest.tree;
  }

  /** To call when the machine was extended by somebody else. */
  changed(): void {
    this.guest.changed();
  }

  stat(path: string): TreeStat {
    const { kind, size, mode } = this.tree.resolve(path);
    return { kind: kind === 'directory' ? 'directory' : 'file', size, mode };
  }

  list(path: string): TreeEntry[] {
    return this.tree.readdir(this.tree.resolve(path).ino).map(({ name, kind }) => ({ name, kind }));
  }

  read(path: string): Uint8Array {
    return this.opened(path, 'read', (fh) => this.tree.read(fh, 0, LARGEST));
  }

  write(path: string, bytes: Uint8Array): void {
    this.opened(path, 'write', (fh) => this.tree.write(fh, 0, bytes));
  }

  mkdir(path: string): void {
    const [folder, name] = split(path);
    this.tree.mkdir(folder === '' ? ROOT : this.tree.resolve(folder).ino, name);
  }

  rmdir(path: string): void {
    const [folder, name] = split(path);
    this.tree.rmdir(folder === '' ? ROOT : this.tree.resolve(folder).ino, name);
  }

  private opened<T>(path: string, access: 'read' | 'write', use: (fh: number) => T): T {
    const { fh } = this.tree.open(this.tree.resolve(path).ino, access);
    try {
      return use(fh);
    } finally {
      this.tree.release(fh);
    }
  }
}
