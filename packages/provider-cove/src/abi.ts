/** The CoVE ABI as data: SBI extensions, functions and errors. Source: CoVE specification, COVG and COVH; SBI specification, binary encoding. */
import { TsmError } from '@tsm/core';

/** SBI extension ids. `ATST` is salus's own, in place of the attestation functions of COVG. */
export const EXTENSION_ID = { COVH: 0x434f5648, COVG: 0x434f5647, ATST: 0x41545354 } as const;

/** Functions of the guest extension COVG, by name. */
export const COVG_FUNCTION = {
  add_mmio_region: 0,
  remove_mmio_region: 1,
  share_memory_region: 2,
  unshare_memory_region: 3,
  allow_external_interrupt: 4,
  deny_external_interrupt: 5,
  get_attcaps: 6,
  extend_measurement: 7,
  get_evidence: 8,
  retrieve_secret: 9,
  read_measurement: 10,
} as const;

/** Functions of the host extension COVH that decide what is measured. */
export const COVH_FUNCTION = { finalize_tvm: 6, add_tvm_measured_pages: 11 } as const;

/** Functions of salus's extension ATST. */
export const ATST_FUNCTION = {
  get_capabilities: 0,
  get_evidence: 1,
  extend_measurement: 2,
  read_measurement: 3,
} as const;

/**
 * SBI error codes, and the errno that Linux makes of each (arch/riscv, sbi_err_map_linux_errno): 524 is ENOTSUPP. The
 * CoVE draft also names SBI_ERR_BUSY and SBI_ERR_AUTH, without a number.
 */
export const SBI_ERROR = {
  SBI_ERR_FAILED: { code: -1, errno: 'ENOTSUPP' },
  SBI_ERR_NOT_SUPPORTED: { code: -2, errno: 'ENOTSUPP' },
  SBI_ERR_INVALID_PARAM: { code: -3, errno: 'EINVAL' },
  SBI_ERR_DENIED: { code: -4, errno: 'EPERM' },
  SBI_ERR_INVALID_ADDRESS: { code: -5, errno: 'EFAULT' },
  SBI_ERR_ALREADY_AVAILABLE: { code: -6, errno: 'ENOTSUPP' },
  SBI_ERR_ALREADY_STARTED: { code: -7, errno: 'ENOTSUPP' },
  SBI_ERR_ALREADY_STOPPED: { code: -8, errno: 'ENOTSUPP' },
  /** SBI_ERR_NO_SHMEM in the SBI specification, InsufficientBufferCapacity in salus. */
  SBI_ERR_NO_SHMEM: { code: -9, errno: 'ENOTSUPP' },
} as const;

export type SbiError = keyof typeof SBI_ERROR;

/**
 * What the TSM answers, as the error of a Linux driver: the code is the errno. `errno`: where a driver checks before it
 * calls, and so answers otherwise than the SBI code alone would.
 */
export function sbiError(name: SbiError, message: string, errno: string = SBI_ERROR[name].errno): TsmError {
  return new TsmError(errno, `${message} — ${name} (${String(SBI_ERROR[name].code)})`);
}

/** A buffer of this size, or the error of the TSM. */
export function expectSize(what: string, value: Uint8Array, size: number): void {
  if (value.length !== size)
    throw sbiError(
      'SBI_ERR_INVALID_PARAM',
      `${what}: expected ${String(size)} bytes, got ${String(value.length)}`,
    );
}

/** Size of the challenge in bytes (sbi_covg_get_evidence). */
export const CHALLENGE_SIZE = 64;

/** Bits of `certificate_formats` (AttestationCapabilities). */
export const CERTIFICATE_FORMAT = { cbor: 1, x509: 2 } as const;

export type CertificateFormat = keyof typeof CERTIFICATE_FORMAT;
