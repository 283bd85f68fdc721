/** Messages of the kernel's FUSE protocol, version 7, little-endian. Spec: include/uapi/linux/fuse.h. */
import { bytes, field, flags, struct, u16le, u32le, u64le, type Layout } from '@tsm/core/layout';
import { INIT_FLAGS } from './opcodes.ts';

const FUSE_H = 'include/uapi/linux/fuse.h';
const padding = (size: number) => field(bytes(size), 'Not used');

/** 40 bytes before every request. */
export const FuseInHeader = struct('FuseInHeader', `${FUSE_H}, struct fuse_in_header`, {
  len: field(u32le, 'Size of the request in bytes, with this header'),
  opcode: field(u32le, 'What is asked'),
  unique: field(u64le, 'Number of the request, which the reply repeats'),
  nodeid: field(u64le, 'Inode that it is about'),
  uid: field(u32le, 'User of the caller'),
  gid: field(u32le, 'Group of the caller'),
  pid: field(u32le, 'Process of the caller'),
  padding: padding(4),
});

/** 16 bytes before every reply. An error is the header alone. */
export const FuseOutHeader = struct('FuseOutHeader', `${FUSE_H}, struct fuse_out_header`, {
  len: field(u32le, 'Size of the reply in bytes, with this header'),
  error: field(u32le, '0, or the negative error number'),
  unique: field(u64le, 'Number of the request'),
});

/** What a kernel of any minor version sends; newer ones go on. */
export const FuseInitIn = struct('FuseInitIn', `${FUSE_H}, struct fuse_init_in`, {
  major: field(u32le, 'Version of the protocol'),
  minor: field(u32le, 'Minor version'),
  maxReadahead: field(u32le, 'Largest read ahead in bytes'),
  flags: field(u32le, 'What the kernel can do'),
});

export const FuseInitOut = struct('FuseInitOut', `${FUSE_H}, struct fuse_init_out`, {
  major: field(u32le, 'Version that is spoken'),
  minor: field(u32le, 'Minor version that is spoken'),
  maxReadahead: field(u32le, 'Largest read ahead in bytes'),
  flags: field(flags(u32le, INIT_FLAGS), 'What is wanted of what the kernel can do'),
  maxBackground: field(u16le, 'Requests that may wait in the background'),
  congestionThreshold: field(u16le, 'From how many of them on the kernel takes the server for busy'),
  maxWrite: field(u32le, 'Most bytes of one write'),
  timeGran: field(u32le, 'Granularity of times in nanoseconds'),
  maxPages: field(u16le, 'Most pages of one request'),
  mapAlignment: field(u16le, 'Not used'),
  flags2: field(u32le, 'More of what is wanted'),
  unused: padding(28),
});

export const FuseAttr = struct('FuseAttr', `${FUSE_H}, struct fuse_attr`, {
  ino: field(u64le, 'Number of the inode'),
  size: field(u64le, 'Size in bytes'),
  blocks: field(u64le, 'Blocks of 512 bytes'),
  atime: field(u64le, 'Time of the last access in seconds'),
  mtime: field(u64le, 'Time of the last change of the content'),
  ctime: field(u64le, 'Time of the last change of the inode'),
  atimensec: field(u32le, 'Its nanoseconds'),
  mtimensec: field(u32le, 'Its nanoseconds'),
  ctimensec: field(u32le, 'Its nanoseconds'),
  mode: field(u32le, 'Type and permissions'),
  nlink: field(u32le, 'Links'),
  uid: field(u32le, 'Owner'),
  gid: field(u32le, 'Group'),
  rdev: field(u32le, 'Number of the device'),
  blksize: field(u32le, 'Preferred size of requests'),
  flags: field(u32le, 'Not used'),
});

/** Reply to LOOKUP and MKDIR. */
export const FuseEntryOut = struct('FuseEntryOut', `${FUSE_H}, struct fuse_entry_out`, {
  nodeid: field(u64le, 'Inode'),
  generation: field(u64le, 'Tells two uses of one number apart'),
  entryValid: field(u64le, 'How long the kernel may keep the name, in seconds'),
  attrValid: field(u64le, 'How long it may keep the attributes'),
  entryValidNsec: field(u32le, 'Its nanoseconds'),
  attrValidNsec: field(u32le, 'Its nanoseconds'),
  attr: field(FuseAttr, 'Attributes'),
});

/** Reply to GETATTR and SETATTR. */
export const FuseAttrOut = struct('FuseAttrOut', `${FUSE_H}, struct fuse_attr_out`, {
  attrValid: field(u64le, 'How long the kernel may keep the attributes, in seconds'),
  attrValidNsec: field(u32le, 'Its nanoseconds'),
  dummy: padding(4),
  attr: field(FuseAttr, 'Attributes'),
});

