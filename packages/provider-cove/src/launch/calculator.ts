/** The launch calculator: from images and configuration to the initial registers of a TVM. Spec: CoVE specification, Initial Measurements; salus page records. */
import type {
  Digests,
  Issue,
  LaunchCalculator,
  LaunchInputs,
  LaunchPrediction,
  LaunchStep,
  PredictedRegister,
} from '@tsm/core';
import { COVE_ISSUES } from '../issues.ts';
import {
  emptyRegister,
  measureConfiguration,
  measurePages,
  PAGE_SIZE,
  tciOf,
  type Measuring,
} from '../measurement.ts';
import { registersOf, SALUS_MAP, SPEC_MAP, type CoveRegister, type RegisterMap } from '../registers.ts';
import { INPUTS, readInputs, type Region } from './inputs.ts';

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** One prediction while it is made. */
interface Run {
  readonly measuring: Measuring;
  readonly steps: LaunchStep[];
  readonly regions: readonly Region[];
  readonly entryPc: bigint;
  readonly entryArg: bigint;
}

function addPages(run: Run, register: string, start: Uint8Array): Uint8Array {
  return run.regions.reduce((old, { image, gpa, words }) => {
    const value = measurePages(run.measuring, old, image, gpa);
    const count = Math.ceil(image.length / PAGE_SIZE);
    if (count > 0)
      run.steps.push({ register, words: `page of ${words} at ${hex(gpa)}, ascending`, value, count });
    return value;
  }, start);
}

function addConfiguration(run: Run, register: string, start: Uint8Array): Uint8Array {
  const inputs = [
    ['entry_sepc', run.entryPc],
    ['entry_arg', run.entryArg],
  ] as const;
  return inputs.reduce((old, [name, input]) => {
    const value = measureConfiguration(run.measuring, old, input);
    run.steps.push({ register, words: `${name} ${hex(input)}`, value });
    return value;
  }, start);
}

/** The register's value, or undefined where what it starts from is not known. */
function predict(run: Run, { name, measures }: CoveRegister, given: Uint8Array | undefined) {
  const platform = measures.some((element) => element !== 'tvmPages' && element !== 'tvmConfig');
  if (platform && !given) return undefined;
  let value = given ?? emptyRegister(run.measuring.hash);
  if (platform) run.steps.push({ register: name, words: 'measured by the root of trust', value });
  for (const element of measures) {
    if (element === 'tvmPages') value = addPages(run, name, value);
    if (element === 'tvmConfig') value = addConfiguration(run, name, value);
  }
  return value;
}

/** The identifiers that the DICE layers follow from, when every register under them is known. */
function addTci(
  run: Run,
  kind: 'attestation' | 'sealing',
  registers: readonly CoveRegister[],
  known: ReadonlyMap<string, Uint8Array>,
): void {
  const values = registers.map(({ name }) => known.get(name));
  const names = registers.map(({ name }) => name).join(' ‖ ');
  if (values.some((value) => value === undefined)) return;
  const value = tciOf(
    run.measuring,
    values.filter((one) => one !== undefined),
  );
  run.steps.push({ register: `${kind}_tci`, words: `hash over ${names}`, value });
}

/** Issues about pages that no TSM would take, or that are not as given. */
function regionIssues(regions: readonly Region[]): Issue[] {
  const issues: Issue[] = [];
  const ends: { readonly start: bigint; readonly end: bigint }[] = [];
  for (const { gpa, image, words } of regions) {
    const place = { path: words, offset: 0, length: image.length };
    const padding = -image.length & (PAGE_SIZE - 1);
    const end = gpa + BigInt(image.length + padding);
    if (gpa % BigInt(PAGE_SIZE) !== 0n) issues.push(COVE_ISSUES.make('cove.gpa-alignment', place, { gpa }));
    const twice = ends.find((other) => gpa < other.end && other.start < end);
    if (twice) {
      const first = gpa > twice.start ? gpa : twice.start;
      issues.push(COVE_ISSUES.make('cove.pages-overlap', place, { gpa: first }));
    }
    if (padding > 0) issues.push(COVE_ISSUES.make('cove.page-padded', place, { count: padding }));
    ends.push({ start: gpa, end });
  }
  return issues;
}

function calculate(
  map: RegisterMap,
  salus: boolean,
  inputs: LaunchInputs,
  digests: Digests,
): LaunchPrediction {
  const registers = registersOf(map, salus);
  const read = readInputs(inputs);
  const measuring = { digests, hash: map.hash };
  const run: Run = { measuring, steps: [], ...read };
  const issues = regionIssues(read.regions);
  // In emulation salus has no root of trust: its platform registers are zero.
  const zero = salus ? emptyRegister(map.hash) : undefined;
  const initial = registers.filter(({ kind }) => kind === 'static');
  const known = new Map<string, Uint8Array>();
  const refused = issues.some(({ severity }) => severity === 'error');
  for (const register of refused ? [] : initial) {
    const value = predict(run, register, read.registers.get(register.name) ?? zero);
    if (value) known.set(register.name, value);
  }
  const predicted = [...known].map(([name, value]): PredictedRegister => ({
    name,
    algorithm: map.hash,
    value,
  }));
  addTci(run, 'attestation', initial, known);
  if (salus) {
    for (const { name, kind } of registers) if (kind === 'runtime') known.set(name, emptyRegister(map.hash));
    addTci(
      run,
      'sealing',
      registers.filter(({ stable }) => stable),
      known,
    );
  }
  const rules = salus ? 'salus' : 'CoVE specification with the page records of salus';
  return { rules, registers: predicted, steps: run.steps, issues };
}

/** For TVMs of this map; `implementation` among the inputs takes salus's instead. */
export function createCalculator(map: RegisterMap, salus: boolean): LaunchCalculator {
  const own = salus ? 'salus' : 'spec';
  return {
    inputs: INPUTS(own),
    calculate(inputs, digests) {
      const chosen = inputs['implementation'] ?? own;
      if (chosen !== 'spec' && chosen !== 'salus')
        throw new TypeError('implementation: expected spec or salus');
      if (chosen === own) return calculate(map, salus, inputs, digests);
      return chosen === 'salus'
        ? calculate(SALUS_MAP, true, inputs, digests)
        : calculate(SPEC_MAP, false, inputs, digests);
    },
  };
}
