/** MRTD of firmware images by known answers, in both page orders, and images that no host would load. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createDigests, portableDigests, toHex, type LaunchInputs } from '@tsm/core';
import { seededRandom } from '@tsm/core/testing';
import { describe, expect, test } from 'vitest';
import { tdxLaunch } from '../src/launch/calculator.ts';
import { measureRuns } from '../src/launch/mrtd.ts';
import { guid, METADATA, ovmf, tdvf, type SectionRow } from './support/launch-images.ts';

const digests = createDigests({
  sha384: { hash: (bytes) => new Uint8Array(createHash('sha384').update(bytes).digest()) },
});
const calculate = (inputs: LaunchInputs) => tdxLaunch.calculate(inputs, digests);

function mrtd(firmware: Uint8Array, order?: string): string | undefined {
  const value = calculate({ firmware, order }).registers.find(({ name }) => name === 'mrtd')?.value;
  return value && toHex(value);
}

const codes = (inputs: LaunchInputs): string[] => calculate(inputs).issues.map(({ code }) => code);

interface Known {
  readonly image: Uint8Array;
  readonly sha256: string;
  readonly single: string;
  readonly two: string;
}

const KNOWN: Readonly<Record<string, Known>> = {
  T1: {
    image: tdvf(
      0x3000,
      0x2f00,
      [
        [0x1000, 0x2000, 0xffffe000, 0x2000, 0, 1],
        [0, 0, 0x810000, 0x1000, 3, 0],
      ],
      [[0x1000, 0x3000, (i) => (7 * i + (i >> 8)) & 255]],
    ),
    sha256: 'd6ea3135473db589a0e795cc0570fd554c781c3d364f34da7069a4b24d101cd4',
    single:
      'c8be0f213bf03e627bb3c5c9a1f1d90b3b0adab116c3229ede36727a7ef577d920ecb3ed03cddded937795e0e6229a6a',
    two: '7dfad474da3363c85d5e2b129ea9cbde07f10c41124564a98c357b27a76559d94a31552759694fdda530a8b04b0cb760',
  },
  T2: {
    image: tdvf(
      0x4000,
      0x3e00,
      [
        [0x2000, 0x2000, 0xffffe000, 0x2000, 0, 1],
        [0x1000, 0x1000, 0xffffd000, 0x1000, 1, 0],
        [0, 0, 0x809000, 0x2000, 2, 0],
        [0, 0, 0x810000, 0x2000, 3, 0],
      ],
      [
        [0x1000, 0x2000, () => 0xa5],
        [0x2000, 0x4000, (i) => i & 255],
      ],
    ),
    sha256: '182c8ddd74cf5abb61e9ee260da3d850f6624c8de8a6f51159b36ea946f21d1e',
    single:
      'c11ed7121ca3488153da490b5f9c9c2462fed7be4507f37882681b74f1e66a65b7e0c40cfc131d7a09d429d032403334',
    two: 'a23de885ace3f774ddfd113cb22ba4c0e5bbd90f3825dc1f78c6055bb6de1be30bab31cca4600c93e9c9761ee7e08c01',
  },
  T3: {
    image: tdvf(
      0x2000,
      0x1e00,
      [
        [0, 0x800, 0x100000, 0x2000, 5, 1],
        [0, 0, 0x200000, 0x2000, 4, 2],
        [0x1000, 0x1000, 0xfffff000, 0x1000, 0, 1],
      ],
      [
        [0, 0x800, () => 0x11],
        [0x1000, 0x2000, () => 0x22],
      ],
    ),
    sha256: '5a57ce64b875305794e37c80bf223579fceb4c8b85eedb66a504a58a9594ecb2',
    single:
      'e2bafda4174fd3db17e6e4d8f4b95bd78a030e718319a6c0a776f616d321ab7391569a1f7e27ea5f53b8e072a8af1778',
    two: 'd3a9856d9c650a1c5fc6bb208377a8fc6a13c1a27abec0e1024a78c5efc3a604338e34e8bfccb2392d57c7d798028517',
  },
  T4: {
    image: tdvf(0x1000, 0xe00, [[0, 0x1000, 0xfffff000, 0x1000, 0, 1]]),
    sha256: '8894b56e78f46dd78edfd9b53a56cd7274e8438effd16637022046e691cad0d8',
    single:
      '52b7b2cf91eaf2ba89b206cf91b5f3cf34fe12958afb0950a1d68202982e2a8a35007c0fb5fad1c78e5e5606a38a4086',
    two: '52b7b2cf91eaf2ba89b206cf91b5f3cf34fe12958afb0950a1d68202982e2a8a35007c0fb5fad1c78e5e5606a38a4086',
  },
};

describe.each(Object.entries(KNOWN))('MRTD of %s', (_, { image, sha256, single, two }) => {
  test('the image is that of the known answer', () => {
    expect(createHash('sha256').update(image).digest('hex')).toBe(sha256);
  });
  test('single pass, the default', () => {
    expect(mrtd(image)).toBe(single);
    expect(mrtd(image, 'single-pass')).toBe(single);
  });
  test('two passes', () => {
    expect(mrtd(image, 'two-pass')).toBe(two);
    expect(calculate({ firmware: image, 'qemu-version': '8.2' }).rules).toContain('two-pass');
  });
});

test('what the file holds beyond RawDataSize is not measured', () => {
  const { image, single } = KNOWN['T3']!;
  const changed = image.slice();
  changed[0x900] = 0xff;
  expect(mrtd(changed)).toBe(single);
  const readOn = [
    { address: 0x100000n, pages: 2, content: image },
    { address: 0xfffff000n, pages: 1, content: image.subarray(0x1000) },
  ];
  expect(toHex(measureRuns(digests, readOn))).toBe(
    'ed0d6b13d6ce8c0ead54e4ab19c2061767f63845a553dd80d34171221feb3313e22097d0d36a54a7984b8ceea20a35a4',
  );
});

test.each([
  [
    'no record',
    [],
    '38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b',
  ],
  [
    'one page that is added',
    [{ address: 0x1000n, pages: 1 }],
    'fcdabf6fdf38b87d2e3a89b1ab68c242abb261dffa70ef6f1dc2220c2752d2729cdf1be92afc2e0e4297f04e2b629552',
  ],
  [
    'one zero page that is measured',
    [{ address: 0x1000n, pages: 1, content: new Uint8Array(0) }],
    'ca76d5541328afef8bc9364261c515aebef90412ebc56ca0c2260ec531a14462cfc0c11de61d84292ddf8ca871da1ff1',
  ],
])('MRTD of %s', (_, runs, expected) => {
  for (const order of ['single-pass', 'two-pass'] as const) {
    expect(toHex(measureRuns(portableDigests, runs, order))).toBe(expected);
  }
});

/** The joined OVMF.fd of Debian's package ovmf 2022.11-6+deb12u2, where TSM_OVMF names it. */
const DEBIAN = process.env['TSM_OVMF'] ?? '';
test.skipIf(!existsSync(DEBIAN))('MRTD of a real OVMF: 2 cases need the file that TSM_OVMF names', () => {
  const image = new Uint8Array(readFileSync(DEBIAN));
  expect(createHash('sha256').update(image).digest('hex')).toBe(
    '7b456907dd0786d415999e801a1ac4637b8ed4d7cf5378cfc6edbe5e574dd773',
  );
  expect(mrtd(image)).toBe(
    '4c7206f0f483c524f12c366c711e9049030a8d47c471ee5aa9c4999a08de4057fb887fed0744d5631a212967fb231c47',
  );
  expect(mrtd(image, 'two-pass')).toBe(
    'acccbcc870a381adab0d3919d90a7f268ac3b0364771f202ed4bb4e892d045b33db3b32e6924cba830a724eed443f7e1',
  );
});

