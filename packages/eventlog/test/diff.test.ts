/** Logs compared by what their events are about: each class of differences, many logs, and text that stays the same. */
import { concat, toHex, utf8Bytes, type AlgorithmName } from '@tsm/core';
import { seededRandom } from '@tsm/core/testing';
import { describe, expect, it } from 'vitest';
import {
  decodeLog,
  diffLogs,
  diffText,
  DIFFERENCE_CLASSES,
  encodeAgileLog,
  logText,
  startText,
  type Change,
  type DifferenceClass,
  type EventLog,
  type RegisterDiff,
  type TcgEvent,
} from '../src/index.ts';
import { align } from '../src/diff/align.ts';
import { gpt, imageLoad, tagged } from './support/event-builders.ts';
import { bytesOf, DISK_PATH, END, file, nul, typeOf, variable, zeros } from './support/event-data.ts';
import { FIXTURES } from './support/event-fixtures.ts';
import { appending, nodeDigests, OWN, words, written, zero } from './support/logs.ts';

const CC: readonly AlgorithmName[] = ['sha384'];
const IMAGE_SECURITY = 'd719b2cb-3d3a-4596-a3bc-dad00e67656f';
const INITRD_TAG = 0x8f3b22ec;
const LOAD_OPTIONS_TAG = 0x8f3b22ed;

/** One thing that a boot measures, by a name that tests change it by. */
interface Measured {
  readonly name: string;
  readonly register: number;
  readonly type: string;
  readonly data: Uint8Array;
  /** What is hashed. Default: the data. */
  readonly content?: string;
}

const one = (name: string, register: number, type: string, data: Uint8Array, content?: string): Measured =>
  content === undefined ? { name, register, type, data } : { name, register, type, data, content };
const image = (path: string): Uint8Array => imageLoad(concat(file(path), END));
const BLOB = FIXTURES.find(({ type }) => type === 'EV_EFI_PLATFORM_FIRMWARE_BLOB2')!.data;

const BOOT: readonly Measured[] = [
  one('firmware', 1, 'EV_EFI_PLATFORM_FIRMWARE_BLOB2', BLOB, 'firmware volume'),
  one('SecureBoot', 1, 'EV_EFI_VARIABLE_DRIVER_CONFIG', variable('SecureBoot', bytesOf(1))),
  one('db', 1, 'EV_EFI_VARIABLE_DRIVER_CONFIG', variable('db', bytesOf(1, 2, 3), IMAGE_SECURITY)),
  one('loader', 1, 'EV_PLATFORM_CONFIG_FLAGS', nul('etc/table-loader'), 'loader'),
  one('rsdp', 1, 'EV_PLATFORM_CONFIG_FLAGS', nul('etc/acpi/rsdp'), 'rsdp'),
  one('order', 1, 'EV_EFI_VARIABLE_BOOT', variable('BootOrder', bytesOf(1, 0, 0, 0))),
  one('Boot0001', 1, 'EV_EFI_VARIABLE_BOOT', variable('Boot0001', bytesOf(1)), 'one'),
  one('Boot0000', 1, 'EV_EFI_VARIABLE_BOOT', variable('Boot0000', bytesOf(2)), 'two'),
  one('separator', 1, 'EV_SEPARATOR', words(0)),
  one('action', 2, 'EV_EFI_ACTION', utf8Bytes('Calling EFI Application from Boot Option')),
  one('gpt', 2, 'EV_EFI_GPT_EVENT', gpt('EFI PART', 'root')),
  one('shim', 2, 'EV_EFI_BOOT_SERVICES_APPLICATION', imageLoad(DISK_PATH), 'shim'),
  one('kernel', 2, 'EV_EFI_BOOT_SERVICES_APPLICATION', image('\\vmlinuz-6.16.0'), 'kernel'),
  one('grub', 3, 'EV_IPL', nul('grub_cmd: set default=0')),
  one('cmdline', 3, 'EV_IPL', nul('kernel_cmdline: /vmlinuz-6.16.0 ro'), '/vmlinuz-6.16.0 ro'),
  one('options', 3, 'EV_EVENT_TAG', tagged(LOAD_OPTIONS_TAG, nul('LOADED_IMAGE::LoadOptions')), 'options'),
  one('initrd', 3, 'EV_EVENT_TAG', tagged(INITRD_TAG, nul('Linux initrd')), 'initrd'),
];

