/** Text attributes of configfs (fs/configfs/file.c): rendered once for each open file, stored at each write. */
import { utf8Bytes, utf8Text } from '@tsm/core';
import { errno } from '../errno.ts';
import { checkAccess, type FileNode } from '../node.ts';

/** A page less its NUL: what one write takes (SIMPLE_ATTR_SIZE - 1). */
const WRITE_MAX = 4095;

export interface TextAttribute {
  readonly mode: number;
  readonly show?: () => string;
  readonly store?: (text: string) => void;
  /** Throws when the directory is gone: `ENOENT`. */
  readonly alive: () => void;
}

export function configfsText({ mode, show, store, alive }: TextAttribute): FileNode {
  return {
    ...{ kind: 'file', mode, size: 4096, seekable: true },
    open(access) {
      checkAccess(access, show !== undefined, store !== undefined);
      alive();
      let shown: Uint8Array | undefined;
      return {
        read(offset, size) {
          alive();
          shown ??= utf8Bytes(show?.() ?? '');
          return shown.slice(offset, offset + size);
        },
        write(_offset, bytes) {
          alive();
          const taken = bytes.subarray(0, WRITE_MAX);
          if (taken.length === 0) throw errno('EFAULT', 'expected at least one byte');
          shown = undefined;
          store?.(utf8Text(taken));
          return taken.length;
        },
        release: () => undefined,
      };
    },
  };
}
