/** Answers the kernel's FUSE requests from a tree. Synchronous and in order, so that a commit at close(2) is exact. */
import { ERRNO, errno, errnoOf, type AbiTree, type Access, type Attributes, type UserMemory } from '@tsm/abi';
import { encode, sizeOf, type Layout } from '@tsm/core/layout';
import {
  FuseInitIn,
  FuseInitOut,
  FuseIoctlIn,
  FuseMkdirIn,
  FuseOpenIn,
  FuseReadIn,
  FuseReleaseIn,
  FuseStatfsOut,
  FuseWriteIn,
  offsetsOf,
} from './layout.ts';
import { FILE_TYPE, INIT_FLAGS, O_ACCMODE, O_APPEND, OPCODE, OPEN_FLAGS } from './opcodes.ts';
import { BODY, MAX_WRITE, Reply, Request, type Inode } from './wire.ts';

const MINOR = 38;
const OLDEST_MINOR = 23;
const WANTED = Object.values(INIT_FLAGS).reduce((mask, bit) => mask | (1 << bit), 0);

const INIT = offsetsOf(FuseInitIn, BODY);
const OPEN = offsetsOf(FuseOpenIn, BODY);
const READ = offsetsOf(FuseReadIn, BODY);
const WRITE = offsetsOf(FuseWriteIn, BODY);
const RELEASE = offsetsOf(FuseReleaseIn, BODY);
const IOCTL = offsetsOf(FuseIoctlIn, BODY);
const WRITTEN = BODY + sizeOf(FuseWriteIn);
const MADE = BODY + sizeOf(FuseMkdirIn);
const ARGUMENT = BODY + sizeOf(FuseIoctlIn);

/** Sizes of the bodies that have one; a request that is shorter is EINVAL. */
const BODIES: ReadonlyMap<number, number> = new Map(
  (
    [
      [OPCODE.INIT, FuseInitIn],
      [OPCODE.MKDIR, FuseMkdirIn],
      [OPCODE.OPEN, FuseOpenIn],
      [OPCODE.READ, FuseReadIn],
      [OPCODE.READDIR, FuseReadIn],
      [OPCODE.WRITE, FuseWriteIn],
      [OPCODE.RELEASE, FuseReleaseIn],
      [OPCODE.RELEASEDIR, FuseReleaseIn],
      [OPCODE.IOCTL, FuseIoctlIn],
    ] as readonly (readonly [number, Layout<unknown>])[]
  ).map(([opcode, layout]) => [opcode, BODY + sizeOf(layout)]),
);

const OF_CONTENT: ReadonlySet<number> = new Set([OPCODE.OPEN, OPCODE.READ, OPCODE.WRITE, OPCODE.IOCTL]);

const ACCESS: readonly Access[] = ['read', 'write', 'both', 'both'];

export interface ServerOptions {
  /** Memory of a process, for ioctls whose argument has pointers. */
  readonly memoryOf: (pid: number) => UserMemory;
  /** Time of all files, in seconds since 1970. Default 0. */
  readonly time?: number;
  /** Seconds that the kernel may keep names and attributes; 0 where the tree changes by itself. Default 1. */
  readonly lifetime?: number;
  /** Called before anything that shows or changes what files hold, such as to catch up with other processes. */
  readonly before?: () => void;
  /** Told of faults in the program: the caller gets EIO. */
  readonly fault?: (error: unknown) => void;
}

const inodeOf = ({ ino, kind, mode, size, links }: Attributes): Inode => ({
  ...{ ino, size, links },
  mode: FILE_TYPE[kind] | mode,
});

export class FuseServer {
  readonly request = new Request();
  readonly reply: Reply;
  /** Whether the kernel said that it is over. */
  ended = false;
  private readonly tree: AbiTree;
  private readonly options: ServerOptions;
  /** Listings of open directories: each is of one moment. */
  private readonly listings = new Map<number, { name: string; ino: number; type: number }[]>();
  private nextListing = 1;
  /** Positions of files that are open for appending: attributes have no end to append at, so a stream starts at 0. */
  private readonly appending = new Map<number, number>();

