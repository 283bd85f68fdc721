/** Guest policy and platform information. Spec: AMD SEV-SNP Firmware ABI (56860), §4.3, §7.3. */
import { field, flags, struct, u16le, u32le, u8 } from '@tsm/core/layout';

/** Bits 16 to 31 of POLICY, counted from 16. */
export const POLICY_FLAGS = {
  SMT: 0,
  MUST_BE_ONE: 1,
  MIGRATE_MA: 2,
  DEBUG: 3,
  SINGLE_SOCKET: 4,
  CXL_ALLOW: 5,
  MEM_AES_256_XTS: 6,
  RAPL_DIS: 7,
  CIPHERTEXT_HIDING_DRAM: 8,
  PAGE_SWAP_DISABLE: 9,
} as const;

/** 8 bytes: what the guest's owner allows. */
export const GuestPolicy = struct('GuestPolicy', 'AMD SEV-SNP ABI (56860) §4.3', {
  abiMinor: field(u8, 'Lowest minor version of the firmware ABI'),
  abiMajor: field(u8, 'Lowest major version of the firmware ABI'),
  flags: field(flags(u16le, POLICY_FLAGS), 'What is allowed (set) or demanded'),
  high: field(flags(u32le, {}), 'Bits 32 to 63: none is defined'),
});

/** PLATFORM_INFO. Bit 6 has no public meaning; real Turin reports have it. */
export const PLATFORM_INFO = {
  SMT_EN: 0,
  TSME_EN: 1,
  ECC_EN: 2,
  RAPL_DIS: 3,
  CIPHERTEXT_HIDING_DRAM_EN: 4,
  ALIAS_CHECK_COMPLETE: 5,
  TIO_EN: 7,
} as const;
