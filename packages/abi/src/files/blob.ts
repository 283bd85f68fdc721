/** Binary attributes of configfs (fs/configfs/file.c): a snapshot for each reader, a commit when a writer closes. */
import { errno, errnoOf } from '../errno.ts';
import { checkAccess, type FileNode, type OpenFile } from '../node.ts';

export interface BlobAttribute {
  readonly mode: number;
  /** Most bytes, in either direction: `EFBIG` above. */
  readonly max: number;
  readonly read?: () => Uint8Array;
  readonly commit?: (bytes: Uint8Array) => void;
  /** Throws when the directory is gone: `ENOENT`. */
  readonly alive: () => void;
}

/** Is this the refusal of an operation, rather than a fault in the program? */
function refused(action: () => void): boolean {
  try {
    action();
    return false;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return true;
  }
}

class OpenBlob implements OpenFile {
  private readonly attribute: BlobAttribute;
  private snapshot: Uint8Array | undefined;
  private buffer = new Uint8Array(0);
  private dirty = false;

  constructor(attribute: BlobAttribute) {
    this.attribute = attribute;
  }

  read(offset: number, size: number): Uint8Array {
    const { alive, max } = this.attribute;
    if (this.dirty) throw errno('ETXTBSY', 'this open file is being written');
    alive();
    this.snapshot ??= this.take(max);
    return this.snapshot.slice(offset, offset + size);
  }

  write(offset: number, bytes: Uint8Array): number {
    if (this.snapshot) throw errno('ETXTBSY', 'this open file is being read');
    this.attribute.alive();
    // From here on the close commits, even when this write is refused.
    this.dirty = true;
    if (bytes.length === 0) throw errno('EFAULT', 'expected at least one byte');
    const end = offset + bytes.length;
    const { max } = this.attribute;
    if (end > max) throw errno('EFBIG', `expected at most ${String(max)} bytes, got ${String(end)}`);
    if (end > this.buffer.length) {
      const grown = new Uint8Array(end);
      grown.set(this.buffer);
      this.buffer = grown;
    }
    this.buffer.set(bytes, offset);
    return bytes.length;
  }

  release(): void {
    const { alive, commit } = this.attribute;
    if (!this.dirty || refused(alive)) return;
    // close(2) is 0 whatever the commit says.
    refused(() => commit?.(this.buffer));
  }

  private take(max: number): Uint8Array {
    const content = this.attribute.read?.() ?? new Uint8Array(0);
    if (content.length > max)
      throw errno('EFBIG', `expected at most ${String(max)} bytes, got ${String(content.length)}`);
    return content;
  }
}

export function configfsBlob(attribute: BlobAttribute): FileNode {
  const { mode, read, commit, alive } = attribute;
  return {
    ...{ kind: 'file', mode, size: 0, seekable: false },
    open(access) {
      checkAccess(access, read !== undefined, commit !== undefined);
      alive();
      return new OpenBlob(attribute);
    },
  };
}
