/** RTMR0 to RTMR2 of OVMF by known answers: event digests, hand-off blocks, whole registers. */
import {
  fromHex,
  portableDigests,
  toHex,
  utf8Bytes,
  type LaunchInputs,
  type LaunchPrediction,
} from '@tsm/core';
import { describe, expect, test } from 'vitest';
import { tdxLaunch } from '../src/launch/calculator.ts';
import { variableData } from '../src/launch/event-data.ts';
import { gptEvent } from '../src/launch/gpt.ts';
import { loadOptions } from '../src/launch/kernel.ts';
import { ovmf, P1 } from './support/launch-images.ts';

const hex = (text: string): Uint8Array => fromHex(text)!;
const sha384 = (bytes: Uint8Array): string => toHex(portableDigests.digest('sha384', bytes));
const calculate = (inputs: LaunchInputs): LaunchPrediction => tdxLaunch.calculate(inputs, portableDigests);

const FIRMWARE = ovmf();
const CFV = hex(
  '344bc51c980ba621aaa00da3ed7436f7d6e549197dfe699515dfa2c6583d95e6412af21c097d473155875ffd561d6790',
);
const AUTHORITY = hex(
  'fb66919801f1dfc9c4c273b6a739380790cb0fd3cb706a42f6ac050510ebc8618e7fba53a1564522f5c6f0dc9e1f41a6',
);
const fill = (size: number, letter: string): Uint8Array => new Uint8Array(size).fill(letter.charCodeAt(0));
const ACPI = { 'acpi-loader': fill(4096, 'L'), 'acpi-rsdp': fill(20, 'R'), 'acpi-tables': fill(131072, 'T') };
/** A launch in which everything is known. */
const DIRECT = { firmware: FIRMWARE, memory: 2048, 'variables-digest': CFV, kernel: P1, ...ACPI };

function register(inputs: LaunchInputs, name: string): string | undefined {
  const value = calculate(inputs).registers.find((one) => one.name === name)?.value;
  return value && toHex(value);
}

/** Digest of the step with these words. */
function digest(inputs: LaunchInputs, words: string): string {
  const step = calculate(inputs).steps.find((one) => one.words === words);
  return step?.digest ? toHex(step.digest) : `no step "${words}"`;
}

