/** The measurement registers of a realm: RIM and REM0 to REM3. Spec: Arm RMM specification (DEN0137), A7.1. */
import {
  defineRegister,
  REGISTER_NUMBERING,
  type AlgorithmName,
  type RegisterRole,
  type RegisterSpec,
} from '@tsm/core';

/** Hashes that a realm may be created with; SHA-384 since RMM 2.0. */
export const REALM_HASHES = ['sha256', 'sha384', 'sha512'] as const satisfies readonly AlgorithmName[];

export type RealmHash = (typeof REALM_HASHES)[number];

interface CcaRegister extends RegisterSpec {
  readonly algorithm: RealmHash;
  /** Index that RSI_MEASUREMENT_READ and RSI_MEASUREMENT_EXTEND know the register by. */
  readonly rsiIndex: number;
}

const ROWS: readonly (readonly [name: string, role: RegisterRole, title: string])[] = [
  ['rim', 'launch', 'Realm Initial Measurement: parameters, initial memory and vCPUs'],
  ['rem0', 'firmware', 'Realm Extensible Measurement 0: firmware configuration'],
  ['rem1', 'bootloader', 'Realm Extensible Measurement 1: boot loader and kernel'],
  ['rem2', 'os', 'Realm Extensible Measurement 2: operating system'],
  ['rem3', 'application', 'Realm Extensible Measurement 3: applications'],
];

/** The registers of a realm with this hash, by RSI index. UEFI 2.10 §38.4.1 numbers RIM and REMs as MRTD and RTMRs. */
export function registersOf(algorithm: RealmHash): readonly CcaRegister[] {
  return ROWS.map(([name, role, title], rsiIndex) => {
    const numbering = REGISTER_NUMBERING.find(({ ccMr }) => ccMr === rsiIndex);
    const numbers = numbering ? { ccMr: numbering.ccMr, pcrs: numbering.pcrs } : {};
    const kind = rsiIndex === 0 ? 'static' : 'runtime';
    return { ...defineRegister({ name, title, kind, role, algorithm, numbers }), algorithm, rsiIndex };
  });
}
