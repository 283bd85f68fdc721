/** Which bytes the digest of an event covers: by rule, on our own fixtures, and on every real log. */
import { concat, portableDigests, utf16Bytes } from '@tsm/core';
import { describe, expect, test } from 'vitest';
import { describeVectors, readVector, vectors, type Vector } from '../../core/test/support/vectors.ts';
import { checkDigest, digestCandidates, type DigestCheck } from '../src/event-data/digest-check.ts';
import { decodeLog, type EventLog } from '../src/index.ts';
import * as support from './support/event-data.ts';
import { gpt, tagged } from './support/event-builders.ts';
import { FIXTURES } from './support/event-fixtures.ts';

const { bytesOf, CERTIFICATE, certificates, nul, text, typeOf, variable, wide, zeros } = support;

/** The check of data against the SHA-256 digest of `measured`. */
function check(type: string, data: Uint8Array, measured: Uint8Array): DigestCheck {
  return checkDigest(
    typeOf(type),
    data,
    portableDigests,
    'sha256',
    portableDigests.digest('sha256', measured),
  );
}

const secureBoot = variable('SecureBoot', bytesOf(1));
const owned = variable('db', certificates(CERTIFICATE).subarray(28));
const oldShim = concat(variable('Shim', CERTIFICATE), zeros(6));
const otherBytes = text('something else');

describe('matches', () => {
  const CASES: readonly (readonly [type: string, data: Uint8Array, measured: Uint8Array, covers: string])[] =
    [
      ['EV_SEPARATOR', zeros(4), zeros(4), 'event data'],
      ['EV_SEPARATOR', text('no disk'), bytesOf(1, 0, 0, 0), 'the error value 1'],
      ['EV_EFI_ACTION', text('a'), text('a'), 'event data'],
      ['EV_EFI_VARIABLE_DRIVER_CONFIG', secureBoot, secureBoot, 'event data'],
      ['EV_EFI_VARIABLE_DRIVER_CONFIG', secureBoot, bytesOf(1), 'variable data'],
      ['EV_EFI_VARIABLE_BOOT', secureBoot, bytesOf(1), 'variable data'],
      ['EV_EFI_VARIABLE_BOOT', secureBoot, secureBoot, 'event data'],
      ['EV_EFI_VARIABLE_BOOT2', secureBoot, secureBoot, 'event data'],
      ['EV_EFI_VARIABLE_AUTHORITY', owned, owned, 'event data'],
      ['EV_EFI_VARIABLE_AUTHORITY', owned, CERTIFICATE, 'certificate without its owner'],
      ['EV_EFI_GPT_EVENT', gpt('EFI PART', 'a'), gpt('EFI PART', 'a'), 'event data'],
      ['EV_EVENT_TAG', tagged(0x4141454c, text('a b c')), tagged(0x4141454c, text('a b c')), 'event data'],
      ['EV_IPL', nul('grub_cmd: a b'), text('a b'), 'text after the prefix'],
      ['EV_IPL', nul('kernel_cmdline: a b'), text('a b'), 'text after the prefix'],
      ['EV_IPL', nul('module_cmdline: a b'), text('a b'), 'text after the prefix'],
      ['EV_IPL', nul('grub_cmd a b\0'), nul('a b'), 'text after the prefix, with a NUL'],
      ['EV_IPL', text('anything'), text('anything'), 'event data'],
      ['EV_IPL', wide('.linux'), nul('.linux'), 'name in UTF-8, with a NUL'],
      ['EV_IPL', wide('quiet'), concat(wide('quiet'), zeros(2)), 'event data, with one more NUL'],
      ['EV_IPL', wide('quiet'), concat(wide('quiet'), zeros(1)), 'event data, with one more NUL byte'],
      ['EV_IPL', wide('quiet'), utf16Bytes('quiet'), 'event data without its NUL'],
      ['EV_S_CRTM_VERSION', wide('v1'), wide('v1'), 'event data'],
      ['EV_PLATFORM_CONFIG_FLAGS', text('a'), text('a'), 'event data'],
    ];
  test.each(CASES.map((one) => [`${one[0]}: ${one[3]}`, one] as const))(
    '%s',
    (_, [type, data, measured, covers]) => {
      expect(check(type, data, measured)).toEqual({ state: 'matches', covers });
      expect(digestCandidates(typeOf(type), data)).toContainEqual({ covers, bytes: measured });
    },
  );
});

