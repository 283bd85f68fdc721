/** The tree by inode, its devices, integers of the kernel, and what the profile `unified` adds. */
import {
  createGuest,
  parseUint,
  PROFILE_NAMES,
  SNP_GET_EXT_REPORT,
  SNP_GET_REPORT,
  type AbiTree,
  type ProfileName,
  type UserMemory,
} from '@tsm/abi';
import { concat, portableDigests, toHex, TsmError, utf8Bytes, utf8Text } from '@tsm/core';
import { decodeLog, replay } from '@tsm/eventlog';
import { createCca } from '@tsm/provider-cca';
import { createSnp } from '@tsm/provider-snp';
import tdx from '@tsm/provider-tdx';
import { describe, expect, it } from 'vitest';
import { code, guestOf, LAUNCH, read, REPORT, write } from './support/trees.ts';

const inoOf = (tree: AbiTree, path: string): number => tree.resolve(path).ino;

describe('the tree by inode', () => {
  const { tree } = guestOf(tdx);
  const report = inoOf(tree, REPORT);

  it('gives the same inode for the same node, and another one for an item made again', () => {
    expect(inoOf(tree, REPORT)).toBe(report);
    const first = tree.mkdir(report, 'a').ino;
    expect(tree.lookup(report, 'a')).toMatchObject({ ino: first, kind: 'directory', mode: 0o755 });
    tree.rmdir(report, 'a');
    expect(code(() => tree.getattr(first))).toBe('ENOENT');
    expect(tree.mkdir(report, 'a').ino).not.toBe(first);
    tree.rmdir(report, 'a');
  });

  it('refuses with the errno of the kernel', () => {
    const inblob = tree.lookup(tree.mkdir(report, 'b').ino, 'inblob').ino;
    expect(code(() => tree.lookup(report, 'none'))).toBe('ENOENT');
    expect(code(() => tree.lookup(inblob, 'x'))).toBe('ENOTDIR');
    expect(code(() => tree.readdir(inblob))).toBe('ENOTDIR');
    expect(code(() => tree.readlink(inblob))).toBe('EINVAL');
    expect(code(() => tree.open(report, 'read'))).toBe('EISDIR');
    expect(code(() => tree.create(report, 'file'))).toBe('EACCES');
    expect(code(() => tree.symlink(report, 'link'))).toBe('EPERM');
    expect(code(() => tree.unlink(report, 'b'))).toBe('EISDIR');
    expect(code(() => tree.rmdir(inoOf(tree, `${REPORT}/b`), 'inblob'))).toBe('ENOTDIR');
    expect(code(() => tree.read(999, 0, 1))).toBe('EBADF');
    expect(code(() => tree.rename(report, 'none'))).toBe('ENOENT');
    tree.rmdir(report, 'b');
  });

  it('has text attributes of a page, blobs of size 0 that cannot be sought, and links with their length', () => {
    const item = tree.mkdir(report, 'c').ino;
    expect(tree.lookup(item, 'generation').size).toBe(4096);
    expect(tree.lookup(item, 'outblob').size).toBe(0);
    expect(tree.open(tree.lookup(item, 'outblob').ino, 'read').seekable).toBe(false);
    expect(tree.open(tree.lookup(item, 'generation').ino, 'read').seekable).toBe(true);
    const link = tree.lookup(inoOf(tree, '/sys/class/misc'), 'tdx_guest');
    expect(tree.readlink(link.ino)).toBe('../../devices/virtual/misc/tdx_guest');
    expect(link).toMatchObject({ kind: 'link', size: 36 });
    tree.rmdir(report, 'c');
  });

  it('fills a gap with zeros, and does not mix reading and writing', () => {
    const { tree: other, tsm } = createGuest();
    const seen: Uint8Array[] = [];
    tsm.registerReport({
      driver: { name: 'x', inblob: { min: 1, max: 64 }, attributes: [] },
      produce({ inblob }) {
        seen.push(inblob);
        return { outblob: inblob };
      },
    });
    other.mkdir(inoOf(other, REPORT), 'gap');
    const { fh } = other.open(inoOf(other, `${REPORT}/gap/inblob`), 'write');
    other.write(fh, 3, Uint8Array.of(9));
    expect(code(() => other.read(fh, 0, 1))).toBe('ETXTBSY');
    other.release(fh);
    expect(read(other, `${REPORT}/gap/outblob`)).toEqual(Uint8Array.of(0, 0, 0, 9));
    expect(seen).toHaveLength(1);
  });

  it('unloads a driver with its registers and devices, and takes another', () => {
    const guest = createGuest();
    const unplug = guest.plug(tdx, tdx.model(LAUNCH, { digests: portableDigests }));
    expect(code(() => guest.plug(tdx, tdx.model(LAUNCH, { digests: portableDigests })))).toBe('EBUSY');
    unplug();
    expect(guest.tree.readdir(inoOf(guest.tree, '/sys/devices/virtual/misc'))).toEqual([]);
    const snp = createSnp();
    guest.plug(snp, snp.model(LAUNCH, { digests: portableDigests }));
    expect(guest.tree.readdir(inoOf(guest.tree, '/dev')).map(({ name }) => name)).toEqual(['sev-guest']);
    // No kernel shows registers of SEV-SNP.
    expect(guest.tree.readdir(inoOf(guest.tree, '/sys/devices/virtual/misc'))).toEqual([]);
  });
});

