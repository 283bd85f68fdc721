/** What the host gives RMI_REALM_CREATE: one granule. Spec: Arm RMM specification (DEN0137), RmiRealmParams. */
import { bytes, enumOf, field, flags, reserved, struct, u16le, u64le, u8 } from '@tsm/core/layout';

/** Bits of `flags0`. The MEC policy has two bits (RMM 2.0). */
export const REALM_FLAGS = { LPA2: 0, SVE: 1, PMU: 2, DA: 3, MEC_POLICY_0: 7, MEC_POLICY_1: 8 } as const;

/** RmiHashAlgorithm; SHA-384 since RMM 2.0. */
export const RMI_HASH = { sha256: 0, sha512: 1, sha384: 2 } as const;

const hashes = Object.entries(RMI_HASH).map(([name, value]) => ({ name, value }));

/** 4096 bytes. Only the first seven fields are measured: the granule that is hashed has zeros elsewhere. */
export const RmiRealmParams = struct('RmiRealmParams', 'DEN0137, RmiRealmParams', {
  flags0: field(flags(u64le, REALM_FLAGS), 'What the realm may use; measured'),
  s2sz: field(u8, 'Size of the IPA space in bits; measured'),
  pad0: field(reserved(7), 'Zero'),
  sveVl: field(u8, 'SVE vector length / 128 − 1; measured'),
  pad1: field(reserved(7), 'Zero'),
  numBps: field(u8, 'Number of breakpoints − 1; measured'),
  pad2: field(reserved(7), 'Zero'),
  numWps: field(u8, 'Number of watchpoints − 1; measured'),
  pad3: field(reserved(7), 'Zero'),
  pmuNumCtrs: field(u8, 'Number of PMU counters; measured'),
  pad4: field(reserved(7), 'Zero'),
  hashAlgo: field(enumOf(u8, hashes), 'Hash of all measurements of the realm; measured'),
  pad5: field(reserved(7), 'Zero'),
  numAuxPlanes: field(u8, 'Number of auxiliary planes; not measured'),
  pad6: field(reserved(0x400 - 0x39), 'Zero'),
  rpv: field(bytes(64), 'Realm Personalization Value; not measured, but in the token'),
  atsPlane: field(u64le, 'Plane that uses ATS; not measured'),
  pad7: field(reserved(0x800 - 0x448), 'Zero'),
  vmid: field(u16le, 'VMID; not measured'),
  pad8: field(reserved(6), 'Zero'),
  rttBase: field(u64le, 'Address of the translation tables; not measured'),
  rttLevelStart: field(u64le, 'Level at which the walk starts; not measured'),
  rttNumStart: field(u64le, 'Number of tables at that level; not measured'),
  flags1: field(u64le, 'More flags; not measured'),
  pad9: field(bytes(0x1000 - 0x828), 'MECID, tables of auxiliary planes; not measured'),
});
