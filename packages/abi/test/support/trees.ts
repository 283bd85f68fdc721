/** Guests over simulated machines, and files of a tree by path. */
import { createGuest, type AbiTree, type Guest, type GuestOptions } from '@tsm/abi';
import { portableDigests, TsmError, utf8Bytes, utf8Text, type Provider } from '@tsm/core';

export const LAUNCH = { seed: new Uint8Array(32).fill(3), now: new Date('2026-01-01T00:00:00Z') };

export const REPORT = '/sys/kernel/config/tsm/report';

export function guestOf(provider: Provider, options: GuestOptions = {}): Guest {
  const guest = createGuest(options);
  guest.plug(provider, provider.model!(LAUNCH, { digests: portableDigests }));
  return guest;
}

export const names = (tree: AbiTree, path: string): string[] =>
  tree.readdir(tree.resolve(path).ino).map(({ name }) => name);

export function read(tree: AbiTree, path: string): Uint8Array {
  const { fh } = tree.open(tree.resolve(path).ino, 'read');
  try {
    return tree.read(fh, 0, 1 << 20);
  } finally {
    tree.release(fh);
  }
}

export const text = (tree: AbiTree, path: string): string => utf8Text(read(tree, path));

export function write(tree: AbiTree, path: string, value: string | Uint8Array): void {
  const { fh } = tree.open(tree.resolve(path).ino, 'write');
  try {
    tree.write(fh, 0, typeof value === 'string' ? utf8Bytes(value) : value);
  } finally {
    tree.release(fh);
  }
}

/** Makes or removes a directory by path. */
export function change(tree: AbiTree, what: 'mkdir' | 'rmdir', path: string): void {
  const cut = path.lastIndexOf('/');
  tree[what](tree.resolve(path.slice(0, cut)).ino, path.slice(cut + 1));
}

/** Name of the refusal. */
export function code(action: () => unknown): string {
  try {
    action();
    return 'success';
  } catch (error) {
    if (error instanceof TsmError) return error.code;
    throw error;
  }
}
