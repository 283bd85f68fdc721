/** The launch calculator: from a VMM, its images and the host's limits to the RIM. */
import type {
  Digests,
  Issue,
  LaunchCalculator,
  LaunchInput,
  LaunchInputs,
  LaunchPrediction,
  Place,
} from '@tsm/core';
import { CCA_ISSUES } from '../issues.ts';
import { REALM_FLAGS } from '../layout/realm-params.ts';
import { REALM_HASHES } from '../registers.ts';
import { measureRealm } from './realm.ts';
import { type RealmParameters } from './rim.ts';
import { planVm, VMMS } from './vmm.ts';

const RMMS = ['1.0', '2.0'] as const;
const SWITCH = ['off', 'on'] as const;

const INPUTS = [
  { name: 'vmm', title: 'Program that starts the realm', kind: 'choice', required: true, choices: VMMS },
  { name: 'memory', title: 'Size of RAM in MiB', kind: 'number', required: true },
  { name: 'kernel', title: 'Linux kernel, an uncompressed arm64 Image', kind: 'file' },
  { name: 'initrd', title: 'Initial RAM disk', kind: 'file' },
  { name: 'firmware', title: 'Firmware image', kind: 'file' },
  { name: 'dtb', title: 'Device tree, as the VMM generates it', kind: 'file', default: 'none is loaded' },
  {
    name: 'rmm',
    title: 'Version of the RMM',
    kind: 'choice',
    choices: RMMS,
    default: '1.0, which measures RIPAS; 2.0 does not',
  },
  {
    name: 'hash',
    title: 'Hash algorithm of the realm',
    kind: 'choice',
    choices: REALM_HASHES,
    default: "the VMM's: sha256 of kvmtool, sha512 of the others",
  },
  { name: 'ipa-bits', title: 'Size of the IPA space in bits', kind: 'number', default: "the VMM's choice" },
  { name: 'breakpoints', title: 'Number of breakpoints', kind: 'number', default: '2' },
  { name: 'watchpoints', title: 'Number of watchpoints', kind: 'number', default: '2' },
  { name: 'pmu-counters', title: 'Number of PMU counters', kind: 'number', default: 'no PMU' },
  { name: 'sve-bits', title: 'SVE vector length in bits', kind: 'number', default: 'no SVE' },
  { name: 'lpa2', title: 'Whether the realm uses LPA2', kind: 'choice', choices: SWITCH, default: 'off' },
  {
    name: 'log',
    title: 'Whether the VMM reserves memory for a measurement log',
    kind: 'choice',
    choices: SWITCH,
    default: 'off',
  },
] as const satisfies readonly LaunchInput[];

type InputName = (typeof INPUTS)[number]['name'];

/** Reads inputs of the kind that each has; another kind is a TypeError. */
function reader(inputs: LaunchInputs) {
  const wrong = (name: string, expected: string): never => {
    throw new TypeError(`${name}: expected ${expected}`);
  };
  return {
    file(name: InputName): Uint8Array | undefined {
      const value = inputs[name];
      return value === undefined || value instanceof Uint8Array ? value : wrong(name, 'the bytes of a file');
    },
    number(name: InputName): number | undefined {
      const value = inputs[name];
      const plain = typeof value === 'bigint' ? Number(value) : value;
      return plain === undefined || typeof plain === 'number' ? plain : wrong(name, 'a number');
    },
    choice<T extends string>(name: InputName, choices: readonly T[]): T | undefined {
      const value = inputs[name];
      if (value === undefined) return undefined;
      return choices.find((one) => one === value) ?? wrong(name, `one of ${choices.join(', ')}`);
    },
  };
}

/** The place of an input, which has no bytes. */
const placeOf = (path: string): Place => ({ path, offset: 0, length: 0 });

/** Whole numbers in their range, and multiples where the RMM wants them; undefined with an issue otherwise. */
function checked(
  issues: Issue[],
  name: InputName,
  value: number,
  { from, to, unit = 1 }: { readonly from: number; readonly to: number; readonly unit?: number },
): number | undefined {
  if (Number.isInteger(value) && value >= from && value <= to && value % unit === 0) return value;
  const multiple = unit === 1 ? 'a whole number' : `a multiple of ${String(unit)}`;
  const expected = `${multiple} from ${String(from)} to ${String(to)}`;
  issues.push(CCA_ISSUES.make('cca.launch-parameter', placeOf(name), { found: String(value), expected }));
  return undefined;
}

type Reader = ReturnType<typeof reader>;

