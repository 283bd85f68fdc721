/** Launch measurements: known answers of a public tool, the SVSM mode by an independent computation, and what is refused. */
import { createHash } from 'node:crypto';
import { createDigests, guidBytes, portableDigests, toHex, utf8Bytes, type LaunchInputs } from '@tsm/core';
import { describe, expect, test } from 'vitest';
import { readVector, vectors, describeVectors } from '../../core/test/support/vectors.ts';
import { snpLaunch, SNP_ISSUES } from '../src/index.ts';

const sha = (algorithm: string) => (bytes: Uint8Array) =>
  new Uint8Array(createHash(algorithm).update(bytes).digest());
const digests = createDigests({ sha256: { hash: sha('sha256') }, sha384: { hash: sha('sha384') } });

const calculate = (inputs: LaunchInputs) => snpLaunch.calculate(inputs, digests);
const measurement = (inputs: LaunchInputs): string => {
  const { registers, issues } = calculate(inputs);
  expect(issues).toEqual([]);
  return toHex(registers.find(({ name }) => name === 'measurement')!.value);
};

interface Case {
  readonly id: number;
  readonly vcpus: number;
  readonly vcpuType: string;
  readonly vcpuSig: number;
  readonly ovmf: string;
  readonly kernel: string | null;
  readonly initrd: string | null;
  readonly append: string;
  readonly guestFeatures: number;
  readonly vmm: string;
  readonly launchDigest: string;
}

const CASES_FILE = 'evidence/snp/measure/cases.json';
const casesOf = (file: string): Case[] => JSON.parse(Buffer.from(readVector(file)).toString()) as Case[];
const content = (name: string | null) => (name === 'empty' ? new Uint8Array(0) : undefined);

function inputsOf(one: Case): LaunchInputs {
  return {
    firmware: readVector(`evidence/snp/measure/${one.ovmf}`),
    kernel: content(one.kernel),
    initrd: content(one.initrd),
    append: one.append,
    vcpus: one.vcpus,
    'vcpu-type': one.vcpuType,
    'vmm-type': one.vmm,
    'guest-features': one.guestFeatures,
  };
}

const files = vectors('evidence/snp', ['snp-launch-cases']);

describeVectors('launch digests of a public tool', 1, files, ({ file, expected }) => {
  const cases = casesOf(file);
  expect(cases).toHaveLength(Number(expected?.['cases']));
  expect(file).toBe(CASES_FILE);
  for (const one of cases) {
    const inputs = inputsOf(one);
    expect(measurement(inputs), `case ${one.id}`).toBe(one.launchDigest);
    expect(
      measurement({ ...inputs, 'vcpu-type': undefined, 'vcpu-sig': one.vcpuSig }),
      `case ${one.id}`,
    ).toBe(one.launchDigest);
  }
});

const u16 = (value: number): Buffer => Buffer.from([value & 0xff, value >> 8]);
const u32 = (...values: number[]): Buffer => Buffer.from(Uint32Array.from(values).buffer);
const guid = (text: string): Buffer => Buffer.from(guidBytes(text)!);

const FOOTER = '96b582de-1fb2-45f7-baea-a366c55a082d';
const METADATA = 'dc886566-984a-4798-a75e-5585a7bf67cc';
const RESET = '00f771de-1a7e-4fcb-890e-68c77e2fb44e';
const SVSM_INFO = 'a789a612-0597-4c4b-a49f-cbb1fe9d1ddd';
const HASH_TABLE = '7255371f-3a3b-4b04-927b-1da6efa8d454';

type Sections = readonly (readonly [gpa: number, size: number, type: number])[];

