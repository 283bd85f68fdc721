/** The FUSE server without a kernel: every request in the words of the tables, and bytes that no kernel sends. */
import { createGuest, REPORT_PATH, SNP_GET_REPORT, TDX_CMD_GET_REPORT0, errno } from '@tsm/abi';
import { utf8Bytes, utf8Text, type Provider } from '@tsm/core';
import { decodeStrict, encode, type Layout } from '@tsm/core/layout';
import { layoutChecks, seededRandom } from '@tsm/core/testing';
import snp from '@tsm/provider-snp';
import tdx from '@tsm/provider-tdx';
import { describe, expect, it } from 'vitest';
import { nodeDigests } from '@tsm/host';
import { graftsOf } from '../src/mount/grafts.ts';
import * as layouts from '../src/mount/layout.ts';
import { O_APPEND, OPCODE } from '../src/mount/opcodes.ts';
import { FuseServer, type ServerOptions } from '../src/mount/server.ts';
import { FuseClient } from './support/fuse-client.ts';

const digests = nodeDigests();
const LAUNCH = { seed: new Uint8Array(32), now: new Date('2026-01-01') };
const [O_RDONLY, O_WRONLY, O_RDWR] = [0, 1, 2];
const MEASUREMENTS = '/sys/devices/virtual/misc/tdx_guest/measurements';

function clientOf(provider: Provider, options: Partial<ServerOptions> = {}): FuseClient {
  const guest = createGuest({ digests, firmwareLog: utf8Bytes('log of the firmware') });
  guest.plug(provider, provider.model!(LAUNCH, { digests }));
  const memoryOf = () => ({
    read: (): never => {
      throw errno('EFAULT', 'no memory here');
    },
    write: () => undefined,
  });
  return new FuseClient(new FuseServer(guest.tree, { memoryOf, time: 1_700_000_000, ...options }));
}

/** One more report over 64 bytes; gives the generation afterwards. */
function reportOver(
  client: FuseClient,
  item: string,
  byte: number,
): { generation: string; outblob: Uint8Array } {
  const fh = client.handle(`${item}/inblob`, O_WRONLY);
  expect(client.write(fh, 0, new Uint8Array(64).fill(byte))).toBe(64);
  client.release(fh);
  const outblob = client.content(`${item}/outblob`);
  return { outblob, generation: utf8Text(client.content(`${item}/generation`)) };
}

const tables = Object.values(layouts).filter(
  (one): one is Layout<never> => typeof one === 'object' && 'rows' in one,
);

describe('the tables', () => {
  it('are those of the protocol: sizes as the kernel has them', () => {
    const sizes = Object.fromEntries(tables.map(({ name, size }) => [name, size]));
    expect(sizes).toMatchObject({
      ...{ FuseInHeader: 40, FuseOutHeader: 16, FuseInitOut: 64, FuseAttr: 88, FuseEntryOut: 128 },
      ...{ FuseAttrOut: 104, FuseOpenIn: 8, FuseOpenOut: 16, FuseReadIn: 40, FuseWriteIn: 40 },
      ...{ FuseWriteOut: 8, FuseReleaseIn: 24, FuseStatfsOut: 80, FuseDirent: 24, FuseIoctlIn: 32 },
      ...{ FuseIoctlOut: 16, FuseMkdirIn: 8, FuseInitIn: 16 },
    });
  });
  it.each(tables.flatMap((table) => layoutChecks(table)))('$name', ({ run }) => run());
});