describe('kstrtouint', () => {
  it.each([
    ['0', 0],
    ['00', 0],
    ['+7\n', 7],
    ['0x10', 16],
    ['0XfF', 255],
    ['017', 15],
    ['4294967295', 4294967295],
    ['2\0junk', 2],
  ])('%j is %i', (text, value) => {
    expect(parseUint(text)).toBe(value);
  });

  it.each(['', '\n', ' 1', '1 ', '-1', '++1', '0x', '08', '1\n\n', '1e3', '0x1g'])('%j is EINVAL', (text) => {
    expect(code(() => parseUint(text))).toBe('EINVAL');
  });

  it('above 32 bits is ERANGE', () => {
    for (const text of ['4294967296', '0x100000000', '99999999999999999999'])
      expect(code(() => parseUint(text))).toBe('ERANGE');
  });
});

describe('/dev/sev-guest', () => {
  const provider = createSnp();
  const { tree } = guestOf(provider);
  const { fh } = tree.open(inoOf(tree, '/dev/sev-guest'), 'both');
  const space = new Uint8Array(1 << 16);
  const memory: UserMemory = {
    read: (address, size) => space.slice(Number(address), Number(address) + size),
    write: (address, bytes) => space.set(bytes, Number(address)),
  };
  const argument = (version = 1): Uint8Array => {
    const bytes = new Uint8Array(32).fill(0xff, 24);
    const view = new DataView(bytes.buffer);
    view.setUint8(0, version);
    view.setBigUint64(8, 0x100n, true);
    view.setBigUint64(16, 0x1000n, true);
    return bytes;
  };
  space.fill(0x5a, 0x100, 0x140);
  const view = new DataView(space.buffer);
  view.setUint32(0x140, 1, true);

  it('gives a report over the pointers of the caller', () => {
    const done = tree.ioctl(fh, SNP_GET_REPORT, argument(), memory);
    expect(toHex(done.subarray(24))).toBe('00'.repeat(8));
    expect(view.getUint32(0x1004, true)).toBe(1184);
    const report = space.slice(0x1020, 0x1020 + 1184);
    expect(toHex(report.subarray(0x50, 0x90))).toBe('5a'.repeat(64));
    expect(report[0x30]).toBe(1);
    expect(provider.evidence.decode(report).issues).toEqual([]);
  });

  it('gives certificates where there is room, and says how much is needed', () => {
    view.setBigUint64(0x160, 0x4000n, true);
    view.setUint32(0x168, 16, true);
    expect(code(() => tree.ioctl(fh, SNP_GET_EXT_REPORT, argument(), memory))).toBe('EIO');
    expect(view.getUint32(0x168, true) % 4096).toBe(0);
    tree.ioctl(fh, SNP_GET_EXT_REPORT, argument(), memory);
    expect(space.subarray(0x4000, 0x4010).some((byte) => byte !== 0)).toBe(true);
  });

  it('refuses version 0, unknown commands and memory that it cannot reach', () => {
    expect(code(() => tree.ioctl(fh, SNP_GET_REPORT, argument(0), memory))).toBe('EINVAL');
    expect(code(() => tree.ioctl(fh, 0xc0205309, argument(), memory))).toBe('ENOTTY');
    expect(code(() => tree.ioctl(fh, SNP_GET_REPORT, argument()))).toBe('EFAULT');
    expect([SNP_GET_REPORT, SNP_GET_EXT_REPORT]).toEqual([0xc0205300, 0xc0205302]);
  });
});