/** An image with a table of GUIDs at its end, and SEV metadata at offset 0x100. */
function image(
  size: number,
  sections: Sections | undefined,
  entries: readonly (readonly [string, number])[],
): Uint8Array {
  const bytes = Buffer.alloc(size, 0xab);
  if (sections) {
    const metadata = Buffer.concat([
      Buffer.from('ASEV'),
      u32(16 + 12 * sections.length, 1, sections.length),
      u32(...sections.flat()),
    ]);
    metadata.copy(bytes, 0x100);
  }
  const all = [...(sections ? [[METADATA, size - 0x100] as const] : []), ...entries];
  const rows = all.map(([name, value]) => Buffer.concat([u32(value), u16(22), guid(name)]));
  const body = Buffer.concat(rows);
  const table = Buffer.concat([body, u16(body.length + 18), guid(FOOTER)]);
  table.copy(bytes, size - 32 - table.length);
  return new Uint8Array(bytes);
}

const sha384 = (...parts: Uint8Array[]): Buffer => createHash('sha384').update(Buffer.concat(parts)).digest();

/** The launch digest as AMD's document has it, written anew for this test. */
function extend(digest: Buffer, type: number, gpa: bigint, page?: Uint8Array): Buffer {
  const address = Buffer.alloc(8);
  address.writeBigUInt64LE(gpa);
  const contents = page ? sha384(page) : Buffer.alloc(48);
  return sha384(digest, contents, Buffer.from([0x70, 0, type, 0, 0, 0, 0, 0]), address);
}

/** Start state of an SVSM's processor: fields by offset in the VMSA. */
function svsmVmsa(eip: number, signature: number): Buffer {
  const page = Buffer.alloc(4096);
  const segment = (at: number, selector: number, attributes: number, limit: number) => {
    page.writeUInt16LE(selector, at);
    page.writeUInt16LE(attributes, at + 2);
    page.writeUInt32LE(limit, at + 4);
  };
  for (const at of [0x00, 0x20, 0x30, 0x40]) segment(at, 16, 0xc93, 0xffffffff);
  segment(0x10, 8, 0xc9b, 0xffffffff);
  segment(0x50, 0, 0x93, 0xffff);
  segment(0x60, 0, 0, 0xffff);
  segment(0x70, 0, 0x82, 0xffff);
  segment(0x80, 0, 0, 0xffff);
  segment(0x90, 0, 0x8b, 0xffff);
  const words: readonly (readonly [number, bigint])[] = [
    [0xd0, 0x1000n],
    [0x148, 0x40n],
    [0x158, 0x11n],
    [0x160, 0x400n],
    [0x168, 0xffff0ff0n],
    [0x170, 2n],
    [0x178, BigInt(eip)],
    [0x268, 0x7040600070406n],
    [0x310, BigInt(signature)],
    [0x3b0, 1n],
    [0x3e8, 1n],
  ];
  for (const [at, value] of words) page.writeBigUInt64LE(value, at);
  page.writeUInt32LE(0x1f80, 0x408);
  return page;
}

describe('with an SVSM', () => {
  const firmware = image(0x2000, [[0x800000, 0x1000, 1]], [[RESET, 0x80b004]]);
  const sections: Sections = [
    [0x8000, 0x2000, 1],
    [0xa000, 0x1000, 2],
    [0xb000, 0x1000, 3],
    [0xc000, 0x1000, 4],
  ];
  const svsm = image(0x3000, sections, [[SVSM_INFO, 0x120]]);
  const varsSize = 0x4000;
  const start = 2 ** 32 - 0x2000 - varsSize - 0x3000;

  function expected(vcpus: number): string {
    let digest: Buffer = Buffer.alloc(48);
    const add = (type: number, gpa: number | bigint, page?: Uint8Array) => {
      digest = extend(digest, type, BigInt(gpa), page);
    };
    for (let at = 0; at < 0x2000; at += 4096) add(1, 2 ** 32 - 0x2000 + at, firmware.subarray(at, at + 4096));
    for (let at = 0; at < 0x3000; at += 4096) add(1, start + at, svsm.subarray(at, at + 4096));
    add(3, 0x8000);
    add(3, 0x9000);
    add(5, 0xa000);
    add(6, 0xb000);
    add(3, 0xc000);
    for (let i = 0; i < vcpus; i++) add(2, 0xfffffffff000n, svsmVmsa(start + 0x120, 0x800f12));
    return digest.toString('hex');
  }

  test.each([1, 4])('every one of %i processors starts in it', (vcpus) => {
    const inputs = { firmware, svsm, vcpus, 'vars-size': varsSize, 'vcpu-type': 'EPYC-v4' };
    expect(measurement(inputs)).toBe(expected(vcpus));
    expect(measurement({ ...inputs, mode: 'snp:svsm' })).toBe(expected(vcpus));
  });

  test('the size of the variable store moves the SVSM', () => {
    expect(measurement({ firmware, svsm })).not.toBe(expected(1));
  });

  test('an image without the SVSM entry is refused', () => {
    const { issues, registers } = calculate({ firmware, svsm: firmware });
    expect(registers).toEqual([]);
    expect(issues.map(({ code, path }) => [code, path])).toEqual([['snp.firmware-entry', 'svsm']]);
  });
});