describe('the server', () => {
  it('agrees on version 7 and takes of the flags what the kernel has', () => {
    const client = clientOf(tdx);
    const init = (minor: number, flags: number, major = 7) =>
      client.ask(OPCODE.INIT, 0, encode(layouts.FuseInitIn, { major, minor, maxReadahead: 4096, flags }));
    const wanted = (1 << 3) | (1 << 5) | (1 << 6) | (1 << 18) | (1 << 22);
    expect(client.well(layouts.FuseInitOut, init(31, 0xffff_ffff))).toMatchObject({
      ...{ major: 7, minor: 31, maxReadahead: 4096, flags: wanted, maxWrite: 0x20000, maxPages: 32 },
    });
    expect(client.well(layouts.FuseInitOut, init(99, 1 << 3))).toMatchObject({ minor: 38, flags: 1 << 3 });
    expect(client.well(layouts.FuseInitOut, init(1, 0, 8))).toMatchObject({ major: 7, minor: 38 });
    expect(init(8, 0).error).toBe('EIO');
  });

  it('says of each inode what the tree says', () => {
    const client = clientOf(tdx);
    expect(client.stat(`${MEASUREMENTS}/rtmr3:sha384`)).toMatchObject({
      ...{ mode: 0o100644, size: 48n, nlink: 1, uid: 0, gid: 0, mtime: 1_700_000_000n, blksize: 4096 },
    });
    expect(client.stat(REPORT_PATH)).toMatchObject({ mode: 0o040755, nlink: 2 });
    const link = client.lookup('/sys/class/misc/tdx_guest');
    expect(utf8Text(client.ask(OPCODE.READLINK, link).body)).toBe('../../devices/virtual/misc/tdx_guest');
    expect(client.ask(OPCODE.LOOKUP, 1, client.name('nothing')).error).toBe('ENOENT');
    expect(client.ask(OPCODE.GETATTR, 4711).error).toBe('ENOENT');
  });

  it('takes a report in the calls of a client: one generation for each close of inblob', () => {
    const client = clientOf(tdx);
    expect(client.mkdir(REPORT_PATH, 'one').error).toBeUndefined();
    expect(client.mkdir(REPORT_PATH, 'one').error).toBe('EEXIST');
    const item = `${REPORT_PATH}/one`;
    const first = reportOver(client, item, 1);
    const second = reportOver(client, item, 2);
    expect([first.generation, second.generation]).toEqual(['1\n', '2\n']);
    expect(tdx.evidence.decode(second.outblob).reportData).toEqual(new Uint8Array(64).fill(2));
    expect(client.rmdir(REPORT_PATH, 'one').error).toBeUndefined();
    expect(client.rmdir(REPORT_PATH, 'one').error).toBe('ENOENT');
  });

  it('an open file of a removed item answers ENOENT, and its close commits nothing', () => {
    const client = clientOf(tdx);
    client.mkdir(REPORT_PATH, 'gone');
    const [inblob, generation] = [
      client.handle(`${REPORT_PATH}/gone/inblob`, O_WRONLY),
      client.handle(`${REPORT_PATH}/gone/generation`),
    ];
    client.write(inblob, 0, new Uint8Array(64));
    client.rmdir(REPORT_PATH, 'gone');
    expect(client.write(inblob, 64, new Uint8Array(1))).toBe('ENOENT');
    expect(client.read(generation, 0, 100).error).toBe('ENOENT');
    expect(client.release(inblob).error).toBeUndefined();
    expect(client.release(inblob).error).toBe('EBADF');
  });

  it('opens what cannot be seeked as a stream, and everything past the page cache', () => {
    const client = clientOf(tdx);
    client.mkdir(REPORT_PATH, 'x');
    const flagsOf = (path: string, flags: number) =>
      client.well(layouts.FuseOpenOut, client.open(path, flags)).openFlags;
    expect(flagsOf(`${REPORT_PATH}/x/inblob`, O_WRONLY)).toBe(1 | 4);
    expect(flagsOf(`${REPORT_PATH}/x/generation`, O_RDONLY)).toBe(1);
    expect(flagsOf(`${MEASUREMENTS}/rtmr3:sha384`, O_RDWR)).toBe(1);
    expect(client.open(`${REPORT_PATH}/x/inblob`, O_RDONLY).error).toBe('EACCES');
    expect(client.open(`${MEASUREMENTS}/mrtd:sha384`, O_WRONLY).error).toBe('EACCES');
    expect(client.open(REPORT_PATH, O_RDONLY).error).toBe('EISDIR');
  });

  it('a register that is open for appending is written from its start, as in the kernel', () => {
    const client = clientOf(tdx);
    const fh = client.handle(`${MEASUREMENTS}/rtmr3:sha384`, O_WRONLY | O_APPEND);
    expect(client.write(fh, 48, new Uint8Array(48))).toBe(48);
    expect(client.write(fh, 96, new Uint8Array(48))).toBe('EFBIG');
    client.release(fh);
    const plain = client.handle(`${MEASUREMENTS}/rtmr3:sha384`, O_WRONLY);
    expect(client.write(plain, 48, new Uint8Array(48))).toBe('EFBIG');
    expect(client.write(plain, 0, new Uint8Array(47))).toBe('EINVAL');
  });

  it('lists a directory of many entries in pieces, each entry once, as it was when it was opened', () => {
    const client = clientOf(tdx);
    const names = Array.from({ length: 500 }, (_, i) => `item-${'n'.repeat(i % 60)}${i}`);
    for (const name of names) client.mkdir(REPORT_PATH, name);
    expect(client.list(REPORT_PATH, 4096)).toEqual(['.', '..', ...names]);
    expect(client.list(REPORT_PATH, 128)).toEqual(['.', '..', ...names]);
  });

  it('ignores a change of size, owner or time, and refuses what attributes have no use for', () => {
    const client = clientOf(tdx);
    const register = client.lookup(`${MEASUREMENTS}/rtmr3:sha384`);
    expect(
      client.well(layouts.FuseAttrOut, client.ask(OPCODE.SETATTR, register, new Uint8Array(88))),
    ).toMatchObject({
      attr: { size: 48n },
    });
    const report = client.lookup(REPORT_PATH);
    const errors = [
      client.ask(OPCODE.CREATE, report, new Uint8Array(16), client.name('new')),
      client.ask(OPCODE.UNLINK, client.lookup(MEASUREMENTS), client.name('rtmr0:sha384')),
      client.ask(OPCODE.RENAME, report, new Uint8Array(8), client.name('a'), client.name('b')),
      client.ask(OPCODE.SYMLINK, report, client.name('a'), client.name('b')),
      client.mkdir('/sys', 'mine'),
      client.rmdir('/sys/kernel/config/tsm', 'report'),
      client.mkdir(REPORT_PATH, 'n'.repeat(256)),
      client.ask(OPCODE.MKDIR, report, new Uint8Array(8), Uint8Array.of(0xff, 0xfe, 0)),
      ...[25, 22, 34, 40, 44, 46, 52].map((opcode) => client.ask(opcode, report)),
    ].map(({ error }) => error);
    expect(errors).toEqual([
      ...['EACCES', 'EPERM', 'EPERM', 'EPERM', 'EPERM', 'EPERM', 'ENAMETOOLONG', 'EINVAL'],
      ...Array.from({ length: 7 }, () => 'ENOSYS'),
    ]);
  });

  it('gives no reply where none is wanted, and ends with DESTROY', () => {
    const client = clientOf(tdx);
    for (const opcode of [OPCODE.FORGET, OPCODE.BATCH_FORGET, OPCODE.INTERRUPT])
      expect(client.raw(client.request(opcode, 1, new Uint8Array(8)))).toBeUndefined();
    expect(client.well(layouts.FuseStatfsOut, client.ask(OPCODE.STATFS, 1))).toMatchObject({ namelen: 255 });
    expect(client.server.ended).toBe(false);
    expect(client.ask(OPCODE.DESTROY, 0).error).toBeUndefined();
    expect(client.server.ended).toBe(true);
  });

  it('answers the ioctl of a device in place, and one whose argument points to memory through it', () => {
    const client = clientOf(tdx);
    const fh = client.handle('/dev/tdx_guest', O_RDWR);
    const answer = client.ioctl(fh, TDX_CMD_GET_REPORT0, new Uint8Array(1088).fill(7, 0, 64));
    expect(answer).toHaveLength(1088);
    expect((answer as Uint8Array).subarray(64 + 128, 64 + 192)).toEqual(new Uint8Array(64).fill(7));
    expect(client.ioctl(fh, 0x5401, new Uint8Array(0))).toBe('ENOTTY');
    const reads: [bigint, number][] = [];
    let response = new Uint8Array(0);
    const sev = clientOf(snp, {
      memoryOf: () => ({
        read(address, size) {
          reads.push([address, size]);
          return new Uint8Array(size).fill(9, 0, 64);
        },
        write: (_address, bytes) => (response = Uint8Array.from(bytes)),
      }),
    });
    const argument = new Uint8Array(32);
    const view = new DataView(argument.buffer);
    view.setUint8(0, 1);
    view.setBigUint64(8, 0x7fff_0000_1000n, true);
    view.setBigUint64(16, 0x7fff_0000_2000n, true);
    expect(sev.ioctl(sev.handle('/dev/sev-guest', O_RDWR), SNP_GET_REPORT, argument)).toHaveLength(32);
    expect(reads).toEqual([[0x7fff_0000_1000n, 96]]);
    expect(snp.evidence.decode(response.subarray(32, 32 + 1184)).reportData).toEqual(
      new Uint8Array(64).fill(9),
    );
  });

  it('never lets EAGAIN out, and tells a fault of the program', () => {
    const faults: unknown[] = [];
    const failing = (error: Error): FuseClient =>
      clientOf(tdx, {
        before: () => {
          throw error;
        },
        fault: (one) => faults.push(one),
      });
    const path = `${MEASUREMENTS}/mrtd:sha384`;
    expect(failing(errno('EAGAIN', 'later')).open(path, O_RDONLY).error).toBe('EBUSY');
    expect(faults).toEqual([]);
    const fault = new Error('oops');
    expect(failing(fault).open(path, O_RDONLY).error).toBe('EIO');
    expect(faults).toEqual([fault]);
  });

  it('says which parts of the tree a kernel does not have', () => {
    const guest = createGuest({ digests, firmwareLog: utf8Bytes('log') });
    guest.plug(tdx, tdx.model(LAUNCH, { digests }));
    expect(graftsOf(guest.tree).map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'directory /sys/kernel/config/tsm',
      'directory /sys/devices/virtual/misc/tdx_guest',
      'link /sys/class/misc/tdx_guest',
      'file /sys/firmware/acpi/tables/data/CCEL',
      'file /dev/tdx_guest',
    ]);
  });
});

