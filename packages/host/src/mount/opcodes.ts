/** Numbers of the kernel's FUSE protocol, version 7 (include/uapi/linux/fuse.h). */

/** enum fuse_opcode, as far as a tree of attributes needs it. What is missing is answered with ENOSYS. */
export const OPCODE = {
  ...{ LOOKUP: 1, FORGET: 2, GETATTR: 3, SETATTR: 4, READLINK: 5, SYMLINK: 6, MKNOD: 8, MKDIR: 9 },
  ...{ UNLINK: 10, RMDIR: 11, RENAME: 12, LINK: 13, OPEN: 14, READ: 15, WRITE: 16, STATFS: 17 },
  ...{ RELEASE: 18, FLUSH: 25, INIT: 26, OPENDIR: 27, READDIR: 28, RELEASEDIR: 29, CREATE: 35 },
  ...{ INTERRUPT: 36, DESTROY: 38, IOCTL: 39, BATCH_FORGET: 42, RENAME2: 45 },
} as const;

/** Flags of INIT by bit. */
export const INIT_FLAGS = {
  ...{ ATOMIC_O_TRUNC: 3, BIG_WRITES: 5, DONT_MASK: 6, PARALLEL_DIROPS: 18, MAX_PAGES: 22 },
} as const;

/** FOPEN_*: nothing is cached, and lseek(2) is ESPIPE. */
export const OPEN_FLAGS = { DIRECT_IO: 1, NONSEEKABLE: 4 } as const;

/** Of open(2) on x86-64 and arm64. */
export const O_ACCMODE = 3;
export const O_APPEND = 0o2000;

/** File types of st_mode. */
export const FILE_TYPE = { directory: 0o040000, file: 0o100000, link: 0o120000 } as const;
