/** What the host gives RMI_REC_CREATE: one granule. Spec: Arm RMM specification (DEN0137), RmiRecParams. */
import { array, bytes, field, flags, reserved, struct, u64le } from '@tsm/core/layout';

/** Bits of `flags`. */
export const REC_FLAGS = { RUNNABLE: 0 } as const;

/** 4096 bytes. Flags, pc and general registers are measured: the granule that is hashed has zeros elsewhere. */
export const RmiRecParams = struct('RmiRecParams', 'DEN0137, RmiRecParams', {
  flags: field(flags(u64le, REC_FLAGS), 'Whether the vCPU may run; measured'),
  pad0: field(reserved(0x100 - 8), 'Zero'),
  mpidr: field(u64le, 'MPIDR of the vCPU; not measured'),
  pad1: field(reserved(0x100 - 8), 'Zero'),
  pc: field(u64le, 'Where the vCPU starts; measured'),
  pad2: field(reserved(0x100 - 8), 'Zero'),
  gprs: field(array(u64le, 8), 'X0 to X7; measured'),
  rest: field(bytes(0x1000 - 0x340), 'Auxiliary granules; not measured'),
});