// prettier-ignore
test.each([
  ['separator', {}, '394341b7182cd227c5c6b07ef8000cdfd86136c4292b8e576573ad7ed9ae41019f5818b4b971c9effc60e1ad9f1289f0'],
  ['Calling EFI Application from Boot Option', {}, '77a0dab2312b4e1e57a84d865a21e5b2ee8d677a21012ada819d0a98988078d3d740f6346bfe0abaa938ca20439a8d71'],
  ['Exit Boot Services Invocation', {}, '214b0bef1379756011344877743fdc2a5382bac6e70362d624ccf3f654407c1b4badf7d8f9295dd3dabdef65b27677e0'],
  ['Exit Boot Services Returned with Success', {}, '0a2e01c85deae718a530ad8c6d20a84009babe6c8989269e950d8cf440c6e997695e64d455c4174a652cd080f6230b74'],
  ['variable SecureBoot, absent', {}, '9dc3a1f80bcec915391dcda5ffbb15e7419f77eab462bbf72b42166fb70d50325e37b36f93537a863769bcf9bedae6fb'],
  ['variable SecureBoot', { 'secure-boot': 'off' }, 'cfa4e2c606f572627bf06d5669cc2ab1128358d27b45bc63ee9ea56ec109cfafb7194006f847a6a74b5eaed6b73332ec'],
  ['variable SecureBoot', { 'secure-boot': 'on' }, '2cded0c6f453d4c6f59c5e14ec61abc6b018314540a2367cba326a52aa2b315ccc08ce68a816ce09c6ef2ac7e514ae1f'],
  ['variable PK, absent', {}, '6f2e3cbc14f9def86980f5f66fd85e99d63e69a73014ed8a5633ce56eca5b64b692108c56110e22acadcef58c3250f1b'],
  ['variable KEK, absent', {}, 'd607c0efb41c0d757d69bca0615c3a9ac0b1db06c557d992e906c6b7dee40e0e031640c7bfd7bcd35844ef9edeadc6f9'],
  ['variable db, absent', {}, '08a74f8963b337acb6c93682f934496373679dd26af1089cb4eaf0c30cf260a12e814856385ab8843e56a9acea19e127'],
  ['variable dbx, absent', {}, '18cc6e01f0c6ea99aa23f8a280423e94ad81d96d0aeb5180504fc0f7a40cb3619dd39bd6a95ec1680a86ed6ab0f9828d'],
  ['fw_cfg BootMenu', {}, '1dd6f7b457ad880d840d41c961283bab688e94e4b59359ea45686581e90feccea3c624b1226113f824f315eb60ae0a7c'],
  ['variable BootOrder', { 'firmware-version': '202408' }, '1dd6f7b457ad880d840d41c961283bab688e94e4b59359ea45686581e90feccea3c624b1226113f824f315eb60ae0a7c'],
  ['variable BootOrder', {}, '52b9a02de946b947364b57d8210c63113b9058996e2a3ba7cead54af11ae0873b085d1e52bc01e4febe57ca05ca1332b'],
  ['fw_cfg bootorder', {}, '53d3dbc00691328371e74c1b1c77bdf1bf4ff79dd1b55222b694fe8341cd8b0adb3a9ab9286552c681272883b9b0fc1d'],
  ['variable Boot0000', { 'firmware-version': '2024.08' }, '23ada07f5261f12f34a0bd8e46760962d6b4d576a416f1fea1c64bc656b1d28eacf7047ae6e967c58fd2a98bfa74c298'],
  ['variable Boot0000', {}, '5068e6a9ded2a1c3a8ebb5d26004410ea8670742d8f444c5c3d161b76c66fa23a7b1d2fb3f9840570b675384b5818f2d'],
  ['variable Boot0001', {}, 'dd424f2eeb35f3e8a2c2f50f6cc87ff90b7577e92ce63e13a22869d07d104fd5ea9800e6e4f12c5058fc4eaa78374f20'],
  ['initrd', { initrd: utf8Bytes('INITRD') }, '4257bdaeb57f71c046d4bfe73758af3d1bdb05bb5f887683b0b86df5fab296aac38a9cc5c646ea85fbb7f7790da18aa8'],
  ['LoadOptions of the kernel', { initrd: utf8Bytes('INITRD'), cmdline: 'console=ttyS0' }, 'f9f8fb4b0e1dce36006d4f4a67381bc02cb5fb2fe7143f3091569254993fb8edfa15f5b55ebdbf24cb189af4c6dbb8ff'],
  ['LoadOptions of the kernel', { initrd: utf8Bytes('INITRD'), cmdline: 'console=ttyS0', 'firmware-version': 'edk2-stable202505' }, '1d26f8aff8992fdfc37e88b4fdf4a1a0ebb815a2ce925ea3046b3ba1f24a933e75a163af2af579268c20ca5f476f5386'],
])('digest of %s with %j', (words, inputs, expected) => {
  expect(digest({ ...DIRECT, ...inputs }, words)).toBe(expected);
});

// prettier-ignore
test.each([
  [512, '00934f9ff0a0f65e41109afb9a7c5a0719f567f32514aeaef4c23c8535793f7064a2c69738a2000500ffae6ba349a153'],
  [2048, '0b8772e5b0b41b83e6044a68397e02f49fb47066b4fbe4917ea2c45c64f323fdacbb37948f821ebaf8bc9c938ba8a749'],
  [2815, '51d4fd91da99cc87d6826bd6177fe8c74790b01b6a315d7ca2639d9d1df9e7835a2251b8e69ecef132b6b0302040f25e'],
  [2816, '8eb1a02074362aa0761541cdb4dc3f1788dfeb4538803b241477848e26de294dbe917ab56c5628732679b3abc168c2de'],
  [4096, '5b684faf8d02a733945f821d9cdd170802e72103977acf66949c9382500283adc90cbec57f8e7653f8bee1cab83689de'],
  [10240, '05dc148f05a035080b22372d049c35ef80260050516606b4d9d4eaa2e4d1e06c556374b00217496a235235d1e3d0e026'],
  [16384n, 'cd2312a0d87ef3c4a928df87088969a80b33d7bf3fc584bdde637b09ed808a8d821a56b78a13a6eb506db7578444abbe'],
])('digest of the TD HOB with %s MiB', (memory, expected) => {
  expect(digest({ ...DIRECT, memory }, 'TD HOB')).toBe(expected);
});

test('digest of an authority that shim logs', () => {
  const sbat = utf8Bytes('sbat,1,2021030218\n');
  const authority = variableData('605dab50-e046-4300-abb6-3dd810dd8b23', 'SbatLevel', sbat);
  expect(digest({ ...DIRECT, authority }, 'authority of an image')).toBe(
    'f143e2948d63fcd3442e841bb36a7e180871f0a8946541961fe9d12e70d0727874600956264dba531e2edd8729c5eb38',
  );
});

