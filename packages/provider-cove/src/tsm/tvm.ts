/** One TVM in the hands of the TSM: what it was launched with, and its registers. Spec: CoVE specification, add_tvm_measured_pages, finalize_tvm, extend_measurement. */
import { TsmError, type Launch, type ModelTools } from '@tsm/core';
import { decodeStrict } from '@tsm/core/layout';
import { sbiError } from '../abi.ts';
import { PLATFORM_STATE } from '../claims.ts';
import { ConfigurationRecord } from '../layout/measurement.ts';
import {
  emptyRegister,
  extendData,
  extended,
  measureConfiguration,
  measurePages,
  tciOf,
} from '../measurement.ts';
import { measuredBefore, softwareOf } from './platform.ts';
import type { CoveRegister } from '../registers.ts';

/** Where an image is loaded, and a TVM is entered, when nothing else is said. */
export const DEFAULT_GPA = 0x80200000n;

/** What the host gives beside the image, by the name in `launch.values`. Numbers: 8 bytes, little-endian. */
interface HostInputs {
  readonly gpa: bigint;
  readonly entryPc: bigint;
  readonly entryArg: bigint;
  readonly vmId: Uint8Array;
  /** 64 bytes; all zero: none. */
  readonly identity: Uint8Array;
  readonly platformState: number;
}

const VALUE_SIZES: Readonly<Record<string, number>> = {
  gpa: 8,
  'entry-pc': 8,
  'entry-arg': 8,
  'vm-id': 8,
  identity: 64,
  'platform-state': 1,
};

function checkValues(values: NonNullable<Launch['values']>): void {
  for (const [name, value] of Object.entries(values)) {
    const size = VALUE_SIZES[name];
    if (size === undefined) {
      const known = Object.keys(VALUE_SIZES).join(', ');
      throw new TsmError('EINVAL', `launch.values.${name}: expected one of ${known}`);
    }
    if (value.length !== size) {
      throw new TsmError(
        'EINVAL',
        `launch.values.${name}: expected ${String(size)} bytes, got ${String(value.length)}`,
      );
    }
  }
}

/** `EINVAL` for an unknown name, a wrong size, an address inside a page, or a state that the draft does not have. */
function hostInputs(values: Launch['values'] = {}): HostInputs {
  checkValues(values);
  const number = (name: string, fallback: bigint): bigint => {
    const value = values[name];
    return value ? decodeStrict(ConfigurationRecord, value).value : fallback;
  };
  const gpa = number('gpa', DEFAULT_GPA);
  if (gpa % 4096n !== 0n)
    throw sbiError('SBI_ERR_INVALID_ADDRESS', 'launch.values.gpa: expected the start of a page', 'EINVAL');
  const platformState = values['platform-state']?.[0] ?? PLATFORM_STATE.secured;
  if (!Object.values<number>(PLATFORM_STATE).includes(platformState))
    throw new TsmError(
      'EINVAL',
      `launch.values.platform-state: expected 1 to 4, got ${String(platformState)}`,
    );
  return {
    gpa,
    entryPc: number('entry-pc', gpa),
    entryArg: number('entry-arg', 0n),
    vmId: values['vm-id'] ?? Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0),
    identity: values['identity'] ?? new Uint8Array(64),
    platformState,
  };
}

export interface Tvm {
  readonly inputs: HostInputs;
  read(name: string): Uint8Array;
  extend(name: string, value: Uint8Array): void;
  /** Every register with its present value, in the order of the map. */
  readonly registers: readonly (CoveRegister & { readonly value: Uint8Array })[];
  /** Over the initial registers; and over all that are stable. */
  tci(kind: 'attestation' | 'sealing'): Uint8Array;
}

/** How a TSM measures. `salus`: zero platform registers, and extends that hash the whole buffer. */
export interface TvmForm {
  readonly registers: readonly CoveRegister[];
  readonly salus: boolean;
}

function launched(launch: Launch, inputs: HostInputs, { digests }: ModelTools, form: TvmForm): Uint8Array[] {
  const before = form.salus
    ? new Map<string, readonly Uint8Array[]>()
    : measuredBefore(softwareOf(digests, form.registers[0]?.algorithm ?? 'sha384'));
  return form.registers.map(({ algorithm: hash, measures }) => {
    const measuring = { digests, hash };
    let value = emptyRegister(hash);
    for (const element of measures) {
      for (const digest of before.get(element) ?? []) value = extended(measuring, value, digest);
      if (element === 'tvmPages' && launch.image)
        value = measurePages(measuring, value, launch.image, inputs.gpa);
      if (element === 'tvmConfig') {
        value = measureConfiguration(measuring, value, inputs.entryPc);
        value = measureConfiguration(measuring, value, inputs.entryArg);
      }
    }
    return value;
  });
}

/** Launches and finalizes a TVM: from here on only runtime registers can be extended. */
export function launchTvm(launch: Launch, tools: ModelTools, form: TvmForm): Tvm {
  const { digests } = tools;
  const inputs = hostInputs(launch.values);
  const values = launched(launch, inputs, tools, form);
  const positionOf = (name: string): number => {
    const position = form.registers.findIndex((one) => one.name === name);
    if (position < 0) throw sbiError('SBI_ERR_INVALID_PARAM', `register: this TVM has no ${name}`);
    return position;
  };
  const all = (): Tvm['registers'] =>
    form.registers.map((register, i) => ({
      ...register,
      value: values[i]?.slice() ?? emptyRegister(register.algorithm),
    }));

  return {
    inputs,
    get registers() {
      return all();
    },
    read: (name) => values[positionOf(name)]?.slice() ?? new Uint8Array(0),
    extend(name, value) {
      const position = positionOf(name);
      const { extensible, size, algorithm: hash } = form.registers[position] ?? {};
      if (!extensible || hash === undefined)
        throw sbiError('SBI_ERR_INVALID_PARAM', `register: ${name} is locked since the TVM was finalized`);
      if (value.length !== size) {
        const message = `${name}: expected ${String(size)} bytes, got ${String(value.length)}`;
        // The kernel refuses the size before the TSM sees it.
        throw sbiError(form.salus ? 'SBI_ERR_NO_SHMEM' : 'SBI_ERR_INVALID_PARAM', message, 'EINVAL');
      }
      const old = values[position] ?? emptyRegister(hash);
      values[position] = extended({ digests, hash }, old, extendData(value, form.salus));
    },
    tci(kind) {
      const counted = all().filter(({ kind: sort, stable }) =>
        kind === 'attestation' ? sort === 'static' : stable,
      );
      return tciOf(
        { digests, hash: form.registers[0]?.algorithm ?? 'sha384' },
        counted.map(({ value }) => value),
      );
    },
  };
}
