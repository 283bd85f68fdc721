/** The TSM of a simulated TVM: what a guest may ask it. Spec: CoVE specification, COVG functions 6 to 10. */
import type { Launch, Model, ModelTools } from '@tsm/core';
import type { CertificateFormat } from './abi.ts';
import type { CoveRegister } from './registers.ts';
import { salusTsm } from './tsm/salus-tsm.ts';
import { specTsm } from './tsm/spec-tsm.ts';
import { launchTvm } from './tsm/tvm.ts';

export interface CoveModel extends Required<Model> {
  /** The capabilities structure, by the specification or by salus. */
  getAttestationCapabilities(): Uint8Array;
  /**
   * A certificate over the present registers. Specification: `request` is the guest's public key, a COSE_Key, and
   * `challenge` 64 bytes. salus: `request` is a signed PKCS #10 request; challenge and format are ignored, as there.
   * `EINVAL` for what the TSM refuses.
   */
  getEvidence(request: Uint8Array, challenge: Uint8Array, format?: CertificateFormat): Uint8Array;
  /** TCB component identifiers, which the DICE layers of the TVM follow from. */
  tci(kind: 'attestation' | 'sealing'): Uint8Array;
  /** Compound device identifier of the TVM: secret on real hardware. */
  cdi(kind: 'attestation' | 'sealing'): Uint8Array;
}

/** Configuration of a TSM. */
export interface TsmForm {
  readonly registers: readonly CoveRegister[];
  readonly implementation: 'spec' | 'salus';
  /** Of what `report` returns. */
  readonly certificate: CertificateFormat;
  /** Where the secrets of salus come from: its published constants, or the seed. */
  readonly cdi: 'constant' | 'seed';
}

/** What the two implementations do each in their own way. */
export type Tsm = Omit<CoveModel, 'read' | 'extend' | 'tci'>;

/** Launches and finalizes a TVM. Keys and certificates are made when they are first asked for. */
export function startTvm(launch: Launch, tools: ModelTools, form: TsmForm): CoveModel {
  const salus = form.implementation === 'salus';
  const tvm = launchTvm(launch, tools, { registers: form.registers, salus });
  const tsm = salus ? salusTsm(launch, tools, tvm, form) : specTsm(launch, tools, tvm, form);
  return {
    ...tsm,
    read: (name) => tvm.read(name),
    extend: (name, value) => {
      tvm.extend(name, value);
    },
    tci: (kind) => tvm.tci(kind),
  };
}
