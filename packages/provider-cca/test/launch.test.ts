/** The launch calculator: what each VMM puts where, in which order, and what it refuses. */
import { portableDigests, toHex, type Issue, type LaunchInputs, type LaunchPrediction } from '@tsm/core';
import { describe, expect, test } from 'vitest';
import cca, { blockSizes, ccaLaunch, measureRealm, type RealmCall, type RealmHash } from '../src/index.ts';
import { launch, tools } from './support/tokens.ts';
import { arm64Image } from './support/images.ts';

const calculate = (inputs: LaunchInputs): LaunchPrediction => ccaLaunch.calculate(inputs, portableDigests);
const rimOf = (prediction: LaunchPrediction): string =>
  toHex(prediction.registers[0]?.value ?? new Uint8Array(0));

const RAM = new Uint8Array(5000).fill(1);
const DISK = new Uint8Array(4097).fill(2);
const TREE = new Uint8Array(100).fill(3);
const MIB = 1n << 20n;

/** The RIM of the calls that a VMM is said to make. */
function rim(
  calls: readonly RealmCall[],
  [hashAlgorithm, s2sz]: readonly [RealmHash, number],
  ripasMeasured = true,
): string {
  const parameters = { s2sz, numBps: 1, numWps: 1 };
  return toHex(measureRealm(portableDigests, { hashAlgorithm, parameters, calls, ripasMeasured }).rim);
}

const data = (what: string, ipa: bigint, bytes: Uint8Array, measured = true): RealmCall => ({
  call: 'data',
  ...{ what, ipa, bytes, measured },
});
const ram = (base: bigint, mebibytes: bigint): RealmCall => ({
  call: 'ripas',
  base,
  top: base + mebibytes * MIB,
});
const rec = (pc: bigint, x0: bigint): RealmCall => ({ call: 'rec', pc, gprs: [x0] });

function padded(bytes: Uint8Array, size: number): Uint8Array {
  const all = new Uint8Array(size);
  all.set(bytes);
  return all;
}

describe('kvmtool', () => {
  const kernel = arm64Image(0x1000n, 0x100000n);

  test('kernel at the start of RAM, initrd below the device tree, which is 2 MiB aligned', () => {
    const found = calculate({ vmm: 'kvmtool', memory: 128, kernel, initrd: DISK, dtb: TREE });
    const dtb = 0x87e00000n;
    const calls = [
      ram(0x80000000n, 128n),
      data('kernel', 0x80001000n, kernel),
      data('initrd', dtb - 4100n, DISK),
      data('device tree', dtb, padded(TREE, 0x10000)),
      rec(0x80000000n, dtb),
    ];
    expect(found.issues).toEqual([]);
    expect(found.registers).toMatchObject([{ name: 'rim', algorithm: 'sha256' }]);
    expect(rimOf(found)).toBe(rim(calls, ['sha256', 33]));
    expect(found.rules).toContain('RIPAS measured');
    expect(found.steps.map(({ words }) => words.split(' ')[0])).toEqual([
      ...['realm', 'RAM', 'kernel', 'initrd', 'device', 'vCPU'],
    ]);
    expect(toHex(found.steps.at(-1)!.value!)).toBe(rimOf(found));
  });

  test('RMM 2.0 leaves RIPAS out', () => {
    const inputs = { vmm: 'kvmtool', memory: 512, dtb: TREE };
    const calls = [data('device tree', 0x8fe00000n, padded(TREE, 0x10000)), rec(0n, 0x8fe00000n)];
    expect(rimOf(calculate({ ...inputs, rmm: '2.0' }))).toBe(rim(calls, ['sha256', 33], false));
    expect(rimOf(calculate({ ...inputs, rmm: '2.0' }))).not.toBe(rimOf(calculate(inputs)));
  });

  test('firmware starts at RAM; a log region is added last, by its addresses only', () => {
    const found = calculate({ vmm: 'kvmtool', memory: 512, firmware: RAM, dtb: TREE, log: 'on' });
    const dtb = 0x8fe00000n;
    const calls = [
      ram(0x80000000n, 512n),
      data('firmware', 0x80000000n, RAM),
      data('device tree', dtb, padded(TREE, 0x10000)),
      rec(0x80000000n, dtb),
      data('log', 0x90000000n - 0x10000n, new Uint8Array(0x10000), false),
    ];
    expect(rimOf(found)).toBe(rim(calls, ['sha256', 33]));
    expect(found.steps.at(-1)).toMatchObject({ count: 16 });
  });

  test('RAM above 4 GiB takes more IPA bits', () => {
    const found = calculate({ vmm: 'kvmtool', memory: 8192 });
    expect(rimOf(found)).toBe(rim([ram(0x80000000n, 8192n), rec(0n, 0x8fe00000n)], ['sha256', 34]));
  });
});

