/** System calls on a tree that the kernel serves, below a root. What they leave behind can be cleaned up. */
import { constants, write } from 'node:fs';
import { mkdir, open, readdir, rename, rmdir, stat, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { ERRNO, type Access } from '@tsm/abi';
import type { KitFile, KitFiles, KitStat } from '@tsm/abi/kit';
import { TsmError } from '@tsm/core';
import { ioctl, lseek } from './perl.ts';

const NAMES = new Map(Object.entries(ERRNO).map(([name, number]) => [-number, name]));
const FLAGS: Readonly<Record<Access, number>> = {
  read: constants.O_RDONLY,
  write: constants.O_WRONLY,
  both: constants.O_RDWR,
};

/** The refusal under the kernel's name: libuv has none for some numbers. Other faults are left as they are. */
function named(error: unknown, what: string): unknown {
  if (!(error instanceof Error) || !('errno' in error)) return error;
  const code = NAMES.get(Number(error.errno)) ?? ('code' in error ? String(error.code) : undefined);
  return code === undefined ? error : new TsmError(code, `${what}: ${error.message}`);
}

function writeTo(fd: number, bytes: Uint8Array, at: number | null): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, 0, bytes.length, at, (error, written) => {
      if (error) reject(error);
      else resolve(written);
    });
  });
}

async function call<T>(what: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw named(error, what);
  }
}

class DiskFile implements KitFile {
  private readonly path: string;
  private readonly handle: FileHandle;
  private readonly closed: () => void;

  constructor(path: string, handle: FileHandle, closed: () => void) {
    this.path = path;
    this.handle = handle;
    this.closed = closed;
  }

  read(size: number, at?: number): Promise<Uint8Array> {
    return call(this.path, async () => {
      const { buffer, bytesRead } = await this.handle.read(new Uint8Array(size), 0, size, at ?? null);
      return buffer.subarray(0, bytesRead);
    });
  }

  write(bytes: Uint8Array, at?: number): Promise<number> {
    // Not the handle's own write, which makes no system call for no bytes.
    return call(this.path, () => writeTo(this.handle.fd, bytes, at ?? null));
  }

  seek(position: number): Promise<void> {
    return call(this.path, () => lseek(this.handle.fd, position));
  }

  ioctl(command: number, argument: Uint8Array): Promise<Uint8Array> {
    return call(this.path, () => ioctl(this.handle.fd, command, argument));
  }

  close(): Promise<void> {
    this.closed();
    return call(this.path, () => this.handle.close());
  }
}

/** Refusals are a TsmError whose code is the errno name. */
export class DiskFiles implements KitFiles {
  private readonly root: string;
  private readonly made = new Set<string>();
  private readonly files = new Set<DiskFile>();

  /** `root`: the folder that stands for `/`. */
  constructor(root = '/') {
    this.root = root;
  }

  async mkdir(path: string): Promise<void> {
    await call(path, () => mkdir(this.at(path)));
    this.made.add(path);
  }

  async rmdir(path: string): Promise<void> {
    await call(path, () => rmdir(this.at(path)));
    this.made.delete(path);
  }

  unlink(path: string): Promise<void> {
    return call(path, () => unlink(this.at(path)));
  }

  rename(from: string, to: string): Promise<void> {
    return call(from, () => rename(this.at(from), this.at(to)));
  }

  list(path: string): Promise<string[]> {
    return call(path, () => readdir(this.at(path)));
  }

  async stat(path: string): Promise<KitStat> {
    const found = await call(path, () => stat(this.at(path)));
    return { kind: found.isDirectory() ? 'directory' : 'file', mode: found.mode & 0o777, size: found.size };
  }

  async open(path: string, access: Access, { truncate = false } = {}): Promise<KitFile> {
    const flags = FLAGS[access] | (truncate ? constants.O_TRUNC : 0);
    const handle = await call(path, () => open(this.at(path), flags));
    const file: DiskFile = new DiskFile(path, handle, () => this.files.delete(file));
    this.files.add(file);
    return file;
  }

  /** Closes what is open, and removes the directories that were made and are still there. */
  async cleanUp(): Promise<void> {
    const todo = [
      ...[...this.files].map((file) => () => file.close()),
      ...[...this.made].reverse().map((path) => () => this.rmdir(path)),
    ];
    const failed: unknown[] = [];
    for (const one of todo) await one().catch((error: unknown) => failed.push(error));
    if (failed.length > 0) throw new AggregateError(failed, 'what a case left behind could not be removed');
  }

  private at(path: string): string {
    return join(this.root, path);
  }
}