describe('steps', () => {
  const firmware = image(
    0x2000,
    [
      [0x800000, 0x9000, 1],
      [0x80d000, 0x1000, 2],
      [0x80e000, 0x1000, 3],
      [0x80f000, 0x1000, 0x10],
    ],
    [
      [RESET, 0x80b004],
      [HASH_TABLE, 0x80fc00],
    ],
  );

  test('say what is added, in order, and end in the register', () => {
    const { steps, registers, rules } = calculate({
      firmware,
      kernel: utf8Bytes('kernel'),
      append: 'quiet',
      vcpus: 3,
    });
    expect(rules).toContain('QEMU');
    expect(steps.map(({ words, count = 1 }) => [words, count])).toEqual([
      ['firmware at 0xffffe000', 2],
      ['ZERO page: memory of the firmware at 0x800000', 9],
      ['SECRETS page: secrets at 0x80d000', 1],
      ['CPUID page: CPUID table at 0x80e000', 1],
      ['kernel hashes at 0x80f000', 1],
      ['VMSA of the first processor', 1],
      ['VMSA of the other processors', 2],
    ]);
    expect(steps.at(-1)?.value).toEqual(registers[0]?.value);
  });

  test('a known hash of the firmware stands for its pages', () => {
    const [first] = calculate({ firmware }).steps;
    const { 'firmware-hash': hash } = { 'firmware-hash': toHex(first!.value!) };
    expect(measurement({ firmware, 'firmware-hash': hash })).toBe(measurement({ firmware }));
  });

  test('each input changes the register', () => {
    const base = { firmware, kernel: utf8Bytes('kernel') };
    const variants: LaunchInputs[] = [
      base,
      { firmware },
      { ...base, initrd: utf8Bytes('initrd') },
      { ...base, append: 'quiet' },
      { ...base, vcpus: 2 },
      { ...base, 'vcpu-type': 'epyc-turin' },
      { ...base, 'vcpu-family': 25, 'vcpu-model': 1, 'vcpu-stepping': 1 },
      { ...base, 'vmm-type': 'ec2' },
      { ...base, 'vmm-type': 'gce' },
      { ...base, 'guest-features': 0x21n },
    ];
    expect(new Set(variants.map(measurement)).size).toBe(variants.length);
    expect(measurement({ ...base, 'vcpu-family': 26, 'vcpu-model': 0 })).toBe(
      measurement({ ...base, 'vcpu-type': 'EPYC-Turin' }),
    );
  });

  test('the portable digests give the same', () => {
    const { registers } = snpLaunch.calculate({ firmware }, portableDigests);
    expect(toHex(registers[0]!.value)).toBe(measurement({ firmware }));
  });
});