describe('QEMU', () => {
  test('direct boot: initrd behind the kernel or 128 MiB, device tree behind it', () => {
    const kernel = arm64Image(0n, 200n * MIB);
    const found = calculate({ vmm: 'qemu', memory: 1024, kernel, initrd: DISK, dtb: TREE, log: 'on' });
    const [initrd, dtb] = [0x40000000n + 200n * MIB, 0x40000000n + 202n * MIB];
    const calls = [
      ram(0x40000000n, 1024n),
      data('kernel', 0x40000000n, kernel),
      data('initrd', initrd, DISK),
      data('device tree', dtb, TREE),
      rec(0x40000000n, dtb),
      data('log', dtb + MIB, new Uint8Array(0x10000), false),
    ];
    expect(found.issues).toEqual([]);
    expect(rimOf(found)).toBe(rim(calls, ['sha512', 41]));
    const small = calculate({ vmm: 'qemu', memory: 128, kernel: arm64Image(), initrd: DISK, dtb: TREE });
    const at = 0x40000000n + 64n * MIB;
    const less = [
      ram(0x40000000n, 128n),
      data('kernel', 0x40000000n, arm64Image()),
      data('initrd', at, DISK),
      data('device tree', at + 2n * MIB, TREE),
      rec(0x40000000n, at + 2n * MIB),
    ];
    expect(rimOf(small)).toBe(rim(less, ['sha512', 41]));
  });

  test('firmware at 0; kernel and initrd are not in the RIM, and that is said', () => {
    const found = calculate({
      vmm: 'qemu',
      memory: 512,
      firmware: RAM,
      dtb: TREE,
      kernel: RAM,
      initrd: DISK,
    });
    const calls = [
      ram(0x40000000n, 512n),
      data('firmware', 0n, RAM),
      data('device tree', 0x40000000n, TREE),
      rec(0n, 0n),
    ];
    expect(rimOf(found)).toBe(rim(calls, ['sha512', 41]));
    expect(found.issues.map(({ code, path }) => [code, path])).toEqual([
      ['cca.launch-not-measured', 'kernel'],
      ['cca.launch-not-measured', 'initrd'],
    ]);
  });
});

test('cloud-hypervisor: device tree first, kernel 4 MiB above, initrd at the end of RAM', () => {
  const found = calculate({
    vmm: 'cloud-hypervisor',
    memory: 512,
    kernel: arm64Image(),
    initrd: DISK,
    dtb: TREE,
  });
  const calls = [
    ram(0x40000000n, 512n),
    data('device tree', 0x40000000n, TREE),
    data('kernel', 0x40400000n, arm64Image()),
    data('initrd', 0x60000000n - 8192n, DISK),
    rec(0x40400000n, 0x40000000n),
  ];
  expect(rimOf(found)).toBe(rim(calls, ['sha512', 48]));
});