describe('how the metadata are found', () => {
  const { image, single } = KNOWN['T1']!;

  test('by the offset in the reset vector, where there is no table', () => {
    const old = image.slice();
    old.fill(0, old.length - 80, old.length - 32);
    new DataView(old.buffer).setUint32(old.length - 32, 0x2f00, true);
    const content = old.slice(0x1000);
    const runs = [
      { address: 0xffffe000n, pages: 2, content },
      { address: 0x810000n, pages: 1 },
    ];
    expect(mrtd(old)).toBe(toHex(measureRuns(digests, runs)));
  });

  test('behind other entries of the table', () => {
    const more = tdvf(0x3000, 0x2e00, [[0x1000, 0x2000, 0xffffe000, 0x2000, 0, 1]]);
    const view = new DataView(more.buffer);
    more.copyWithin(0x3000 - 92, 0x3000 - 72, 0x3000 - 50);
    view.setUint16(0x3000 - 68, 20, true);
    more.set(guid(METADATA), 0x3000 - 66);
    view.setUint16(0x3000 - 50, 18 + 20 + 22, true);
    expect(codes({ firmware: more }).filter((code) => code !== 'tdx-launch.left-out')).toEqual([]);
    expect(mrtd(more)).toMatch(/^[0-9a-f]{96}$/);
  });

  test('an image without metadata is named, and has no MRTD', () => {
    const blank = new Uint8Array(0x2000);
    expect(codes({ firmware: blank })).toContain('tdx-launch.no-metadata');
    expect(mrtd(blank)).toBeUndefined();
  });

  test('a plain image is measured as the model does', () => {
    const plain = { firmware: new Uint8Array(0x2000), 'firmware-type': 'plain' };
    const { registers, rules } = calculate(plain);
    const runs = [{ address: 0xffffe000n, pages: 2, content: plain.firmware }];
    expect(registers.map(({ name, value }) => [name, toHex(value)])).toEqual([
      ['mrtd', toHex(measureRuns(digests, runs))],
    ]);
    expect(rules).toContain('plain image');
  });

  test('each section is a step, the last one gives the value', () => {
    const { steps } = calculate({ firmware: image, order: 'two-pass' });
    expect(steps.map(({ words, count }) => [words, count])).toEqual([
      ['page of BFV at 0xffffe000 added', 2],
      ['page of BFV at 0xffffe000 measured', 2],
      ['page of TEMP_MEM at 0x810000 added', 1],
      ['hash of all records', undefined],
    ]);
    expect(toHex(calculate({ firmware: image }).steps.at(-1)!.value!)).toBe(single);
  });
});

