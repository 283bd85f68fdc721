/** Every issue of the launch calculator is produced by a fixture, and says what to do. */
import { portableDigests, utf8Bytes, type Issue, type LaunchInputs } from '@tsm/core';
import { describe, expect, test } from 'vitest';
import { authenticodeDigest } from '../src/launch/authenticode.ts';
import { tdxLaunch } from '../src/launch/calculator.ts';
import { TDX_LAUNCH_ISSUES } from '../src/launch/issues.ts';
import { ovmf, P1, pe, tdvf } from './support/launch-images.ts';

const launch = (inputs: LaunchInputs): readonly Issue[] =>
  tdxLaunch.calculate(inputs, portableDigests).issues;
const BFV = [0, 0x1000, 0xfffff000, 0x1000, 0, 1] as const;
const firmware = ovmf();

const FIXTURES: Readonly<Record<string, () => readonly Issue[]>> = {
  'tdx-launch.left-out': () => launch({ firmware }),
  'tdx-launch.value': () => launch({ firmware, kernel: P1, memory: -1 }),
  'tdx-launch.no-metadata': () => launch({ firmware: new Uint8Array(4096) }),
  'tdx-launch.metadata': () => launch({ firmware: tdvf(0x1000, 0xc00, []) }),
  'tdx-launch.too-large': () => launch({ firmware: tdvf(0x1000, 0xc00, [BFV, [0, 0, 0, 2 ** 45, 3, 0]]) }),
  'tdx-launch.td-hob': () => launch({ firmware, kernel: P1, memory: 8 }),
  'tdx-launch.pe': () => authenticodeDigest(new Uint8Array(256), portableDigests).issues,
  'tdx-launch.pe-overlap': () =>
    launch({
      kernel: pe([
        [0x200, 0x200, 1],
        [0x200, 0x200, 1],
        [0x400, 0x200, 1],
      ]),
    }),
  'tdx-launch.kernel': () => launch({ kernel: P1, 'kernel-form': 'patched' }),
  'tdx-launch.acpi': () =>
    launch({ firmware, kernel: P1, memory: 2048, 'acpi-tables': utf8Bytes('no tables') }),
  'tdx-launch.gpt': () => launch({ firmware, disk: new Uint8Array(2048) }),
};

describe.each(Object.entries(FIXTURES))('%s', (code, run) => {
  test('is raised, with its place', () => {
    const issue = run().find((one) => one.code === code);
    expect(issue?.path).not.toBe('');
    expect(issue?.message).not.toBe('');
  });
});

test('the table has no other issues', () => {
  expect(Object.keys(FIXTURES).sort()).toEqual([...TDX_LAUNCH_ISSUES.codes].sort());
});

test('no TD HOB: no TD_HOB section, two of them, or memory that ends before them', () => {
  const hob = [0, 0, 0x809000, 0x1000, 2, 0] as const;
  const images = [
    tdvf(0x1000, 0xc00, [BFV]),
    tdvf(0x1000, 0xc00, [BFV, hob, [0, 0, 0x80b000, 0x1000, 2, 0]]),
  ];
  const codes = [
    ...images.map((image) => launch({ firmware: image, kernel: P1, memory: 2048 })),
    launch({ firmware, kernel: P1, memory: 8 }),
  ];
  for (const issues of codes) expect(issues.map(({ code }) => code)).toContain('tdx-launch.td-hob');
});