describe('contradicts, where nothing that the type allows was hashed', () => {
  const CASES: readonly (readonly [type: string, data: Uint8Array, covers: string])[] = [
    ['EV_SEPARATOR', zeros(4), 'event data'],
    ['EV_ACTION', text('a'), 'event data'],
    ['EV_EFI_ACTION', text('a'), 'event data'],
    ['EV_NONHOST_INFO', text('a'), 'event data'],
    ['EV_EFI_VARIABLE_DRIVER_CONFIG', secureBoot, 'event data'],
    ['EV_EFI_VARIABLE_BOOT', secureBoot, 'variable data'],
    ['EV_EFI_VARIABLE_BOOT2', secureBoot, 'event data'],
    ['EV_EFI_VARIABLE_AUTHORITY', owned, 'event data'],
    ['EV_EFI_GPT_EVENT', gpt('EFI PART', 'a'), 'event data'],
    ['EV_EFI_GPT_EVENT2', gpt('EFI PART', 'a'), 'event data'],
    ['EV_EVENT_TAG', tagged(0x4141454c, text('a b c')), 'event data'],
    ['EV_IPL', nul('grub_cmd: a'), 'text after the prefix'],
    ['EV_IPL', nul('kernel_cmdline: a'), 'text after the prefix'],
  ];
  test.each(CASES)('%s', (type, data, covers) => {
    expect(check(type, data, otherBytes)).toEqual({ state: 'contradicts', covers });
  });

  test('a separator that says "no error" over a digest that says "error"', () => {
    expect(check('EV_SEPARATOR', zeros(4), bytesOf(1, 0, 0, 0)).state).toBe('contradicts');
  });
});

describe('cannot be told', () => {
  const CASES: readonly (readonly [type: string, data: Uint8Array, covers: string])[] = [
    ['EV_NO_ACTION', zeros(4), 'nothing: the event extends nothing'],
    ['EV_EFI_BOOT_SERVICES_APPLICATION', zeros(32), 'external: the image (Authenticode)'],
    ['EV_EFI_PLATFORM_FIRMWARE_BLOB2', zeros(17), 'external: the firmware blob'],
    ['EV_EFI_HANDOFF_TABLES', zeros(8), 'external: the tables'],
    ['EV_POST_CODE', text('ACPI DATA'), 'external: the firmware code'],
    ['EV_S_CRTM_VERSION', wide('v1'), 'external: the version'],
    ['EV_PLATFORM_CONFIG_FLAGS', text('a'), 'external: the configuration'],
    ['EV_IPL', nul('(hd0,gpt2)/vmlinuz'), 'external: the file or variable'],
    ['EV_IPL', nul('MokList'), 'external: the file or variable'],
    ['EV_IPL', wide('.linux'), 'external: the file or variable'],
    ['EV_IPL', bytesOf(1), 'external: the file or variable'],
    ['EV_EVENT_TAG', tagged(0x8f3b22ec, nul('Linux initrd')), 'external: what the tag names'],
    ['EV_EFI_VARIABLE_AUTHORITY', oldShim, 'external: something unknown'],
    ['EV_EFI_VARIABLE_AUTHORITY', zeros(8), 'external: something unknown'],
  ];
  test.each(CASES)('%s', (type, data, covers) => {
    expect(check(type, data, otherBytes)).toEqual({ state: 'cannotTell', covers });
  });

  test('for an unknown type, unless the event data was hashed', () => {
    const digest = portableDigests.digest('sha256', text('a'));
    expect(checkDigest(0xabc, text('a'), portableDigests, 'sha256', digest).state).toBe('matches');
    const other = checkDigest(0xabc, text('b'), portableDigests, 'sha256', digest);
    expect(other).toEqual({ state: 'cannotTell', covers: 'external: something unknown' });
  });

  test('without a backend for the algorithm', () => {
    const result = checkDigest(typeOf('EV_SEPARATOR'), zeros(4), portableDigests, 'sm3', zeros(32));
    expect(result).toEqual({ state: 'cannotTell', covers: 'unknown: no backend for sm3' });
  });
});

test('candidates are views or made from the data, and empty where the digest covers nothing of it', () => {
  for (const { type, data } of FIXTURES) {
    for (const { covers } of digestCandidates(typeOf(type), data)) expect(covers).not.toBe('');
  }
  expect(digestCandidates(typeOf('EV_NO_ACTION'), zeros(4))).toEqual([]);
  expect(digestCandidates(typeOf('EV_EFI_BOOT_SERVICES_DRIVER'), zeros(32))).toEqual([]);
});