test('digest of a partition table', () => {
  const disk = new Uint8Array(3 * 512);
  const view = new DataView(disk.buffer);
  disk.set(utf8Bytes('EFI PART'), 512);
  view.setBigUint64(512 + 72, 2n, true);
  view.setUint32(512 + 80, 4, true);
  view.setUint32(512 + 84, 128, true);
  disk.fill(1, 1024, 1152);
  disk.fill(2, 1280, 1408);
  const { event } = gptEvent(disk);
  expect(event).toHaveLength(92 + 8 + 256);
  const counting = Uint8Array.from(event!, (byte, i) => (i < 92 ? i : byte));
  expect(sha384(counting)).toBe(
    '276813eb379d1dabd301605d97e4e3bfc57f18456db4336567b7fd978cbc190a22e875e74f1948e6ca6f5ea0220c9465',
  );
});

describe('registers', () => {
  const old = { ...DIRECT, 'firmware-version': 'edk2-stable202408', 'qemu-version': '10.1' };
  const real = {
    ...old,
    'acpi-digest': [
      '8db40217f1584456a532cd21ac440c8ee2204d497797a70b972d360a5eb2fde1be58be6fd9c6ea8ddac235f4db29a42c',
      '379c9de60d0dd6862394273f66ad30e8707ba61b601e379e9c4718a026e06c66f78a5d98d3fd147b06d9398ccd4174ef',
      '2213f7791b826d9e60cde6158fb77ae4ddaaf52bf58304c0c0d1350e374a64037b3e69e8759371b02b09fe904ece0718',
    ].map(hex),
  };

  // prettier-ignore
  test.each<readonly [string, string, LaunchInputs, string]>([
    ['RTMR0 before edk2-stable202411', 'rtmr0', real, '8566f998798db09443b244c62de9a3041fb02e2e6936c4396d784bba2e90177329ec5aba3bb484404f2ab9cc90abe193'],
    ['RTMR0 since then', 'rtmr0', { ...real, 'firmware-version': '202411' }, 'f337477dd83430873c3b5cf0c779f076d7c7a245f7b6f0f257160de048ea459004298d3d72f8f24c51aac7bfa3bd092d'],
    ['RTMR0 with ACPI files', 'rtmr0', { ...DIRECT, 'firmware-version': '202411' }, 'b998d7193d036e996686d4c3b7456a77e11beb4168208415036bb17f7f683f5d0bcc5f316c6940dfd81a8b60e3c62f22'],
    ['RTMR0 of 17 events', 'rtmr0', { ...DIRECT, 'firmware-version': '202505', 'authority-digest': AUTHORITY }, 'ac1fcc229ec2ad9f4486fffcee114cb22825d7913b798b948808941a8059ea0957e8a461e0a2a07d5198cc054e585a13'],
    ['RTMR1 with a separator', 'rtmr1', DIRECT, '95bd9b945aa774f95685f9432a04b2b4ecd4659466527cf15531572f54e9c8d2ea5d0df03735135af8a72e320347076f'],
    ['RTMR1 without one', 'rtmr1', old, '1cea5d43cb4d39129471021d4e5bd7c7a7d753d6ae99f53137f56b8a462f5a7f5baaa74c1f0685757c707b5c54392ba2'],
    ['RTMR2, initrd first', 'rtmr2', { ...DIRECT, cmdline: 'console=ttyS0', initrd: utf8Bytes('INITRD') }, 'ebfd1f99aa94af071721cc6776639229a4e18f9148a3086e0225b8f374b9101ba76ba3265d6f3d7da0c471cdae95bfb3'],
    ['RTMR2, initrd last', 'rtmr2', { ...old, cmdline: 'console=ttyS0', initrd: utf8Bytes('INITRD') }, '999168a25fe3d3dcae455b97bc392172c7e6eab1055551fa131640affdda1a885b240279795abee34382691802db8133'],
  ])('%s', (_, name, inputs, expected) => {
    expect(register(inputs, name)).toBe(expected);
    expect(calculate(inputs).issues).toEqual([]);
  });

  test('a kernel whose stub does not measure leaves RTMR2 as it is', () => {
    expect(register({ ...DIRECT, cmdline: 'quiet', 'efi-stub': 'silent' }, 'rtmr2')).toBe('00'.repeat(48));
  });
});

