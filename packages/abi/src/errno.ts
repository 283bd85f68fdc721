/** Error numbers of Linux on x86-64 and arm64, by the names that a TsmError carries as its code. */
import { TsmError } from '@tsm/core';

/** include/uapi/asm-generic/errno-base.h, errno.h. */
export const ERRNO = {
  ...{ EPERM: 1, ENOENT: 2, EINTR: 4, EIO: 5, ENXIO: 6, EBADF: 9, EAGAIN: 11, ENOMEM: 12, EACCES: 13 },
  ...{ EFAULT: 14, EBUSY: 16, EEXIST: 17, ENODEV: 19, ENOTDIR: 20, EISDIR: 21, EINVAL: 22, ENOTTY: 25 },
  ...{ ETXTBSY: 26, EFBIG: 27, ENOSPC: 28, ESPIPE: 29, EROFS: 30, ERANGE: 34, ENAMETOOLONG: 36, ENOSYS: 38 },
  ...{ ENOTEMPTY: 39, EBADMSG: 74, EOPNOTSUPP: 95, ETIMEDOUT: 110 },
} as const;

export type Errno = keyof typeof ERRNO;

export function errno(code: Errno, message: string): TsmError {
  return new TsmError(code, message);
}

/** Name of the error that a system call would return; undefined when something else went wrong. */
export function errnoOf(error: unknown): Errno | undefined {
  return error instanceof TsmError && Object.hasOwn(ERRNO, error.code) ? (error.code as Errno) : undefined;
}
