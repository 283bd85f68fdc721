/** The files of a machine's guest by path: one tree for each revision of the ABI that is asked for. */
import { posix } from 'node:path';
import { createGuest, DEFAULT_PROFILE, errno, profileOf, type AbiTree, type Attributes } from '@tsm/abi';
import { concatAll } from '@tsm/core';
import { nodeDigests } from '../digests.ts';
import type { Launched } from '../state/state-directory.ts';
import type { TreeEntry } from './protocol.ts';

/** Bytes of one read. */
const PART = 1 << 16;

export class GuestFiles {
  private readonly launched: Launched;
  private readonly trees = new Map<string, AbiTree>();

  constructor(launched: Launched) {
    this.launched = launched;
  }

  list(path: string, profile?: string): TreeEntry[] {
    const tree = this.tree(profile);
    return tree.readdir(tree.resolve(path).ino).map(({ name, ino }) => entryOf(name, tree.getattr(ino)));
  }

  /** Links are followed. */
  stat(path: string, profile?: string): TreeEntry {
    return entryOf(posix.basename(path), this.tree(profile).resolve(path));
  }

  read(path: string, profile?: string): Uint8Array {
    const tree = this.tree(profile);
    const { fh } = tree.open(tree.resolve(path).ino, 'read');
    try {
      const parts: Uint8Array[] = [];
      for (let offset = 0; ; offset += parts.at(-1)?.length ?? 0) {
        const part = tree.read(fh, offset, PART);
        if (part.length === 0) return concatAll(parts);
        parts.push(part);
      }
    } finally {
      tree.release(fh);
    }
  }

  /** Bytes that were taken. */
  write(path: string, bytes: Uint8Array, profile?: string): number {
    const tree = this.tree(profile);
    const { fh } = tree.open(tree.resolve(path).ino, 'write');
    try {
      let offset = 0;
      while (offset < bytes.length) {
        const taken = tree.write(fh, offset, bytes.subarray(offset));
        if (taken === 0) break;
        offset += taken;
      }
      return offset;
    } finally {
      tree.release(fh);
    }
  }

  mkdir(path: string, profile?: string): void {
    const tree = this.tree(profile);
    tree.mkdir(tree.resolve(posix.dirname(path)).ino, posix.basename(path));
  }

  rmdir(path: string, profile?: string): void {
    const tree = this.tree(profile);
    tree.rmdir(tree.resolve(posix.dirname(path)).ino, posix.basename(path));
  }

  /** `EINVAL` names the profiles that there are. */
  private tree(name: string = DEFAULT_PROFILE): AbiTree {
    const known = this.trees.get(name);
    if (known) return known;
    const { machine, provider } = this.launched;
    const firmwareLog = machine.firmwareLog();
    const guest = createGuest({
      ...{ profile: profileOf(name).name, digests: nodeDigests() },
      ...(firmwareLog ? { firmwareLog } : {}),
    });
    guest.plug(provider, machine.model, { textLog: machine.textLog });
    machine.subscribe(guest.changed);
    this.trees.set(name, guest.tree);
    return guest.tree;
  }
}

function entryOf(name: string, { kind, mode, size }: Attributes): TreeEntry {
  return { name, kind, mode, size };
}

/** Only absolute paths name something in a guest. */
export function absolute(path: string): string {
  if (path.startsWith('/')) return path;
  throw errno('EINVAL', `path: expected an absolute one, such as /sys, got ${JSON.stringify(path)}`);
}