test('the log of a direct boot: 17 events of RTMR0, and the kernel before the boot options', () => {
  const { events = [] } = calculate({ ...DIRECT, 'authority-digest': AUTHORITY, cmdline: 'quiet' });
  expect(events.filter(({ ccMr }) => ccMr === 1)).toHaveLength(17);
  const order = events.slice(-9).map(({ ccMr, type }) => `${ccMr}:${type.toString(16)}`);
  expect(order).toEqual(
    ['2:80000003', '1:80000002', '1:80000002', '1:80000002', '2:80000007', '2:4', '3:6', '2:80000007'].concat(
      '2:80000007',
    ),
  );
});

describe('fw_cfg', () => {
  const words = (inputs: LaunchInputs): string[] =>
    calculate({ ...DIRECT, ...inputs })
      .steps.map((step) => step.words)
      .filter((one) => one.startsWith('fw_cfg'));

  test('is not measured before edk2-stable202505', () => {
    expect(words({ 'firmware-version': '202502' })).toEqual([]);
  });

  test('items come in the order of the firmware', () => {
    const all = {
      ...{ bootorder: ['/a', '/b'], 'pci-mmio64': '65536', 'reserved-memory-end': 1n << 40n },
      ...{ 'boot-menu-wait': 100, 'boot-menu': 1, 'extra-pci-roots': 2 },
    };
    expect(words(all)).toEqual([
      ...['fw_cfg etc/extra-pci-roots', 'fw_cfg BootMenu', 'fw_cfg etc/boot-menu-wait'],
      ...['fw_cfg etc/reserved-memory-end', 'fw_cfg opt/ovmf/X-PciMmio64Mb', 'fw_cfg bootorder'],
    ]);
    expect(digest({ ...DIRECT, ...all }, 'fw_cfg extra-pci-roots')).toContain('no step');
    expect(digest({ ...DIRECT, ...all }, 'fw_cfg etc/extra-pci-roots')).toBe(sha384(hex('0200000000000000')));
    expect(digest({ ...DIRECT, ...all }, 'fw_cfg BootMenu')).toBe(sha384(hex('0100')));
    expect(digest({ ...DIRECT, ...all }, 'fw_cfg bootorder')).toBe(sha384(utf8Bytes('/a\n/b\0')));
  });
});

describe('LoadOptions', () => {
  const text = (...args: Parameters<typeof loadOptions>): string =>
    new TextDecoder('utf-16le').decode(loadOptions(...args));
  test.each([
    ['quiet', false, true, 'quiet\0'],
    ['quiet', true, true, 'initrd=initrd quiet\0'],
    ['quiet', true, false, 'quiet initrd=initrd\0'],
    ['', true, true, 'initrd=initrd \0'],
    ['', false, true, ''],
    ['é', false, true, 'Ã©\0'],
  ])('of %j, initrd %s, first %s', (commandLine, hasInitrd, first, expected) => {
    expect(text(commandLine, hasInitrd, first)).toBe(expected);
  });
});

describe('what is not known', () => {
  const leftOut = (inputs: LaunchInputs): string[] =>
    calculate(inputs)
      .issues.filter(({ code }) => code === 'tdx-launch.left-out')
      .map(({ path, message }) => `${path}: ${message.split(' left out')[0] ?? ''}`);
  const without = (name: keyof typeof DIRECT): LaunchInputs => ({ ...DIRECT, [name]: undefined });
  const names = (inputs: LaunchInputs): string[] => calculate(inputs).registers.map(({ name }) => name);

  test('no kernel and no disk: MRTD alone', () => {
    expect(names({ firmware: FIRMWARE })).toEqual(['mrtd']);
    expect(leftOut({ firmware: FIRMWARE })).toEqual(['kernel: rtmr0, rtmr1, rtmr2']);
  });
  test('no firmware: RTMR1 and RTMR2', () => {
    expect(names(without('firmware'))).toEqual(['rtmr1', 'rtmr2']);
    expect(leftOut(without('firmware'))).toEqual(['firmware: mrtd', 'firmware: rtmr0']);
  });
  test.each([
    ['memory', 'memory: rtmr0'],
    ['acpi-tables', 'acpi-tables: rtmr0'],
  ] as const)('without %s there is no RTMR0', (name, expected) => {
    expect(names(without(name))).toEqual(['mrtd', 'rtmr1', 'rtmr2']);
    expect(leftOut(without(name))).toEqual([expected]);
  });
  test('events go on, but a step after the gap has no value', () => {
    const { steps } = calculate(without('memory'));
    expect(steps.filter((step) => step.register === 'rtmr0' && step.value)).toEqual([]);
    expect(steps.filter((step) => step.register === 'rtmr0' && step.digest)).not.toEqual([]);
  });
  test('a disk boot names what it needs', () => {
    expect(leftOut({ ...DIRECT, kernel: undefined, boot: 'disk' })).toEqual([
      ...['boot-option: rtmr0', 'disk: rtmr1', 'boot-image: rtmr1', 'mok-list: rtmr2'],
    ]);
  });
  test('a loader that loads another file', () => {
    const loader = new Uint8Array(4096);
    loader[0] = 1;
    loader.set(utf8Bytes('etc/tpm/log'), 4);
    expect(leftOut({ ...DIRECT, 'acpi-loader': loader })).toEqual(['acpi-loader: rtmr0']);
  });
});