describe('report-2023', () => {
  it('has certs, PEM of the host’s table, and no auxblob', () => {
    const { tree } = guestOf(createSnp(), { profile: 'report-2023' });
    const item = tree.mkdir(inoOf(tree, REPORT), 'a').ino;
    expect(tree.readdir(item).map(({ name }) => name)).toEqual([
      ...['generation', 'provider', 'privlevel', 'privlevel_floor', 'inblob', 'outblob', 'certs'],
    ]);
    write(tree, `${REPORT}/a/inblob`, new Uint8Array(64));
    const pem = utf8Text(read(tree, `${REPORT}/a/certs`));
    expect(
      pem.match(/-----BEGIN CERTIFICATE-----\n(?:[A-Za-z0-9+/=]{1,64}\n)+-----END CERTIFICATE-----\n/g),
    ).toHaveLength(3);
    expect(utf8Text(read(tree, `${REPORT}/a/provider`))).toBe('sev-snp\n');
  });
});

describe('unified', () => {
  const ROOT_PATH = '/sys/kernel/tsm';
  const profile: ProfileName = 'unified';

  it('has one log that is the logs of all registers, merged', () => {
    const { tree } = guestOf(tdx, { profile });
    const at = (register: string): string => `${ROOT_PATH}/tdx_guest/${register}`;
    write(tree, `${at('rtmr2')}/append_event`, 'a one\nb two');
    write(tree, `${at('rtmr3')}/append_event`, 'c three');
    write(tree, `${at('rtmr2')}/digest`, new Uint8Array(48));
    write(tree, `${ROOT_PATH}/by-role/application/append_event`, 'd four');
    const global = utf8Text(read(tree, `${ROOT_PATH}/event_log`))
      .trimEnd()
      .split('\n');
    for (const register of ['rtmr2', 'rtmr3']) {
      const log = read(tree, `${at(register)}/event_log`);
      const prefix = `tdx_guest/${register} `;
      const own = global.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
      expect(own).toEqual(
        utf8Text(log)
          .split('\n')
          .filter((line) => line !== ''),
      );
      expect(replay(decodeLog(log)).registers[0]!.value).toEqual(read(tree, `${at(register)}/digest`));
    }
    expect(global.map((line) => line.slice(0, 24))).toEqual([
      ...['tdx_guest/rtmr2 SYNC sha', 'tdx_guest/rtmr2 a one', 'tdx_guest/rtmr2 b two'],
      ...[
        'tdx_guest/rtmr3 SYNC sha',
        'tdx_guest/rtmr3 c three',
        'tdx_guest/rtmr2 # .EXTEN',
        'tdx_guest/rtmr3 d four',
      ],
    ]);
  });

  it('has the initial log of a static register', () => {
    const bytes = utf8Bytes('what the launch measured\n');
    const registers = tdx.registers.map((one) =>
      one.name === 'mrtd' ? { ...one, initialLog: { format: 'tsm-text', bytes } } : one,
    );
    const { tree } = guestOf({ ...tdx, registers }, { profile });
    expect(read(tree, `${ROOT_PATH}/tdx_guest/mrtd/event_log`)).toEqual(bytes);
    expect(code(() => tree.lookup(inoOf(tree, `${ROOT_PATH}/tdx_guest/mrtd`), 'append_event'))).toBe(
      'ENOENT',
    );
  });

  it('has the initial logs of text in the log over all registers, before what was added since', () => {
    const initial = (register: string): string => `SYNC sha384/${'00'.repeat(48)}\n\n${register} at launch\n`;
    const registers = tdx.registers.map((one) =>
      ['mrtd', 'rtmr3'].includes(one.name)
        ? { ...one, initialLog: { format: 'tsm-text', bytes: utf8Bytes(initial(one.name)) } }
        : one,
    );
    const { tree } = guestOf({ ...tdx, registers }, { profile });
    write(tree, `${ROOT_PATH}/tdx_guest/rtmr3/append_event`, 'since');
    const log = utf8Text(read(tree, `${ROOT_PATH}/tdx_guest/rtmr3/event_log`));
    expect(log).toBe(`${initial('rtmr3')}\nSYNC sha384/${'00'.repeat(48)}\n\nsince\n`);
    const global = utf8Text(read(tree, `${ROOT_PATH}/event_log`));
    expect(global.match(/^\S+ (?!SYNC).*$/gm)).toEqual([
      ...['tdx_guest/mrtd mrtd at launch', 'tdx_guest/rtmr3 rtmr3 at launch', 'tdx_guest/rtmr3 since'],
    ]);
  });

  it('has the claims of a report in neutral words', () => {
    for (const [provider, technology] of [
      [tdx, 'tdx'],
      [createSnp(), 'snp'],
      [createCca(), 'cca'],
    ] as const) {
      const { tree } = guestOf(provider, { profile });
      tree.mkdir(inoOf(tree, REPORT), 'a');
      write(tree, `${REPORT}/a/inblob`, new Uint8Array(64).fill(0xab));
      const claims = JSON.parse(utf8Text(read(tree, `${REPORT}/a/claims`))) as Record<string, unknown>;
      expect(claims).toMatchObject({ technology, reportData: 'ab'.repeat(64), claims: { debug: false } });
      expect(claims['registers']).toContainEqual(expect.objectContaining({ role: 'launch' }));
      expect(utf8Text(read(tree, `${REPORT}/a/generation`))).toBe('1\n');
    }
  });

  it.each([
    ['configfs', '/sys/kernel/config/tsm/registers'],
    ['securityfs', '/sys/kernel/security/tsm'],
  ] as const)('can hang in %s', (unifiedRoot, path) => {
    const { tree } = guestOf(tdx, { profile, unifiedRoot });
    expect(tree.readdir(inoOf(tree, path)).map(({ name }) => name)).toEqual([
      'event_log',
      'by-role',
      'tdx_guest',
    ]);
  });

  it('refuses an event that is no UTF-8, and one that the hardware refuses half way leaves what came before', () => {
    let left = Infinity;
    const model = tdx.model(LAUNCH, { digests: portableDigests });
    const guest = createGuest({ profile });
    guest.plug(tdx, model, {
      wrap: {
        tdx: (hardware) => ({
          ...hardware,
          extend(register, value) {
            if (left-- <= 0) throw new TsmError('EBUSY', 'busy');
            hardware.extend(register, value);
          },
        }),
      },
    });
    const { tree } = guest;
    const path = `${ROOT_PATH}/tdx_guest/rtmr2`;
    expect(code(() => write(tree, `${path}/append_event`, Uint8Array.of(0x61, 0xff)))).toBe('EINVAL');
    left = 2;
    expect(code(() => write(tree, `${path}/append_event`, 'first\n# note\nsecond\n# lost'))).toBe('EBUSY');
    const log = read(tree, `${path}/event_log`);
    expect(utf8Text(log)).toBe(`SYNC sha384/${'00'.repeat(48)}\n\nfirst\n# note\n`);
    left = Infinity;
    expect(replay(decodeLog(log)).registers[0]!.value).toEqual(read(tree, `${path}/digest`));
  });
});

describe('the firmware log', () => {
  it.each(PROFILE_NAMES)('is at its ACPI path in the profile %s, of its own size and mode', (profile) => {
    const firmwareLog = concat(utf8Bytes('log'), new Uint8Array(100).fill(0xff));
    const { tree } = guestOf(tdx, { profile, firmwareLog });
    const path = '/sys/firmware/acpi/tables/data/CCEL';
    expect(tree.getattr(inoOf(tree, path))).toMatchObject({ mode: 0o400, size: 103 });
    expect(read(tree, path)).toEqual(firmwareLog);
  });
});
