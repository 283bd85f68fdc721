/** Attribute bits of TDs and enclaves. Spec: Intel TDX Module ABI (ATTRIBUTES, XFAM); Intel SDM vol. 3D (SECS.ATTRIBUTES). */
import { bytes, field, flags, struct, u64le } from '@tsm/core/layout';

/** TD ATTRIBUTES, as Linux arch/x86/include/asm/shared/tdx.h numbers them. */
export const TD_ATTRIBUTES = {
  DEBUG: 0,
  HGS_PLUS_PROF: 4,
  PERF_PROF: 5,
  PMT_PROF: 6,
  ICSSD: 16,
  LASS: 27,
  SEPT_VE_DISABLE: 28,
  MIGRATABLE: 29,
  PKS: 30,
  KL: 31,
  TPA: 62,
  PERFMON: 63,
} as const;

/** State components that XFAM may enable (mask 0x6dbe7); FP and SSE always are. */
export const XFAM = {
  FP: 0,
  SSE: 1,
  AVX: 2,
  AVX512_OPMASK: 5,
  AVX512_ZMM_HI256: 6,
  AVX512_HI16_ZMM: 7,
  PT: 8,
  PKRU: 9,
  CET_U: 11,
  CET_S: 12,
  ULI: 14,
  LBR: 15,
  AMX_TILECFG: 17,
  AMX_TILEDATA: 18,
} as const;

/** Enclave ATTRIBUTES.FLAGS (Intel SDM vol. 3D, ATTRIBUTES structure). */
const ENCLAVE_FLAGS = {
  INIT: 0,
  DEBUG: 1,
  MODE64BIT: 2,
  PROVISIONKEY: 4,
  EINITTOKEN_KEY: 5,
  CET: 6,
  KSS: 7,
  AEXNOTIFY: 10,
} as const;

export const SgxAttributes = struct('SgxAttributes', 'Intel SDM vol. 3D, ATTRIBUTES structure', {
  flags: field(flags(u64le, ENCLAVE_FLAGS), 'Properties of the enclave'),
  xfrm: field(bytes(8), 'XSAVE components the enclave may use'),
});