describe('a disk boot', () => {
  const disk = new Uint8Array(34 * 512);
  disk.set(utf8Bytes('EFI PART'), 512);
  const view = new DataView(disk.buffer);
  view.setBigUint64(512 + 72, 2n, true);
  view.setUint32(512 + 80, 128, true);
  view.setUint32(512 + 84, 128, true);
  disk.fill(7, 1024, 1152);
  const inputs = {
    ...{ ...DIRECT, kernel: undefined, disk, 'boot-image': [P1, P1], cmdline: 'root=/dev/vda1' },
    ...{ 'mok-list': utf8Bytes('a'), 'mok-list-x': utf8Bytes('b'), 'mok-list-trusted': Uint8Array.of(1) },
    ...{ 'boot-option': [utf8Bytes('first'), utf8Bytes('second')], 'boot-order': hex('01000000') },
    ...{ authority: [utf8Bytes('db'), utf8Bytes('MokListRT')] },
  };

  test('has all registers, and its log the order of real ones', () => {
    const { events = [], registers, rules, issues } = calculate(inputs);
    expect(issues).toEqual([]);
    expect(rules).toContain('disk boot');
    expect(registers.map(({ name }) => name)).toEqual(['mrtd', 'rtmr0', 'rtmr1', 'rtmr2']);
    const after = events.findIndex(({ type }) => type === 0x80000002);
    expect(events.slice(after).map(({ ccMr, type }) => `${ccMr}:${type.toString(16)}`)).toEqual([
      ...[
        '1:80000002',
        '1:80000002',
        '1:80000002',
        '2:80000007',
        '2:4',
        '1:800000e0',
        '1:800000e0',
        '2:80000006',
      ],
      ...['2:80000003', '3:d', '3:d', '3:d', '2:80000003', '3:6', '2:80000007', '2:80000007'],
    ]);
  });

  test('options carry the numbers of BootOrder', () => {
    const words = calculate(inputs).steps.map((step) => step.words);
    expect(words.filter((one) => /^variable Boot/.test(one))).toEqual([
      ...['variable BootOrder', 'variable Boot0001', 'variable Boot0000'],
    ]);
  });
});

describe('inputs', () => {
  test.each<readonly [string, LaunchInputs]>([
    ['an unknown name', { frimware: FIRMWARE }],
    ['text for a file', { firmware: 'OVMF.fd' }],
    ['a list for one value', { kernel: [P1, P1] }],
    ['another choice', { order: 'random' }],
    ['text for a number', { memory: '2048' }],
    ['a wrong one in a list', { 'acpi-digest': [CFV, 'x'] }],
  ])('%s is a TypeError', (_, inputs) => {
    expect(() => calculate(inputs)).toThrow(TypeError);
  });

  test.each<readonly [string, LaunchInputs]>([
    ['memory', { ...DIRECT, memory: 0 }],
    ['memory', { ...DIRECT, memory: 1.5 }],
    ['memory', { ...DIRECT, memory: 1n << 40n }],
    ['boot-menu', { ...DIRECT, 'boot-menu': 65536 }],
    ['variables-digest', { ...DIRECT, 'variables-digest': new Uint8Array(32) }],
    ['acpi-digest', { ...DIRECT, 'acpi-digest': [new Uint8Array(32)] }],
    ['boot-order', { ...DIRECT, 'boot-order': Uint8Array.of(0) }],
    ['variables', { ...DIRECT, 'variables-digest': undefined, variables: new Uint8Array(5) }],
    ['firmware-version', { ...DIRECT, 'firmware-version': 'latest' }],
    ['qemu-version', { ...DIRECT, 'qemu-version': '7.2' }],
  ])('a value of %s that cannot be is an issue', (path, inputs) => {
    expect(calculate(inputs).issues).toContainEqual(
      expect.objectContaining({ code: 'tdx-launch.value', path }),
    );
  });
});