function logOf(boot: readonly Measured[], algorithms = CC): EventLog {
  const events = boot.map(({ register, type, data, content }): TcgEvent => {
    const measured = content === undefined ? data : utf8Bytes(content);
    const digests = algorithms.map((name) => [name, nodeDigests.digest(name, measured)]);
    return {
      register,
      type: typeOf(type),
      data,
      digests: Object.fromEntries(digests) as TcgEvent['digests'],
    };
  });
  return decodeLog(encodeAgileLog(algorithms, events, { headerRegister: 1 }));
}

const change = (name: string, by: Partial<Measured>): Measured[] =>
  BOOT.map((measured) => (measured.name === name ? { ...measured, ...by } : measured));
const without = (name: string): Measured[] => BOOT.filter((measured) => measured.name !== name);
const after = (name: string, added: Measured): Measured[] =>
  BOOT.flatMap((measured) => (measured.name === name ? [measured, added] : [measured]));
function moved(name: string, before: string): Measured[] {
  const item = BOOT.find((measured) => measured.name === name)!;
  return without(name).flatMap((measured) => (measured.name === before ? [item, measured] : [measured]));
}

const base = logOf(BOOT);

function compared(other: EventLog, first = base): readonly RegisterDiff[] {
  return diffLogs([first, other], { digests: nodeDigests }).diffs[0]!.registers;
}

