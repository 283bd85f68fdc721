/** The measurement registers of a TVM, by implementation. Spec: CoVE specification, Measurements; sbi_covg_get_attcaps. */
import { ALGORITHMS, type RegisterRole, type RegisterSpec } from '@tsm/core';

/** Hashes that a register may have here; the specification names SHA3-384 and SHA3-512 as well. */
export type CoveHash = 'sha384' | 'sha512';

/** What is measured before a TVM runs, in the order in which it is measured. */
export const TCB_ELEMENTS = [
  'platformFirmware',
  'platformConfig',
  'tsmSoftware',
  'tsmConfig',
  'tvmPages',
  'tvmConfig',
] as const;

export type TcbElement = (typeof TCB_ELEMENTS)[number];

/** Titles as the specification has them in its example of a layout. */
const ELEMENT_TITLES: Readonly<Record<TcbElement, string>> = {
  platformFirmware: 'Platform firmware',
  platformConfig: 'Platform configuration',
  tsmSoftware: 'TSM software',
  tsmConfig: 'TSM configuration',
  tvmPages: 'TVM code and static data',
  tvmConfig: 'TVM configuration',
};

/** An initial register: it holds these elements, each of which stands in one register only. */
export interface InitialRegister {
  readonly measures: readonly TcbElement[];
  /** TCG PCR that it maps to. */
  readonly pcr?: number;
}

export interface RuntimeRegister {
  readonly pcr?: number;
}

/** Which registers a TSM has: 1 to 8 initial ones and up to 18 runtime ones. */
export interface RegisterMap {
  readonly hash: CoveHash;
  readonly initial: readonly InitialRegister[];
  readonly runtime: readonly RuntimeRegister[];
}

/** The specification's example of six initial registers; four runtime ones. */
export const SPEC_MAP: RegisterMap = {
  hash: 'sha384',
  initial: [
    { measures: ['platformFirmware'], pcr: 0 },
    { measures: ['platformConfig'], pcr: 1 },
    { measures: ['tsmSoftware'] },
    { measures: ['tsmConfig'] },
    { measures: ['tvmPages'] },
    { measures: ['tvmConfig'] },
  ],
  runtime: [{}, {}, {}, {}],
};

/** Registers of salus, by PCR; the order is that of the fwids in its certificates. */
export const SALUS_MAP: RegisterMap = {
  hash: 'sha384',
  initial: [
    { measures: ['platformFirmware', 'tsmSoftware'], pcr: 0 },
    { measures: ['platformConfig', 'tsmConfig'], pcr: 1 },
    { measures: ['tvmPages'], pcr: 2 },
    { measures: ['tvmConfig'], pcr: 3 },
  ],
  runtime: [{ pcr: 17 }, { pcr: 18 }, { pcr: 19 }, { pcr: 20 }],
};

/** What may change without the TVM being another. */
const UNSTABLE: readonly TcbElement[] = ['platformConfig', 'tsmConfig'];

export interface CoveRegister extends RegisterSpec {
  readonly algorithm: CoveHash;
  /** `msmt_index` in the ABI: the position among all registers, in salus the PCR. */
  readonly index: number;
  /** Empty for a runtime register. */
  readonly measures: readonly TcbElement[];
  /** A sealing identifier depends on it: what it holds is the TVM itself. The rule is salus's. */
  readonly stable: boolean;
}

/** Roles of the first runtime registers, as in the other technologies; the specification gives them no purpose. */
const RUNTIME_ROLES: readonly RegisterRole[] = ['firmware', 'bootloader', 'os', 'application'];

function roleOf(measures: readonly TcbElement[], runtime: number): RegisterRole {
  if (measures.includes('tvmPages')) return 'launch';
  if (measures.includes('tvmConfig')) return 'config';
  return measures.length > 0 ? 'platform' : (RUNTIME_ROLES[runtime] ?? 'other');
}

/**
 * The specification leaves UEFI's numbers open (it refers to UEFI §38 for firmware that measures): the first runtime
 * registers take those of the RTMRs, as their roles do.
 */
function numbersOf(
  { pcr }: RuntimeRegister,
  measures: readonly TcbElement[],
  runtime: number,
): RegisterSpec['numbers'] {
  const measured = measures.length > 0;
  const ccMr = measures.includes('tvmPages')
    ? 0
    : !measured && runtime < RUNTIME_ROLES.length
      ? runtime + 1
      : undefined;
  return { ...(ccMr === undefined ? {} : { ccMr }), ...(pcr === undefined ? {} : { pcrs: [pcr] }) };
}

/** Name of a register of the specification: `mr` and its index. */
export function specRegisterName(index: number): string {
  return `mr${String(index)}`;
}

function checkMap({ initial, runtime, hash }: RegisterMap): void {
  const measured = initial.flatMap(({ measures }) => measures);
  const missing = TCB_ELEMENTS.filter((one) => measured.filter((other) => other === one).length !== 1);
  if (initial.length < 1 || initial.length > 8)
    throw new RangeError(`initial: expected 1 to 8 registers, got ${String(initial.length)}`);
  if (runtime.length > 18)
    throw new RangeError(`runtime: expected at most 18 registers, got ${String(runtime.length)}`);
  if (missing.length > 0 || initial.some(({ measures }) => measures.length === 0))
    throw new TypeError(
      `initial: expected each of ${TCB_ELEMENTS.join(', ')} in one register, and none empty`,
    );
  // Whoever loads a configuration from a file is not held by the type.
  if (!['sha384', 'sha512'].includes(hash))
    throw new TypeError(`hash: expected sha384 or sha512, got ${hash}`);
}

/** The registers of a map, initial ones first. `byPcr`: named and addressed by PCR, as salus does. */
export function registersOf(map: RegisterMap, byPcr: boolean): readonly CoveRegister[] {
  checkMap(map);
  const all: readonly (InitialRegister | RuntimeRegister)[] = [...map.initial, ...map.runtime];
  return all.map((one, position) => {
    const measures = 'measures' in one ? one.measures : [];
    const kind = measures.length > 0 ? 'static' : 'runtime';
    const runtime = position - map.initial.length;
    return {
      name: byPcr ? `pcr${String(one.pcr)}` : specRegisterName(position),
      title:
        measures.length > 0
          ? measures.map((element) => ELEMENT_TITLES[element]).join(', ')
          : `Runtime measurements ${String(runtime)}`,
      kind,
      role: roleOf(measures, runtime),
      algorithm: map.hash,
      size: ALGORITHMS[map.hash].size,
      numbers: numbersOf(one, measures, runtime),
      readable: true,
      extensible: kind === 'runtime',
      live: kind === 'runtime',
      hasLog: kind === 'runtime',
      index: byPcr && one.pcr !== undefined ? one.pcr : position,
      measures,
      stable: measures.length === 0 || measures.some((element) => !UNSTABLE.includes(element)),
    };
  });
}