  constructor(tree: AbiTree, options: ServerOptions) {
    this.tree = tree;
    this.options = options;
    this.reply = new Reply(options.lifetime ?? 1, options.time ?? 0);
  }

  /** Answers the first `length` bytes of `request` in `reply`. Gives the length of the reply; 0 for none. */
  answer(length: number): number {
    const { request, reply } = this;
    if (length < BODY) return 0;
    request.length = length;
    const { opcode } = request;
    try {
      if (length < (BODIES.get(opcode) ?? 0)) throw errno('EINVAL', 'the request is cut short');
      if (OF_CONTENT.has(opcode)) this.options.before?.();
      const size = this.dispatch(opcode);
      return size === 0 ? 0 : reply.seal(request, size, 0);
    } catch (error) {
      return reply.seal(request, reply.empty(), this.numberOf(error));
    }
  }

  private dispatch(opcode: number): number {
    const { request, reply, tree } = this;
    switch (opcode) {
      case OPCODE.LOOKUP:
        return reply.entry(inodeOf(tree.lookup(request.nodeid, request.name(BODY))));
      // What SETATTR would change stays as it is, as in the kernel: O_TRUNC comes here too.
      case OPCODE.GETATTR:
      case OPCODE.SETATTR:
        return reply.attributes(inodeOf(tree.getattr(request.nodeid)));
      case OPCODE.OPEN:
        return this.open();
      case OPCODE.READ:
        return reply.content(
          tree.read(
            request.uint64(READ.fh),
            request.uint64(READ.offset),
            Math.min(request.uint32(READ.size), MAX_WRITE),
          ),
        );
      case OPCODE.WRITE:
        return this.write();
      case OPCODE.RELEASE:
        return this.release();
      case OPCODE.OPENDIR:
        return this.openDirectory();
      case OPCODE.READDIR:
        return reply.directory(
          this.listings.get(request.uint64(READ.fh)) ?? [],
          request.uint64(READ.offset),
          request.uint32(READ.size),
        );
      case OPCODE.RELEASEDIR:
        this.listings.delete(request.uint64(RELEASE.fh));
        return reply.empty();
      case OPCODE.READLINK:
        return reply.content(Buffer.from(tree.readlink(request.nodeid)));
      case OPCODE.MKDIR:
        return reply.entry(inodeOf(tree.mkdir(request.nodeid, this.newName(MADE))));
      case OPCODE.RMDIR:
        tree.rmdir(request.nodeid, request.name(BODY));
        return reply.empty();
      case OPCODE.IOCTL:
        return this.ioctl();
      case OPCODE.INIT:
        return this.init();
      default:
        return this.rest(opcode);
    }
  }

  /** What is refused, and what gets no reply. */
  private rest(opcode: number): number {
    const { request, reply, tree } = this;
    switch (opcode) {
      case OPCODE.UNLINK:
        return tree.unlink(request.nodeid, request.name(BODY));
      case OPCODE.CREATE:
        throw errno('EACCES', 'no file can be made here');
      case OPCODE.MKNOD:
      case OPCODE.SYMLINK:
      case OPCODE.LINK:
      case OPCODE.RENAME:
      case OPCODE.RENAME2:
        throw errno('EPERM', 'attributes come and go with their directory');
      case OPCODE.STATFS:
        return reply.content(STATFS);
      case OPCODE.FORGET:
      case OPCODE.BATCH_FORGET:
      case OPCODE.INTERRUPT:
        return 0;
      case OPCODE.DESTROY:
        this.ended = true;
        return reply.empty();
      default:
        // Also FLUSH: the kernel stops asking, and a close(2) is one RELEASE.
        throw errno('ENOSYS', `no operation ${String(opcode)}`);
    }
  }