describe('one difference', () => {
  it.each<[string, readonly Measured[], DifferenceClass, Change, string, string]>([
    [
      'another kernel',
      change('kernel', { data: image('\\vmlinuz-6.17.1-rc2'), content: 'new' }),
      ...(['kernel', 'changed', 'rtmr1', 'kernel changed: \\vmlinuz-6.16.0 → \\vmlinuz-6.17.1-rc2'] as const),
    ],
    [
      'another command line',
      change('cmdline', { data: nul('kernel_cmdline: /vmlinuz-6.16.0 rw'), content: '/vmlinuz-6.16.0 rw' }),
      ...(['command-line', 'changed', 'rtmr2', 'ro → '] as const),
    ],
    [
      'other load options',
      change('options', { content: 'x' }),
      'command-line',
      'changed',
      'rtmr2',
      'command line changed',
    ],
    [
      'another initrd',
      change('initrd', { content: 'x' }),
      'initrd',
      'changed',
      'rtmr2',
      'initrd changed: Linux initrd',
    ],
    [
      'another ACPI table',
      change('rsdp', { content: 'x' }),
      'acpi',
      'changed',
      'rtmr0',
      'ACPI table changed',
    ],
    [
      'ACPI tables in another order',
      moved('rsdp', 'loader'),
      'acpi',
      'moved',
      'rtmr0',
      'ACPI table reordered',
    ],
    [
      'a boot entry more',
      after('Boot0000', one('', 1, 'EV_EFI_VARIABLE_BOOT', variable('Boot0002', bytesOf(3)))),
      'boot-entry',
      'added',
      'rtmr0',
      'boot entry added: Boot0002',
    ],
    [
      'a boot entry less',
      without('Boot0000'),
      'boot-entry',
      'removed',
      'rtmr0',
      'boot entry removed: Boot0000',
    ],
    [
      'boot entries in another order',
      moved('Boot0000', 'Boot0001'),
      'boot-entry',
      'moved',
      'rtmr0',
      'boot entry reordered',
    ],
    [
      'another boot order',
      change('order', { data: variable('BootOrder', bytesOf(0, 0, 1, 0)) }),
      'boot-order',
      'changed',
      'rtmr0',
      '0001, 0000 → BootOrder = 0000, 0001',
    ],
    [
      'Secure Boot off',
      change('SecureBoot', { data: variable('SecureBoot', bytesOf(0)) }),
      'secure-boot',
      'changed',
      'rtmr0',
      'SecureBoot = 01 → SecureBoot = 00',
    ],
    [
      'another database',
      change('db', { data: variable('db', bytesOf(9), IMAGE_SECURITY) }),
      'secure-boot',
      'changed',
      'rtmr0',
      'Secure Boot database changed',
    ],
    [
      'a driver more',
      after('shim', one('', 2, 'EV_EFI_BOOT_SERVICES_DRIVER', image('\\EFI\\drv.efi'), 'd')),
      'driver',
      'added',
      'rtmr1',
      'driver added: \\EFI\\drv.efi',
    ],
    [
      'another boot application',
      change('shim', { content: 'x' }),
      'application',
      'changed',
      'rtmr1',
      'boot application changed: \\EFI\\BOOT',
    ],
    [
      'a boot application less',
      without('shim'),
      'application',
      'removed',
      'rtmr1',
      'boot application removed',
    ],
    [
      'other firmware',
      change('firmware', { content: 'x' }),
      'firmware',
      'changed',
      'rtmr0',
      'firmware blob changed: Fv',
    ],
    [
      'another separator',
      change('separator', { data: words(1) }),
      'separator',
      'changed',
      'rtmr0',
      'separator 00000000 → separator 01000000',
    ],
    ['an action less', without('action'), 'action', 'removed', 'rtmr1', 'action removed: Calling EFI'],
    [
      'another partition',
      change('gpt', { data: gpt('EFI PART', 'a', 'b') }),
      'partition-table',
      'changed',
      'rtmr1',
      '2 partitions',
    ],
    [
      'another command of GRUB',
      after('grub', one('', 3, 'EV_IPL', nul('grub_cmd: insmod lvm'))),
      'boot-loader',
      'added',
      'rtmr2',
      'grub_cmd: insmod lvm',
    ],
    [
      'something else',
      after('grub', one('', 3, 'EV_NONHOST_CODE', zeros(3))),
      'other',
      'added',
      'rtmr2',
      'event added',
    ],
  ])('%s', (_name, boot, what, how, register, told) => {
    const registers = compared(logOf(boot));
    const [found, ...more] = registers.flatMap(({ name, differences }) =>
      differences.map((each) => ({ name, ...each })),
    );
    expect(more).toEqual([]);
    expect(found).toMatchObject({ name: register, class: what, change: how });
    expect(found?.words).toContain(told);
    for (const { name, sameValue, firstDivergence } of registers) {
      expect(sameValue).toBe(name !== register);
      expect(firstDivergence === null).toBe(name !== register);
    }
  });

  it('an event in another register is moved there', () => {
    const differences = compared(logOf(change('action', { register: 3 }))).flatMap(
      (each) => each.differences,
    );
    expect(differences).toMatchObject([
      { class: 'action', change: 'moved', before: { register: 2 }, after: { register: 3 } },
    ]);
    expect(differences[0]?.words).toContain('(rtmr1 → rtmr2)');
  });
});