describe('firmware that does not tell', () => {
  const sound = image(0x1000, [[0x800000, 0x1000, 1]], []);
  const edited = (at: number, ...values: number[]): Uint8Array => {
    const copy = sound.slice();
    copy.set(values, at);
    return copy;
  };
  const END = 0x1000 - 32;

  test.each<[string, LaunchInputs, string]>([
    ['empty', { firmware: new Uint8Array(0) }, 'snp.firmware-size'],
    ['not of whole pages', { firmware: sound.subarray(1) }, 'snp.firmware-size'],
    ['without a table', { firmware: new Uint8Array(4096) }, 'snp.firmware-table'],
    ['a table that is too long', { firmware: edited(END - 18, 0xff, 0xff) }, 'snp.firmware-table'],
    ['an entry of no size', { firmware: edited(END - 36, 0, 0) }, 'snp.firmware-table'],
    ['without metadata', { firmware: image(0x1000, undefined, [[RESET, 1]]) }, 'snp.firmware-entry'],
    ['metadata before its start', { firmware: edited(END - 40, 0, 0, 1, 0) }, 'snp.firmware-metadata'],
    ['another signature', { firmware: edited(0x100, 0x42) }, 'snp.firmware-metadata'],
    ['another version', { firmware: edited(0x108, 2) }, 'snp.firmware-metadata'],
    ['too many sections', { firmware: edited(0x10c, 0xff, 0xff, 0xff, 0xff) }, 'layout.truncated'],
    ['an odd address', { firmware: edited(0x110, 1) }, 'snp.firmware-metadata'],
    ['a huge section', { firmware: edited(0x114, 0, 0xf0, 0xff, 0xff) }, 'snp.firmware-metadata'],
    ['an unknown section', { firmware: edited(0x118, 0x77) }, 'snp.firmware-metadata'],
    ['no reset block for a second processor', { firmware: sound, vcpus: 2 }, 'snp.firmware-entry'],
    ['no place for kernel hashes', { firmware: sound, kernel: utf8Bytes('k') }, 'snp.kernel-hashes'],
    [
      'a hash table across the end of its page',
      {
        firmware: image(0x1000, [[0x800000, 0x1000, 0x10]], [[HASH_TABLE, 0x800ff8]]),
        kernel: utf8Bytes('k'),
      },
      'snp.kernel-hashes',
    ],
  ])('%s', (_, inputs, code) => {
    const { registers, issues } = calculate(inputs);
    expect(registers).toEqual([]);
    expect(issues.filter((issue) => issue.code === code)).toHaveLength(1);
    expect(issues[0]).toMatchObject({
      path: expect.stringMatching(/^firmware/) as string,
      severity: 'error',
    });
  });

  test('damage of any kind never throws', () => {
    for (let at = 0; at < sound.length; at += 3) calculate({ firmware: edited(at, sound[at]! ^ 0xff) });
    expect(SNP_ISSUES.codes).toContain('snp.firmware-table');
  });
});

describe('misuse', () => {
  const firmware = image(0x1000, [[0x800000, 0x1000, 1]], []);
  test.each<[LaunchInputs, RegExp]>([
    [{}, /firmware/],
    [{ firmware: 'text' }, /firmware/],
    [{ firmware, vcpus: 0 }, /vcpus/],
    [{ firmware, vcpus: 1e9 }, /vcpus/],
    [{ firmware, vcpus: 'two' }, /vcpus/],
    [{ firmware, 'vcpu-type': '8086' }, /vcpu-type/],
    [{ firmware, 'vmm-type': 'xen' }, /vmm-type/],
    [{ firmware, 'vcpu-model': 1 }, /vcpu-family/],
    [{ firmware, initrd: firmware }, /kernel/],
    [{ firmware, append: 'quiet' }, /kernel/],
    [{ firmware, mode: 'snp:svsm' }, /svsm/],
    [{ firmware, mode: 'snp', svsm: firmware }, /svsm/],
    [{ firmware, svsm: firmware, kernel: firmware }, /kernel/],
    [{ firmware, svsm: firmware, 'vmm-type': 'ec2' }, /vmm-type/],
    [{ firmware, 'firmware-hash': 'abcd' }, /firmware-hash/],
    [{ firmware, memory: 5 }, /memory/],
  ])('%o throws', (inputs, message) => {
    expect(() => calculate(inputs)).toThrow(message);
  });
});