  private init(): number {
    const { request, reply } = this;
    const [major, minor] = [request.uint32(INIT.major), request.uint32(INIT.minor)];
    if (major < 7 || (major === 7 && minor < OLDEST_MINOR))
      throw new RangeError(
        `FUSE ${String(major)}.${String(minor)}: expected 7.${String(OLDEST_MINOR)} or newer`,
      );
    const answer = encode(FuseInitOut, {
      ...{ major: 7, minor: Math.min(major > 7 ? MINOR : minor, MINOR) },
      ...{
        maxReadahead: request.uint32(INIT.maxReadahead),
        flags: (WANTED & request.uint32(INIT.flags)) >>> 0,
      },
      // Commits wait for nothing: the kernel may queue as many closes as it likes.
      ...{ maxBackground: 65_535, congestionThreshold: 49_152, maxWrite: MAX_WRITE, timeGran: 1 },
      ...{ maxPages: MAX_WRITE / 4096, mapAlignment: 0, flags2: 0, unused: new Uint8Array(28) },
    });
    return reply.content(answer);
  }

  private open(): number {
    const { request, reply, tree } = this;
    const flags = request.uint32(OPEN.flags);
    const { fh, seekable } = tree.open(request.nodeid, ACCESS[flags & O_ACCMODE] ?? 'both');
    if ((flags & O_APPEND) !== 0) this.appending.set(fh, 0);
    return reply.opened(fh, seekable ? OPEN_FLAGS.DIRECT_IO : OPEN_FLAGS.DIRECT_IO | OPEN_FLAGS.NONSEEKABLE);
  }

  private write(): number {
    const { request, reply, tree, appending } = this;
    const fh = request.uint64(WRITE.fh);
    const size = request.uint32(WRITE.size);
    const bytes = request.slice(WRITTEN, size);
    if (bytes.length < size) throw errno('EINVAL', 'the request is cut short');
    const position = appending.size > 0 ? appending.get(fh) : undefined;
    const taken = tree.write(fh, position ?? request.uint64(WRITE.offset), bytes);
    if (position !== undefined) appending.set(fh, position + taken);
    return reply.written(taken);
  }

  private release(): number {
    const fh = this.request.uint64(RELEASE.fh);
    this.appending.delete(fh);
    this.tree.release(fh);
    return this.reply.empty();
  }

  private openDirectory(): number {
    const { nodeid } = this.request;
    const itself = (name: string) => ({ name, ino: nodeid, type: FILE_TYPE.directory });
    const entries = this.tree
      .readdir(nodeid)
      .map(({ name, ino, kind }) => ({ name, ino, type: FILE_TYPE[kind] }));
    const fh = this.nextListing++;
    this.listings.set(fh, [itself('.'), itself('..'), ...entries]);
    return this.reply.opened(fh, 0);
  }

  private ioctl(): number {
    const { request, reply, tree, options } = this;
    const argument = request.slice(ARGUMENT, request.uint32(IOCTL.inSize)).slice();
    const memory = options.memoryOf(request.pid);
    const result = tree.ioctl(request.uint64(IOCTL.fh), request.uint32(IOCTL.cmd), argument, memory);
    return reply.ioctl(result.subarray(0, request.uint32(IOCTL.outSize)));
  }

  /** A name that is kept must be the one that was given. */
  private newName(at: number): string {
    const name = this.request.name(at);
    if (name.includes('\uFFFD')) throw errno('EINVAL', 'a name here is UTF-8');
    return name;
  }

  /** EAGAIN would make a client wait for a poll(2) that never comes; no driver lets it out either. */
  private numberOf(error: unknown): number {
    const name = errnoOf(error);
    if (name === undefined) this.options.fault?.(error);
    return name === 'EAGAIN' ? ERRNO.EBUSY : ERRNO[name ?? 'EIO'];
  }
}

const STATFS = encode(FuseStatfsOut, {
  ...{ blocks: 0n, bfree: 0n, bavail: 0n, files: 0n, ffree: 0n },
  ...{ bsize: 4096, namelen: 255, frsize: 4096, padding: new Uint8Array(4), spare: new Uint8Array(24) },
});