describe('requests that no kernel sends', () => {
  /** Every kind of request once, as whole ones. */
  function requests(client: FuseClient): Uint8Array[] {
    const open = encode(layouts.FuseOpenIn, { flags: 2, openFlags: 0 });
    return Object.values(OPCODE)
      .filter((opcode) => opcode !== OPCODE.DESTROY)
      .map((opcode) =>
        client.request(opcode, 1 + (opcode % 12), open, new Uint8Array(64).fill(1), client.name('x')),
      );
  }

  it('cut at any byte, or with any bit turned, get a reply or none; nothing is thrown', () => {
    const faults: unknown[] = [];
    const client = clientOf(tdx, { fault: (one) => faults.push(one) });
    const random = seededRandom(11);
    client.mkdir(REPORT_PATH, 'x');
    client.handle(`${REPORT_PATH}/x/inblob`, O_WRONLY);
    for (const request of requests(client)) {
      for (let length = 0; length < request.length; length++) client.raw(request.subarray(0, length));
      for (let i = 0; i < 8 * request.length; i++) {
        const bent = Uint8Array.from(request);
        bent[i >> 3]! ^= 1 << (i & 7);
        const reply = client.raw(bent);
        if (reply) expect(decodeStrict(layouts.FuseOutHeader, reply).len).toBe(reply.length);
      }
      for (let i = 0; i < 50; i++)
        client.raw(Uint8Array.from(request, (byte) => (random(4) ? byte : random(256))));
    }
    // An old or new version of the protocol in INIT is no fault of ours.
    expect(faults.filter((one) => !String(one).includes('FUSE'))).toEqual([]);
  });

  it('a write that claims more bytes than it has is refused', () => {
    const client = clientOf(tdx);
    const fh = client.handle(`${MEASUREMENTS}/rtmr3:sha384`, O_WRONLY);
    const rest = { writeFlags: 0, lockOwner: 0n, flags: 0, padding: new Uint8Array(4) };
    const head = encode(layouts.FuseWriteIn, { fh, offset: 0n, size: 0xffff_ffff, ...rest });
    expect(client.ask(OPCODE.WRITE, 1, head, new Uint8Array(48)).error).toBe('EINVAL');
  });
});