test('limits of the host and the hash enter the RIM', () => {
  const limits = {
    breakpoints: 6,
    watchpoints: 6,
    'pmu-counters': 6,
    'sve-bits': 2048,
    lpa2: 'off',
    'ipa-bits': 52,
  };
  const found = calculate({ vmm: 'qemu', memory: 512, hash: 'sha512', ...limits });
  expect(toHex(found.steps[0]!.value!)).toBe(
    '324f602560185b627761a67c06d19c66457521c470f932fef715e486d54000b3839aaa2875784baf1ea7ceab6e11a65fce6b70f6fa60ebc5411d158cb1ab72a0',
  );
  const base = rimOf(calculate({ vmm: 'qemu', memory: 512 }));
  for (const change of [{ lpa2: 'on' }, { 'pmu-counters': 0 }, { hash: 'sha384' }, { 'ipa-bits': 40n }])
    expect(rimOf(calculate({ vmm: 'qemu', memory: 512, ...change }))).not.toBe(base);
});

test('block sizes follow from the IPA bits, first tables concatenated', () => {
  const [G512, G1, M2, K4] = [1n << 39n, 1n << 30n, 1n << 21n, 4096n];
  const expected: [number, bigint[]][] = [
    [52, [G512, G1, M2, K4]],
    [44, [G512, G1, M2, K4]],
    [43, [G1, M2, K4]],
    [35, [G1, M2, K4]],
    [34, [M2, K4]],
    [26, [M2, K4]],
    [25, [K4]],
  ];
  for (const [bits, sizes] of expected) expect(blockSizes(bits), String(bits)).toEqual(sizes);
});

describe('inputs that do not fit', () => {
  const codes = (inputs: LaunchInputs): [readonly Issue['code'][], number] => {
    const { issues, registers } = calculate({ vmm: 'kvmtool', memory: 512, ...inputs });
    return [issues.map(({ code, path }) => `${code} ${path}`), registers.length];
  };

  test.each<[LaunchInputs, string]>([
    [{ memory: 3 }, 'cca.launch-parameter memory'],
    [{ memory: 2.5 }, 'cca.launch-parameter memory'],
    [{ breakpoints: 65 }, 'cca.launch-parameter breakpoints'],
    [{ watchpoints: 0 }, 'cca.launch-parameter watchpoints'],
    [{ 'pmu-counters': 32 }, 'cca.launch-parameter pmu-counters'],
    [{ 'sve-bits': 129 }, 'cca.launch-parameter sve-bits'],
    [{ 'ipa-bits': 53 }, 'cca.launch-parameter ipa-bits'],
    [{ 'ipa-bits': 32, memory: 4096 }, 'cca.launch-parameter ipa-bits'],
    [{ vmm: 'qemu', memory: 2 ** 19 }, 'cca.launch-parameter ipa-bits'],
    [{ kernel: Uint8Array.of(0x1f, 0x8b) }, 'cca.launch-kernel kernel'],
    [{ initrd: new Uint8Array(2 ** 21), memory: 2 }, 'cca.launch-memory initrd'],
  ])('%o: an issue and no register', (inputs, issue) => {
    expect(codes(inputs)).toEqual([[issue], 0]);
  });

  test.each<LaunchInputs>([
    {},
    { vmm: 'xen', memory: 512 },
    { vmm: 'qemu' },
    { vmm: 'qemu', memory: '512' },
    { vmm: 'qemu', memory: 512, kernel: 'vmlinuz' },
    { vmm: 'qemu', memory: 512, hash: 'md5' },
  ])('%o: a TypeError', (inputs) => {
    expect(() => calculate(inputs)).toThrow(TypeError);
  });
});

test('what the calculator gives is what a realm launched with it has', () => {
  const [{ value } = { value: new Uint8Array(0) }] = calculate({ vmm: 'kvmtool', memory: 512 }).registers;
  const realm = cca.model({ ...launch, values: { rim: value } }, tools);
  expect(toHex(realm.read('rim'))).toBe(toHex(value));
});