/** The name follows. */
export const FuseMkdirIn = struct('FuseMkdirIn', `${FUSE_H}, struct fuse_mkdir_in`, {
  mode: field(u32le, 'Permissions'),
  umask: field(u32le, 'Mask of the caller'),
});

export const FuseOpenIn = struct('FuseOpenIn', `${FUSE_H}, struct fuse_open_in`, {
  flags: field(u32le, 'Of open(2)'),
  openFlags: field(u32le, 'FUSE_OPEN_*'),
});

export const FuseOpenOut = struct('FuseOpenOut', `${FUSE_H}, struct fuse_open_out`, {
  fh: field(u64le, 'Handle of the open file'),
  openFlags: field(u32le, 'FOPEN_*'),
  padding: padding(4),
});

export const FuseReadIn = struct('FuseReadIn', `${FUSE_H}, struct fuse_read_in`, {
  fh: field(u64le, 'Handle'),
  offset: field(u64le, 'From where'),
  size: field(u32le, 'How many bytes at most'),
  readFlags: field(u32le, 'FUSE_READ_*'),
  lockOwner: field(u64le, 'Not used'),
  flags: field(u32le, 'Of open(2)'),
  padding: padding(4),
});

/** The bytes follow. */
export const FuseWriteIn = struct('FuseWriteIn', `${FUSE_H}, struct fuse_write_in`, {
  fh: field(u64le, 'Handle'),
  offset: field(u64le, 'To where'),
  size: field(u32le, 'How many bytes'),
  writeFlags: field(u32le, 'FUSE_WRITE_*'),
  lockOwner: field(u64le, 'Not used'),
  flags: field(u32le, 'Of open(2)'),
  padding: padding(4),
});

export const FuseWriteOut = struct('FuseWriteOut', `${FUSE_H}, struct fuse_write_out`, {
  size: field(u32le, 'Bytes that were taken'),
  padding: padding(4),
});

/** Of files and of directories. */
export const FuseReleaseIn = struct('FuseReleaseIn', `${FUSE_H}, struct fuse_release_in`, {
  fh: field(u64le, 'Handle'),
  flags: field(u32le, 'Of open(2)'),
  releaseFlags: field(u32le, 'FUSE_RELEASE_*'),
  lockOwner: field(u64le, 'Not used'),
});

export const FuseStatfsOut = struct('FuseStatfsOut', `${FUSE_H}, struct fuse_kstatfs`, {
  blocks: field(u64le, 'Blocks'),
  bfree: field(u64le, 'Free blocks'),
  bavail: field(u64le, 'Free blocks for users'),
  files: field(u64le, 'Inodes'),
  ffree: field(u64le, 'Free inodes'),
  bsize: field(u32le, 'Size of a block in bytes'),
  namelen: field(u32le, 'Longest name in bytes'),
  frsize: field(u32le, 'Size of a fragment in bytes'),
  padding: padding(4),
  spare: padding(24),
});

/** The name follows, padded to a multiple of 8 bytes. */
export const FuseDirent = struct('FuseDirent', `${FUSE_H}, struct fuse_dirent`, {
  ino: field(u64le, 'Inode'),
  off: field(u64le, 'Where to go on after this entry'),
  namelen: field(u32le, 'Size of the name in bytes'),
  type: field(u32le, 'Type, as in the upper bits of st_mode'),
});

/** The argument follows. */
export const FuseIoctlIn = struct('FuseIoctlIn', `${FUSE_H}, struct fuse_ioctl_in`, {
  fh: field(u64le, 'Handle'),
  flags: field(u32le, 'FUSE_IOCTL_*'),
  cmd: field(u32le, 'Command'),
  arg: field(u64le, 'Argument of ioctl(2)'),
  inSize: field(u32le, 'Bytes of the argument'),
  outSize: field(u32le, 'Bytes that the caller takes back'),
});

/** What the caller takes back follows. */
export const FuseIoctlOut = struct('FuseIoctlOut', `${FUSE_H}, struct fuse_ioctl_out`, {
  result: field(u32le, 'Result of ioctl(2)'),
  flags: field(u32le, 'FUSE_IOCTL_*'),
  inIovs: field(u32le, 'Not used'),
  outIovs: field(u32le, 'Not used'),
});

/** Where each field of a table with fixed sizes stands, when the structure starts at `start`. */
export function offsetsOf<T>(layout: Layout<T>, start = 0): Readonly<Record<keyof T, number>> {
  let at = start;
  const entries = Object.entries(layout.rows).map(([name, { codec }]) => {
    const here = at;
    if (codec.size === undefined) throw new TypeError(`${layout.name}.${name} has no fixed size`);
    at += codec.size;
    return [name, here] as const;
  });
  return Object.fromEntries(entries) as Record<keyof T, number>;
}