/** What the realm may use, from the host's limits; undefined with issues when a number is none the RMM takes. */
function parametersOf(read: Reader, ipaBits: number, issues: Issue[]): RealmParameters | undefined {
  const debug = { from: 2, to: 64 };
  const s2sz = checked(issues, 'ipa-bits', ipaBits, { from: 32, to: 52 });
  const breakpoints = checked(issues, 'breakpoints', read.number('breakpoints') ?? 2, debug);
  const watchpoints = checked(issues, 'watchpoints', read.number('watchpoints') ?? 2, debug);
  const pmu = read.number('pmu-counters');
  const counters = checked(issues, 'pmu-counters', pmu ?? 0, { from: 0, to: 31 });
  const sve = checked(issues, 'sve-bits', read.number('sve-bits') ?? 0, { from: 0, to: 2048, unit: 128 });
  if (s2sz === undefined || breakpoints === undefined || watchpoints === undefined) return undefined;
  if (counters === undefined || sve === undefined) return undefined;
  const bits = [
    ...(read.choice('lpa2', SWITCH) === 'on' ? [REALM_FLAGS.LPA2] : []),
    ...(sve > 0 ? [REALM_FLAGS.SVE] : []),
    ...(pmu === undefined ? [] : [REALM_FLAGS.PMU]),
  ];
  return {
    flags0: bits.reduce((flags, bit) => flags | (1n << BigInt(bit)), 0n),
    s2sz,
    sveVl: sve > 0 ? sve / 128 - 1 : 0,
    numBps: breakpoints - 1,
    numWps: watchpoints - 1,
    pmuNumCtrs: counters,
  };
}

/** Largest RAM that an IPA space holds, in MiB. */
const MAX_MEMORY = 2 ** 32;

function calculate(inputs: LaunchInputs, digests: Digests): LaunchPrediction {
  const read = reader(inputs);
  const issues: Issue[] = [];
  const vmm = read.choice('vmm', VMMS);
  const memory = read.number('memory');
  if (vmm === undefined || memory === undefined) throw new TypeError('vmm, memory: expected both');
  const rmm = read.choice('rmm', RMMS) ?? '1.0';
  const rules = `${vmm}, RMM ${rmm}: RIPAS ${rmm === '1.0' ? '' : 'not '}measured`;
  const nothing = (): LaunchPrediction => ({ rules, registers: [], steps: [], issues });

  const mebibytes = checked(issues, 'memory', memory, { from: 2, to: MAX_MEMORY, unit: 2 });
  if (mebibytes === undefined) return nothing();
  const [kernel, initrd, firmware, dtb] = (['kernel', 'initrd', 'firmware', 'dtb'] as const).map((name) =>
    read.file(name),
  );
  const log = read.choice('log', SWITCH) === 'on';
  const size = BigInt(mebibytes) << 20n;
  const plan = planVm(vmm, { memory: size, kernel, initrd, firmware, dtb, log });
  issues.push(...plan.issues);

  const ipaBits = read.number('ipa-bits') ?? plan.ipaBits;
  if (ipaBits === undefined) {
    const unknown = {
      found: 'RAM above 255 GiB',
      expected: 'ipa-bits, because it moves the VMM’s PCI window',
    };
    issues.push(CCA_ISSUES.make('cca.launch-parameter', placeOf('ipa-bits'), unknown));
    return nothing();
  }
  const parameters = parametersOf(read, ipaBits, issues);
  const top = plan.calls.reduce((end, one) => (one.call === 'ripas' && one.top > end ? one.top : end), 0n);
  if (parameters && top > 1n << BigInt(parameters.s2sz)) {
    const found = `RAM up to 0x${top.toString(16)} in ${String(parameters.s2sz)} bits`;
    const expected = 'an IPA space that holds it';
    issues.push(CCA_ISSUES.make('cca.launch-parameter', placeOf('ipa-bits'), { found, expected }));
    return nothing();
  }
  if (!parameters || issues.some(({ severity }) => severity === 'error')) return nothing();

  const hashAlgorithm = read.choice('hash', REALM_HASHES) ?? plan.hashAlgorithm;
  const realm = { hashAlgorithm, parameters, calls: plan.calls, ripasMeasured: rmm === '1.0' };
  const { rim, steps } = measureRealm(digests, realm);
  return { rules, registers: [{ name: 'rim', algorithm: hashAlgorithm, value: rim }], steps, issues };
}

export const ccaLaunch: LaunchCalculator = { inputs: INPUTS, calculate };