describe('what no host would load', () => {
  const good: SectionRow = [0, 0x1000, 0xfffff000, 0x1000, 0, 1];
  test.each<readonly [string, readonly SectionRow[], string]>([
    ['no sections', [], 'tdx-launch.metadata'],
    ['an address inside a page', [[0, 0x1000, 0xfffff010, 0x1000, 0, 1]], 'tdx-launch.metadata'],
    ['a size that is not of pages', [[0, 0x800, 0xfffff000, 0x800, 0, 1]], 'tdx-launch.metadata'],
    ['more data than memory', [[0, 0x2000, 0xffffe000, 0x1000, 0, 1]], 'tdx-launch.metadata'],
    ['data beyond the file', [[0xf00, 0x1000, 0xfffff000, 0x1000, 0, 1]], 'tdx-launch.metadata'],
    ['a BFV without data', [[0, 0, 0xfffff000, 0x1000, 0, 1]], 'tdx-launch.metadata'],
    ['a TD_HOB with data', [good, [0, 8, 0x809000, 0x1000, 2, 0]], 'tdx-launch.metadata'],
    ['overlapping sections', [good, [0, 0, 0xffffe000, 0x2000, 3, 0]], 'tdx-launch.metadata'],
    ['addresses beyond 52 bits', [good, [0, 0, 2 ** 52, 0x1000, 3, 0]], 'tdx-launch.metadata'],
    ['a size beyond the addresses', [good, [0, 0, 2 ** 51, 2 ** 52, 3, 0]], 'tdx-launch.metadata'],
    ['memory of 1 TiB to add', [good, [0, 0, 2 ** 33, 2 ** 40, 3, 0]], 'tdx-launch.too-large'],
    ['memory of 1 GiB to measure', [good, [0, 0, 2 ** 33, 2 ** 30, 5, 1]], 'tdx-launch.too-large'],
  ])('%s', (_, sections, code) => {
    const firmware = tdvf(0x1000, 0xc00, sections);
    expect(codes({ firmware })).toContain(code);
    expect(mrtd(firmware)).toBeUndefined();
  });

  test('sections above 4 GiB are measured, sections of PAGE.AUG are not', () => {
    const plain = tdvf(0x1000, 0xc00, [good, [0, 0, 2 ** 40, 0x1000, 4, 0]]);
    const augmented = tdvf(0x1000, 0xc00, [good, [0, 0, 2 ** 40, 0x1000, 4, 2]]);
    expect(mrtd(plain)).not.toBe(mrtd(augmented));
    expect(codes({ firmware: tdvf(0x1000, 0xc00, [good, [0, 0, 0xfffff000, 2 ** 50, 4, 2]]) })).not.toContain(
      'tdx-launch.metadata',
    );
  });

  test.each([
    ['signature', 0, 0x55],
    ['length', 4, 1],
    ['version', 8, 2],
    ['count', 12, 0xff],
    ['count', 15, 0xff],
  ])('a wrong %s', (_, offset, value) => {
    const firmware = tdvf(0x1000, 0xc00, [good]);
    firmware[0xc00 + offset] = value;
    expect(mrtd(firmware)).toBeUndefined();
    expect(codes({ firmware })).toContainEqual(
      expect.stringMatching(/^(tdx-launch\.metadata|layout\.truncated)$/),
    );
  });

  test.each([
    ['an entry without size', 0x1000 - 68, 0],
    ['an entry of another size', 0x1000 - 68, 24],
    ['a distance before the image', 0x1000 - 70, 0xff],
  ])('a table with %s', (_, offset, value) => {
    const firmware = tdvf(0x1000, 0xc00, [good]);
    firmware[offset] = value;
    expect(codes({ firmware })).toContainEqual(expect.stringMatching(/^tdx-launch\.(no-)?metadata$/));
    expect(mrtd(firmware)).toBeUndefined();
  });

  test('truncation at every byte of the end, and every byte of table and metadata flipped: nothing throws', () => {
    const firmware = tdvf(0x1000, 0xc00, [good, [0, 0, 0x810000, 0x1000, 3, 0]]);
    const cheap = createDigests({ sha384: { hash: () => new Uint8Array(48) } });
    const random = seededRandom(1);
    for (let length = 0; length <= firmware.length; length += length < 0xbf0 ? 97 : 1) {
      expect(
        tdxLaunch.calculate({ firmware: firmware.subarray(0, length) }, cheap).issues.length,
      ).toBeGreaterThan(0);
    }
    for (let at = 0xbf0; at < firmware.length; at++) {
      const copy = firmware.slice();
      copy[at]! ^= 1 << random(8);
      expect(() => tdxLaunch.calculate({ firmware: copy, kernel: copy, memory: 2048 }, cheap)).not.toThrow();
    }
  });
});

test('the sections of OVMF are found', () => {
  expect(calculate({ firmware: ovmf() }).steps.map(({ words }) => words)).toContain(
    'page of CFV at 0xffc00000 added',
  );
});
