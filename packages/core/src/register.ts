/** Measurement registers: what each is called, what it holds, and its number in every numbering. */
import { ALGORITHMS, type AlgorithmName } from './digest.ts';

/** `static`: fixed before the guest runs. `runtime`: extended by the guest. */
export type RegisterKind = 'static' | 'runtime';

/** What a register stands for, whatever the vendor calls it: the common way for user space to name registers. */
export type RegisterRole =
  | 'launch'
  | 'config'
  | 'owner'
  | 'ownerConfig'
  | 'platform'
  | 'firmware'
  | 'bootloader'
  | 'os'
  | 'application'
  | 'other';

/** The numbers one register has. CC MR: UEFI 2.10 §38.4.1. PCR: the TPM registers that map to it. */
export interface RegisterNumbers {
  readonly ccMr?: number;
  readonly rtmr?: number;
  readonly pcrs?: readonly number[];
}

/** A log that exists before the guest writes anything; the guest driver supplies it, for static registers too. */
export interface InitialLog {
  /** Format id as the event-log package names it, such as `ccel`. */
  readonly format: string;
  readonly bytes: Uint8Array;
}

/** One measurement register as a provider declares it. */
export interface RegisterSpec {
  /** As the kernel or the specification spells it, lower case: `rtmr0`, `mrtd`, `rem1`. */
  readonly name: string;
  readonly title: string;
  readonly kind: RegisterKind;
  readonly role: RegisterRole;
  /** Hash of the register, or null where the value is no digest (kernel flag TSM_MR_F_NOHASH). */
  readonly algorithm: AlgorithmName | null;
  /** Size of the value in bytes. */
  readonly size: number;
  readonly numbers: RegisterNumbers;
  readonly readable: boolean;
  /** Kernel flag TSM_MR_F_WRITABLE on a hash register: a write extends. */
  readonly extensible: boolean;
  /** Kernel flag TSM_MR_F_LIVE: may change behind the guest driver's back. */
  readonly live: boolean;
  readonly hasLog: boolean;
  readonly initialLog?: InitialLog;
}

/**
 * A register from what is particular to it. The rest: static, of the size of its algorithm, readable, in no numbering; a
 * runtime one is live, can be extended and has a log. A value that is no digest needs a size, else it is a TypeError.
 */
export function defineRegister(
  register: Pick<RegisterSpec, 'name' | 'algorithm'> & Partial<RegisterSpec>,
): RegisterSpec {
  const { name, algorithm, kind = 'static', extensible = kind === 'runtime' } = register;
  const size = register.size ?? (algorithm === null ? undefined : ALGORITHMS[algorithm].size);
  if (size === undefined) throw new TypeError(`${name}: expected a size, as it has no algorithm`);
  return {
    ...{ title: name, kind, role: 'other', size, numbers: {}, readable: true },
    ...{ extensible, live: kind === 'runtime', hasLog: extensible },
    ...register,
  };
}

/** One row of the mapping between numberings. */
export interface RegisterNumbering {
  /** Name in the TDX numbering. */
  readonly name: string;
  readonly ccMr: number;
  readonly rtmr?: number;
  readonly pcrs: readonly number[];
}

/**
 * CC measurement register ↔ RTMR ↔ PCR, as one table (UEFI 2.10 §38.4.1, table 38.2). No PCR above 15 is mapped there;
 * PCR 17 → CC MR 4 is a convention of the confidential-containers agent.
 */
export const REGISTER_NUMBERING: readonly RegisterNumbering[] = [
  { name: 'mrtd', ccMr: 0, pcrs: [0] },
  { name: 'rtmr0', ccMr: 1, rtmr: 0, pcrs: [1, 7] },
  { name: 'rtmr1', ccMr: 2, rtmr: 1, pcrs: [2, 3, 4, 5, 6] },
  { name: 'rtmr2', ccMr: 3, rtmr: 2, pcrs: [8, 9, 10, 11, 12, 13, 14, 15] },
  { name: 'rtmr3', ccMr: 4, rtmr: 3, pcrs: [] },
];

/** The row with this CC measurement register index, or undefined. */
export function numberingOfCcMr(ccMr: number): RegisterNumbering | undefined {
  return REGISTER_NUMBERING.find((row) => row.ccMr === ccMr);
}

/** Name with hash, as the merged kernel ABI names the file: `rtmr0:sha384`; without one for a value that is no digest. */
export function registerFullName(register: RegisterSpec): string {
  return register.algorithm === null ? register.name : `${register.name}:${register.algorithm}`;
}

/** How a register is addressed: by its name, or by its full name where several banks share the name (crypto agility). */
export function registerAddress(registers: readonly RegisterSpec[], register: RegisterSpec): string {
  const shared = registers.filter((other) => other.name === register.name).length > 1;
  return shared ? registerFullName(register) : register.name;
}

/** The register with this address or full name, in either case, or undefined. */
export function findRegister(registers: readonly RegisterSpec[], address: string): RegisterSpec | undefined {
  const wanted = address.toLowerCase();
  return registers.find(
    (one) => registerAddress(registers, one) === wanted || registerFullName(one) === wanted,
  );
}
