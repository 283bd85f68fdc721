/** Files of sysfs (fs/sysfs/file.c, fs/kernfs/file.c): read anew each time, and writes that are clipped first. */
import { utf8Bytes } from '@tsm/core';
import { errno } from '../errno.ts';
import { checkAccess, type FileNode } from '../node.ts';

/** What one write to a text attribute takes. */
const PAGE = 4096;

export interface SysfsBinary {
  readonly mode: number;
  /** 0: of any size. */
  readonly size: number;
  readonly read?: (offset: number, size: number) => Uint8Array;
  readonly write?: (offset: number, bytes: Uint8Array) => void;
}

export function sysfsBinary({ mode, size, read, write }: SysfsBinary): FileNode {
  return {
    ...{ kind: 'file', mode, size, seekable: true },
    open(access) {
      checkAccess(access, read !== undefined, write !== undefined);
      return {
        read(offset, length) {
          if (size > 0 && offset >= size) return new Uint8Array(0);
          const wanted = size > 0 ? Math.min(length, size - offset) : length;
          return read?.(offset, wanted) ?? new Uint8Array(0);
        },
        write(offset, bytes) {
          if (size > 0 && offset >= size) throw errno('EFBIG', `the file has ${String(size)} bytes`);
          const taken = size > 0 ? bytes.subarray(0, size - offset) : bytes;
          if (taken.length > 0) write?.(offset, taken);
          return taken.length;
        },
        release: () => undefined,
      };
    },
  };
}

/** Content that is there as a whole, such as a log: of the size that it has when it is read. */
export function sysfsContent(mode: number, content: () => Uint8Array): FileNode {
  return sysfsBinary({ mode, size: 0, read: (offset, size) => content().slice(offset, offset + size) });
}

/** Text, shown as it is. */
export function sysfsText(mode: number, show?: () => string, store?: (bytes: Uint8Array) => void): FileNode {
  return {
    ...{ kind: 'file', mode, size: PAGE, seekable: true },
    open(access) {
      checkAccess(access, show !== undefined, store !== undefined);
      let shown: Uint8Array | undefined;
      return {
        read(offset, size) {
          // A sequence file renders anew when it is read from its start.
          if (offset === 0 || !shown) shown = utf8Bytes(show?.() ?? '');
          return shown.slice(offset, offset + size);
        },
        write(_offset, bytes) {
          const taken = bytes.subarray(0, PAGE);
          if (taken.length > 0) store?.(taken);
          return taken.length;
        },
        release: () => undefined,
      };
    },
  };
}