test('lengths of a variable beyond its data give no candidate beside the whole', () => {
  const lie = zeros(32).fill(0xff);
  expect(digestCandidates(typeOf('EV_EFI_VARIABLE_BOOT'), lie)).toEqual([
    { covers: 'event data', bytes: lie },
  ]);
});

/** The binary log of a vector; one is wrapped in JSON. */
function logOf(vector: Vector): EventLog {
  const bytes = readVector(vector.file);
  if (vector.format !== 'tcg1-json') return decodeLog(bytes);
  const { Log } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { Log: { Raw: string } };
  return decodeLog(new Uint8Array(Buffer.from(Log.Raw, 'base64')));
}

type Counts = Record<DigestCheck['state'], number>;

/** How many digests of each type match, contradict, or cannot be told. */
function count(log: EventLog, counts = new Map<string, Counts>()): Map<string, Counts> {
  for (const event of log) {
    const row = counts.get(event.typeName) ?? { matches: 0, contradicts: 0, cannotTell: 0 };
    counts.set(event.typeName, row);
    for (const { algorithm, digest } of event.digests) {
      if (algorithm) row[checkDigest(event.type, event.data, support.digests, algorithm, digest).state]++;
    }
  }
  return counts;
}

const LOGS = vectors('eventlog', ['ccel', 'tcg2', 'tcg1', 'tcg1-json']);

describeVectors('no digest of a real log contradicts its data', 23, LOGS, (vector) => {
  const log = logOf(vector);
  expect(log.count).toBeGreaterThan(5);
  for (const [type, { contradicts }] of count(log)) expect(contradicts, type).toBe(0);
});

/** A byte that the digest covers, by what it covers. */
const COVERED: readonly (readonly [covers: RegExp, at: (data: Uint8Array) => number])[] = [
  [/^event data$/, (data) => data.length >> 1],
  [/^variable data$/, (data) => data.length - 1],
  [/^text after the prefix/, () => 'grub_cmd: '.length],
];

describeVectors('a changed byte of bound data does not match', 23, LOGS, (vector) => {
  for (const { type, typeName, data, digests } of logOf(vector)) {
    const [{ algorithm, digest } = { algorithm: undefined, digest: zeros(0) }] = digests;
    if (!algorithm || data.length === 0) continue;
    const { state, covers } = checkDigest(type, data, support.digests, algorithm, digest);
    if (state !== 'matches') continue;
    const [, at = () => 0] = COVERED.find(([words]) => words.test(covers)) ?? [];
    const changed = data.slice();
    changed[at(data)]! ^= 1;
    const after = checkDigest(type, changed, support.digests, algorithm, digest);
    expect(after.state, `${typeName} ${covers}`).not.toBe('matches');
  }
});

/** Digests of all real logs together: matches and not to be told. */
const TOTALS: Readonly<Record<string, readonly [matches: number, cannotTell: number]>> = {
  EV_COMPACT_HASH: [0, 6],
  EV_EFI_ACTION: [102, 0],
  EV_EFI_BOOT_SERVICES_APPLICATION: [0, 97],
  EV_EFI_BOOT_SERVICES_DRIVER: [0, 2],
  EV_EFI_GPT_EVENT: [39, 0],
  EV_EFI_HANDOFF_TABLES: [0, 7],
  EV_EFI_HANDOFF_TABLES2: [0, 7],
  EV_EFI_PLATFORM_FIRMWARE_BLOB: [0, 5],
  EV_EFI_PLATFORM_FIRMWARE_BLOB2: [0, 8],
  EV_EFI_VARIABLE_AUTHORITY: [56, 18],
  EV_EFI_VARIABLE_BOOT: [183, 0],
  EV_EFI_VARIABLE_DRIVER_CONFIG: [216, 0],
  EV_EVENT_TAG: [2, 5],
  EV_IPL: [1236, 217],
  EV_NONHOST_INFO: [24, 0],
  EV_NO_ACTION: [0, 29],
  EV_PLATFORM_CONFIG_FLAGS: [2, 32],
  EV_POST_CODE: [0, 9],
  EV_SEPARATOR: [269, 0],
  EV_S_CRTM_CONTENTS: [0, 9],
  EV_S_CRTM_VERSION: [34, 0],
};

describeVectors('all logs together bind what an independent count found', 1, LOGS.slice(0, 1), () => {
  const counts = new Map<string, Counts>();
  for (const vector of LOGS) count(logOf(vector), counts);
  const found = [...counts].map(([type, { matches, cannotTell }]) => [type, [matches, cannotTell]]);
  expect(Object.fromEntries(found)).toEqual(TOTALS);
});