describe('several logs', () => {
  it('equal logs, whatever their padding', () => {
    const padded = decodeLog(concat(base.bytes, new Uint8Array(64).fill(0xff)));
    const { groups, diffs } = diffLogs([base, padded], { digests: nodeDigests });
    expect(groups).toEqual([[0, 1]]);
    expect(diffs).toMatchObject([{ log: 1, equal: true }]);
  });

  it('every log is compared with the first, and equal ones are grouped', () => {
    const other = logOf(without('shim'));
    const result = diffLogs([base, other, base, other], { digests: nodeDigests });
    expect(result.groups).toEqual([
      [0, 2],
      [1, 3],
    ]);
    expect(result.diffs.map(({ log, equal }) => [log, equal])).toEqual([
      [1, false],
      [2, true],
      [3, false],
    ]);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  it('banks that only one of them has do not count', () => {
    const two = logOf(BOOT, ['sha256', 'sha384']);
    expect(
      diffLogs([base, two], { digests: nodeDigests }).diffs[0]?.registers.flatMap(
        ({ differences }) => differences,
      ),
    ).toEqual([]);
  });

  it('no log, and one', () => {
    expect(diffLogs([])).toEqual({ groups: [], diffs: [] });
    expect(diffLogs([base]).groups).toEqual([[0]]);
  });

  it('text logs are compared by their lines', () => {
    const log = (...lines: string[]): EventLog =>
      decodeLog(written(startText('rfc', 'sha384', zero()), ...lines.map((line) => appending(line))).bytes);
    const options = { digests: nodeDigests, register: 'rtmr3' };
    const { diffs } = diffLogs(
      [log('a.org/x start 1', 'plain', 'more'), log('a.org/x start 2', 'more', 'new')],
      options,
    );
    expect(diffs[0]?.registers[0]?.name).toBe('rtmr3');
    expect(diffs[0]?.registers[0]?.differences.map(({ words: told }) => told)).toEqual([
      'runtime event changed: a.org/x start 1 → a.org/x start 2',
      'event removed: plain',
      'event added: new',
    ]);
  });
});

describe('text', () => {
  it('a comparison is the same text each time, one line a difference', () => {
    const boot = change('kernel', { content: 'x' }).filter(({ name }) => name !== 'Boot0000');
    expect(diffText(diffLogs([base, logOf(boot)], { digests: nodeDigests }))).toBe(
      [
        'log 2 against log 1: different',
        'rtmr0: 1 difference, other value',
        '  - boot entry removed: Boot0000 = 02',
        'rtmr1: 1 difference, other value',
        '  ~ kernel changed: \\vmlinuz-6.16.0',
        'rtmr2: same, 4 events',
        'rtmr3: same, 0 events',
        '',
      ].join('\n'),
    );
  });

  it('one event more changes one line of the dump, and the value of its register', () => {
    const lines = (log: EventLog): string[] => logText(log, { digests: nodeDigests }).split('\n');
    const more = lines(logOf(after('grub', one('', 3, 'EV_IPL', nul('grub_cmd: insmod lvm')))));
    const less = lines(base);
    expect(more.filter((line) => !less.includes(line))).toHaveLength(2);
    expect(less.filter((line) => !more.includes(line))).toHaveLength(1);
    const separator = toHex(nodeDigests.digest('sha384', words(0)));
    expect(less).toContain(`rtmr0  EV_SEPARATOR  separator 00000000  sha384:${separator}`);
    expect(less.at(-2)).toMatch(/^rtmr3 = sha384:0{96}$/);
  });

  it.each(Object.entries(OWN))('%s: the dump has a line an event', (_name, bytes) => {
    const log = decodeLog(bytes);
    expect(logText(log, { digests: nodeDigests }).split('\n').length).toBeGreaterThan(log.count);
  });
});

describe('alignment', () => {
  const random = seededRandom(7);
  const sequence = (length: number, kinds: number): Int32Array =>
    Int32Array.from({ length }, () => random(kinds));

  it.each([3, 50, 5000])('hunks rebuild one sequence from the other, out of %i keys', (kinds) => {
    for (let i = 0; i < 60; i++) {
      const a = sequence(random(80), kinds);
      const b =
        i % 3 === 0 ? sequence(random(80), kinds) : Int32Array.from([...a].filter(() => random(9) > 0));
      let at = 0;
      const built = align(a, b).flatMap(({ fromA, toA, fromB, toB }) => {
        const kept = [...a.subarray(at, fromA)];
        at = toA;
        return [...kept, ...b.subarray(fromB, toB)];
      });
      expect([...built, ...a.subarray(at)]).toEqual([...b]);
    }
  });

  it('sequences that have little in common are aligned at keys they have once', () => {
    const a = Int32Array.from({ length: 4000 }, (_, i) => (i % 10 === 0 ? i : -1 - i));
    const b = Int32Array.from({ length: 4000 }, (_, i) => (i % 10 === 0 ? i : 10_000 + i));
    expect(align(a, b)).toHaveLength(400);
  });
});

it('every class has a word of its own', () => {
  expect(new Set(Object.values(DIFFERENCE_CLASSES)).size).toBe(Object.keys(DIFFERENCE_CLASSES).length);
});
