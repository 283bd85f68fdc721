/** Speaks the kernel's side of the FUSE protocol to a server in this process, in the words of the layout tables. */
import { ERRNO } from '@tsm/abi';
import { concatAll, utf8Bytes } from '@tsm/core';
import { decodeStrict, encode, type Layout } from '@tsm/core/layout';
import {
  FuseAttrOut,
  FuseDirent,
  FuseEntryOut,
  FuseInHeader,
  FuseIoctlIn,
  FuseIoctlOut,
  FuseMkdirIn,
  FuseOpenIn,
  FuseOpenOut,
  FuseOutHeader,
  FuseReadIn,
  FuseReleaseIn,
  FuseWriteIn,
  FuseWriteOut,
} from '../../src/mount/layout.ts';
import { OPCODE } from '../../src/mount/opcodes.ts';
import type { FuseServer } from '../../src/mount/server.ts';

const none = new Uint8Array(4);
const HEADER = 16;

export interface Answer {
  /** Name of the error; undefined when all went well. */
  readonly error: string | undefined;
  readonly body: Uint8Array;
}

export class FuseClient {
  readonly server: FuseServer;
  private unique = 0xffff_fff0n;

  constructor(server: FuseServer) {
    this.server = server;
  }

  /** The bytes of a request. */
  request(opcode: number, nodeid: number, ...body: readonly Uint8Array[]): Uint8Array {
    const rest = concatAll(body);
    const head = {
      ...{ len: 40 + rest.length, opcode, unique: ++this.unique, nodeid: BigInt(nodeid) },
      ...{ uid: 0, gid: 0, pid: process.pid, padding: none },
    };
    return concatAll([encode(FuseInHeader, head), rest]);
  }

  /** The reply as it is; undefined for none. */
  raw(request: Uint8Array): Uint8Array | undefined {
    this.server.request.bytes.set(request);
    const length = this.server.answer(request.length);
    return length === 0 ? undefined : Uint8Array.from(this.server.reply.bytes.subarray(0, length));
  }

  ask(opcode: number, nodeid: number, ...body: readonly Uint8Array[]): Answer {
    const reply = this.raw(this.request(opcode, nodeid, ...body));
    if (!reply) throw new Error(`no reply to ${opcode}`);
    const { len, error, unique } = decodeStrict(FuseOutHeader, reply);
    if (len !== reply.length || unique !== this.unique) throw new Error('the header is not of this reply');
    const number = error === 0 ? 0 : 2 ** 32 - error;
    const name = Object.entries(ERRNO).find(([, value]) => value === number)?.[0];
    if (error !== 0 && (name === undefined || len !== HEADER)) throw new Error(`error ${number}`);
    return { error: name, body: reply.subarray(HEADER) };
  }

  /** The body of a reply that is no error. */
  well<T>(layout: Layout<T>, { error, body }: Answer): T {
    if (error !== undefined) throw new Error(error);
    return decodeStrict(layout, body);
  }

  name(text: string): Uint8Array {
    return utf8Bytes(`${text}\0`);
  }

  lookup(path: string): number {
    let ino = 1;
    for (const name of path.split('/').filter((part) => part !== ''))
      ino = Number(this.well(FuseEntryOut, this.ask(OPCODE.LOOKUP, ino, this.name(name))).nodeid);
    return ino;
  }

  stat(path: string) {
    return this.well(FuseAttrOut, this.ask(OPCODE.GETATTR, this.lookup(path))).attr;
  }

  mkdir(parent: string, name: string): Answer {
    const mode = encode(FuseMkdirIn, { mode: 0o755, umask: 0o22 });
    return this.ask(OPCODE.MKDIR, this.lookup(parent), mode, this.name(name));
  }

  rmdir(parent: string, name: string): Answer {
    return this.ask(OPCODE.RMDIR, this.lookup(parent), this.name(name));
  }

  open(path: string, flags: number, opcode: number = OPCODE.OPEN): Answer {
    return this.ask(opcode, this.lookup(path), encode(FuseOpenIn, { flags, openFlags: 0 }));
  }

  handle(path: string, flags = 0): bigint {
    return this.well(FuseOpenOut, this.open(path, flags)).fh;
  }

  read(fh: bigint, offset: number, size: number, opcode: number = OPCODE.READ): Answer {
    const rest = { readFlags: 0, lockOwner: 0n, flags: 0, padding: none };
    return this.ask(opcode, 1, encode(FuseReadIn, { fh, offset: BigInt(offset), size, ...rest }));
  }

  /** Bytes that were taken, or the name of the error. */
  write(fh: bigint, offset: number, bytes: Uint8Array): number | string {
    const rest = { writeFlags: 0, lockOwner: 0n, flags: 0, padding: none };
    const head = encode(FuseWriteIn, { fh, offset: BigInt(offset), size: bytes.length, ...rest });
    const answer = this.ask(OPCODE.WRITE, 1, head, bytes);
    return answer.error ?? this.well(FuseWriteOut, answer).size;
  }

  release(fh: bigint, opcode: number = OPCODE.RELEASE): Answer {
    return this.ask(opcode, 1, encode(FuseReleaseIn, { fh, flags: 0, releaseFlags: 0, lockOwner: 0n }));
  }

  /** Content of a whole file, as `cat` reads it. */
  content(path: string): Uint8Array {
    const fh = this.handle(path);
    const parts: Uint8Array[] = [];
    for (let at = 0; ; at += parts.at(-1)?.length ?? 0) {
      const { error, body } = this.read(fh, at, 4096);
      if (error !== undefined) throw new Error(error);
      if (body.length === 0) break;
      parts.push(body);
    }
    this.release(fh);
    return concatAll(parts);
  }

  /** Names in a directory, read `size` bytes at a time. */
  list(path: string, size: number): string[] {
    const fh = this.well(FuseOpenOut, this.open(path, 0, OPCODE.OPENDIR)).fh;
    const names: string[] = [];
    let next = 0;
    for (;;) {
      const { body } = this.read(fh, next, size, OPCODE.READDIR);
      if (body.length === 0) break;
      for (let at = 0; at < body.length;) {
        const { namelen, off } = decodeStrict(FuseDirent, body, { offset: at });
        names.push(new TextDecoder().decode(body.subarray(at + 24, at + 24 + namelen)));
        next = Number(off);
        at += (24 + namelen + 7) & ~7;
      }
    }
    this.release(fh, OPCODE.RELEASEDIR);
    return names;
  }

  /** The argument afterwards, or the name of the error. */
  ioctl(fh: bigint, cmd: number, argument: Uint8Array): Uint8Array | string {
    const size = argument.length;
    const head = encode(FuseIoctlIn, { fh, flags: 0, cmd, arg: 0n, inSize: size, outSize: size });
    const { error, body } = this.ask(OPCODE.IOCTL, 1, head, argument);
    return (
      error ?? body.subarray(encode(FuseIoctlOut, { result: 0, flags: 0, inIovs: 0, outIovs: 0 }).length)
    );
  }
}
