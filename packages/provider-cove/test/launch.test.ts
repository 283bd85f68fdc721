/** The launch calculator: predictions agree with the model, and what cannot be predicted is said. */
import { portableDigests, toHex, type LaunchInputs } from '@tsm/core';
import { describe, expect, test } from 'vitest';
import cove, { createCove } from '../src/index.ts';
import { image, launchOf, tools } from './support/machines.ts';

const salus = createCove({ implementation: 'salus' });
const u64 = (value: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(value).buffer);
const predict = (inputs: LaunchInputs, provider = cove) => provider.launch.calculate(inputs, portableDigests);

describe.each([
  ['specification', cove, ['mr4', 'mr5']],
  ['salus', salus, ['pcr0', 'pcr1', 'pcr2', 'pcr3']],
] as const)('%s', (_, provider, names) => {
  const values = { gpa: u64(0x90000000n), 'entry-pc': u64(0x90000040n), 'entry-arg': u64(0x1234n) };
  const model = provider.model(launchOf(7, values), tools);
  const inputs = { image, gpa: 0x90000000, 'entry-pc': 0x90000040n, 'entry-arg': 0x1234 };

  test('predicts what the model has', () => {
    const { registers, issues } = predict(inputs, provider);
    expect(registers.map(({ name }) => name)).toEqual(names);
    for (const { name, value } of registers) expect(toHex(value), name).toBe(toHex(model.read(name)));
    expect(issues.map(({ code }) => code)).toEqual(['cove.page-padded']);
  });

  test('each step continues the one before, to the value of the register', () => {
    const { registers, steps } = predict(inputs, provider);
    for (const { name, value } of registers) {
      const own = steps.filter(({ register }) => register === name);
      expect(own.length, name).toBeGreaterThan(0);
      expect(toHex(own.at(-1)!.value!), name).toBe(toHex(value));
    }
    expect(steps.find(({ words }) => words.startsWith('page'))?.count).toBe(3);
  });

  test('defaults are those of the model', () => {
    const plain = provider.model(launchOf(), tools);
    for (const { name, value } of predict({ image }, provider).registers)
      expect(toHex(value), name).toBe(toHex(plain.read(name)));
  });
});

describe('inputs', () => {
  test('platform registers that are given make all initial registers, and the identifier, known', () => {
    const model = cove.model(launchOf(), tools);
    const register = ['mr0', 'mr1', 'mr2', 'mr3'].map((name) => `${name}:${toHex(model.read(name))}`);
    const { registers, steps } = predict({ image, register });
    expect(registers.map(({ name }) => name)).toEqual(['mr0', 'mr1', 'mr2', 'mr3', 'mr4', 'mr5']);
    expect(toHex(steps.at(-1)!.value!)).toBe(toHex(model.tci('attestation')));
  });

  test('several images go one after another, or where they are told to', () => {
    const [one, two] = [new Uint8Array(4096).fill(1), new Uint8Array(8192).fill(2)];
    const whole = new Uint8Array(3 * 4096);
    whole.set(one);
    whole.set(two, 4096);
    const valueOf = (inputs: LaunchInputs): string => toHex(predict(inputs).registers[0]!.value);
    expect(valueOf({ image: [one, two] })).toBe(valueOf({ image: whole }));
    expect(valueOf({ image: [one, two], gpa: [0x80200000, 0x80201000] })).toBe(valueOf({ image: whole }));
    expect(valueOf({ image: [two, one], gpa: [0x80201000, 0x80200000] })).not.toBe(valueOf({ image: whole }));
  });

  test('the other implementation can be asked for', () => {
    const same = predict({ image }, salus);
    expect(predict({ image, implementation: 'salus' })).toEqual(same);
    expect(predict({ image, implementation: 'spec' }, salus).rules).toBe(predict({ image }).rules);
  });

  test.each([
    ['no image', {}],
    ['an image that is no bytes', { image: 'x' }],
    ['more addresses than images', { image, gpa: [1, 2] }],
    ['an address that is negative', { image, gpa: -1 }],
    ['an address beyond 64 bits', { image, gpa: 1n << 64n }],
    ['two entry points', { image, 'entry-pc': [1, 2] }],
    ['an unknown implementation', { image, implementation: 'other' }],
    ['a register that is no digest', { image, register: 'mr0:00' }],
  ] as readonly (readonly [string, LaunchInputs])[])('%s is a TypeError', (_, inputs) => {
    expect(() => predict(inputs)).toThrow(TypeError);
  });

  test('an address inside a page, or a page that is added twice, gives issues and no registers', () => {
    const odd = predict({ image, gpa: 0x80200001 });
    expect(odd.issues.map(({ code }) => code)).toContain('cove.gpa-alignment');
    expect(odd.registers).toEqual([]);
    const twice = predict({ image: [image, image], gpa: [0x80200000, 0x80201000] });
    expect(twice.issues.map(({ code }) => code)).toContain('cove.pages-overlap');
    expect(twice.registers).toEqual([]);
  });
});
