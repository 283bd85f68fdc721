/** One FUSE message each way, in buffers that are used again: fields are read and written where the tables have them. */
import { sizeOf } from '@tsm/core/layout';
import {
  FuseAttr,
  FuseAttrOut,
  FuseDirent,
  FuseEntryOut,
  FuseInHeader,
  FuseIoctlOut,
  FuseOpenOut,
  FuseOutHeader,
  FuseWriteOut,
  offsetsOf,
} from './layout.ts';

/** Most bytes of one write(2) that reach the server in one piece. */
export const MAX_WRITE = 0x20000;
/** A request or a reply with its headers: a page more than the largest write. */
const MESSAGE_SIZE = MAX_WRITE + 4096;

const IN = offsetsOf(FuseInHeader);
const OUT = offsetsOf(FuseOutHeader);
/** Where the body of a request starts, and that of a reply. */
export const BODY = sizeOf(FuseInHeader);
const REPLY = sizeOf(FuseOutHeader);
const ENTRY = offsetsOf(FuseEntryOut, REPLY);
const ATTRIBUTES = offsetsOf(FuseAttrOut, REPLY);
const ATTR = offsetsOf(FuseAttr);
const OPENED = offsetsOf(FuseOpenOut, REPLY);
const WRITTEN = offsetsOf(FuseWriteOut, REPLY);
const DIRENT = offsetsOf(FuseDirent);
const UINT32 = 2 ** 32;

/** What a reply says of an inode. */
export interface Inode {
  readonly ino: number;
  readonly size: number;
  /** Type and permissions. */
  readonly mode: number;
  readonly links: number;
}

/** The request that was read last. */
export class Request {
  readonly bytes = Buffer.alloc(MESSAGE_SIZE);
  readonly view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  /** How many of the bytes are its own. */
  length = 0;

  get opcode(): number {
    return this.view.getUint32(IN.opcode, true);
  }

  get nodeid(): number {
    return this.uint64(IN.nodeid);
  }

  get pid(): number {
    return this.view.getUint32(IN.pid, true);
  }

  uint32(at: number): number {
    return this.view.getUint32(at, true);
  }

  /** Exact up to 2^53: inodes, handles and offsets are far below. */
  uint64(at: number): number {
    return this.view.getUint32(at, true) + this.view.getUint32(at + 4, true) * UINT32;
  }

  /** The name that starts at `at`, up to its NUL. */
  name(at: number): string {
    const end = this.bytes.indexOf(0, at);
    return this.bytes.toString('utf8', at, end < 0 || end > this.length ? this.length : end);
  }

  /** A view of `size` bytes, or of as many as there are. */
  slice(at: number, size: number): Uint8Array {
    return this.bytes.subarray(at, Math.min(at + size, this.length));
  }
}

/** The reply in the making. Each method gives its length. */
export class Reply {
  readonly bytes = Buffer.alloc(MESSAGE_SIZE);
  private readonly view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  /** Seconds that the kernel may keep names and attributes. */
  private readonly lifetime: number;
  /** Seconds since 1970, of all files. */
  private readonly time: number;

  constructor(lifetime: number, time: number) {
    this.lifetime = lifetime;
    this.time = time;
  }

  /** The header of a reply to `request`. */
  seal(request: Request, length: number, error: number): number {
    const { view } = this;
    view.setUint32(OUT.len, length, true);
    view.setInt32(OUT.error, -error, true);
    view.setUint32(OUT.unique, request.uint32(IN.unique), true);
    view.setUint32(OUT.unique + 4, request.uint32(IN.unique + 4), true);
    return length;
  }

  empty(): number {
    return REPLY;
  }

  content(bytes: Uint8Array): number {
    this.bytes.set(bytes, REPLY);
    return REPLY + bytes.length;
  }

  entry(inode: Inode): number {
    const { view, bytes } = this;
    bytes.fill(0, REPLY, ENTRY.attr);
    this.uint64(ENTRY.nodeid, inode.ino);
    view.setUint32(ENTRY.entryValid, this.lifetime, true);
    view.setUint32(ENTRY.attrValid, this.lifetime, true);
    return this.attr(ENTRY.attr, inode);
  }

  attributes(inode: Inode): number {
    this.bytes.fill(0, REPLY, ATTRIBUTES.attr);
    this.view.setUint32(ATTRIBUTES.attrValid, this.lifetime, true);
    return this.attr(ATTRIBUTES.attr, inode);
  }

  opened(fh: number, openFlags: number): number {
    const { view } = this;
    this.uint64(OPENED.fh, fh);
    view.setUint32(OPENED.openFlags, openFlags, true);
    view.setUint32(OPENED.padding, 0, true);
    return OPENED.padding + 4;
  }

  written(size: number): number {
    this.view.setUint32(WRITTEN.size, size, true);
    this.view.setUint32(WRITTEN.padding, 0, true);
    return WRITTEN.padding + 4;
  }

  /** The result of an ioctl(2) that went well, and the argument as it is now. */
  ioctl(argument: Uint8Array): number {
    this.bytes.fill(0, REPLY, REPLY + sizeOf(FuseIoctlOut));
    this.bytes.set(argument, REPLY + sizeOf(FuseIoctlOut));
    return REPLY + sizeOf(FuseIoctlOut) + argument.length;
  }

  /** As many entries from `first` on as fit into `size` bytes. */
  directory(
    entries: readonly { readonly name: string; readonly ino: number; readonly type: number }[],
    first: number,
    size: number,
  ): number {
    const end = REPLY + Math.min(size, MESSAGE_SIZE - REPLY);
    let at = REPLY;
    for (let i = first; i < entries.length; i++) {
      const { name, ino, type } = entries[i] ?? { name: '', ino: 0, type: 0 };
      const text = Buffer.from(name);
      const next = at + ((sizeOf(FuseDirent) + text.length + 7) & ~7);
      if (next > end) break;
      this.bytes.fill(0, at, next);
      this.uint64(at + DIRENT.ino, ino);
      this.uint64(at + DIRENT.off, i + 1);
      this.view.setUint32(at + DIRENT.namelen, text.length, true);
      this.view.setUint32(at + DIRENT.type, type >>> 12, true);
      this.bytes.set(text, at + sizeOf(FuseDirent));
      at = next;
    }
    return at;
  }

  private attr(at: number, { ino, size, mode, links }: Inode): number {
    const { view, bytes, time } = this;
    const end = at + sizeOf(FuseAttr);
    bytes.fill(0, at, end);
    this.uint64(at + ATTR.ino, ino);
    this.uint64(at + ATTR.size, size);
    this.uint64(at + ATTR.blocks, Math.ceil(size / 512));
    for (const field of [ATTR.atime, ATTR.mtime, ATTR.ctime]) this.uint64(at + field, time);
    view.setUint32(at + ATTR.mode, mode, true);
    view.setUint32(at + ATTR.nlink, links, true);
    view.setUint32(at + ATTR.blksize, 4096, true);
    return end;
  }

  private uint64(at: number, value: number): void {
    this.view.setUint32(at, value % UINT32, true);
    this.view.setUint32(at + 4, Math.floor(value / UINT32), true);
  }
}
