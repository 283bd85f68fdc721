/** Bad input of the formats beside the TCG's: no damage makes a reader throw, hang, or take more than a few times the input. */
import { concat, concatAll, fromBase64, utf8Bytes, utf8Text } from '@tsm/core';
import { seededRandom } from '@tsm/core/testing';
import { describe, expect, it } from 'vitest';
import { describeVectors, readVector, vectors } from '../../core/test/support/vectors.ts';
import {
  celRecords,
  checkEvent,
  decodeLog,
  dstackEvents,
  encodeCelTlv,
  encodeDstackLines,
  encodeImaBinary,
  encodeSystemdLog,
  imaEvents,
  isLog,
  trustAuthorityEvents,
  type DecodeLogOptions,
} from '../src/index.ts';
import { growth, growthLimit, HANG_MS, mutate, problems, stopwatch } from './support/bad-input.ts';
import { CEL, DSTACK_LINES, IMA, LOGS, SYSTEMD } from './support/formats.ts';
import { nodeDigests } from './support/logs.ts';

const TORTURE = process.env['TSM_TORTURE'] === '1';
const MUTATIONS = TORTURE ? 100_000 : 400;
const STRIDE = TORTURE ? 1 : 3;
const SEED = 0xce1;
const own = Object.entries(LOGS);
const formatOf = (name: string): DecodeLogOptions => ({
  format: decodeLog(LOGS[name as keyof typeof LOGS]).format,
});

/** What must not happen when these bytes are read in every way, also as records to write. */
function wrong(bytes: Uint8Array, options?: DecodeLogOptions, last = Infinity): string[] {
  const found = problems(bytes, last, options);
  try {
    const log = decodeLog(bytes, options);
    for (let i = Math.max(0, log.count - last); i < log.count; i++) checkEvent(log.event(i), nodeDigests);
    if (last === Infinity)
      for (const records of [celRecords, dstackEvents, imaEvents, trustAuthorityEvents]) records(log);
    isLog(bytes);
  } catch (error) {
    found.push(`threw ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
  }
  return found;
}

describe('truncated', () => {
  it.each(own)('%s', (name, bytes) => {
    const found: string[] = [];
    for (let cut = 0; cut < bytes.length; cut += STRIDE) {
      const part = bytes.subarray(0, cut);
      for (const options of [undefined, formatOf(name)])
        found.push(...wrong(part, options).map((one) => `cut at ${String(cut)}: ${one}`));
    }
    expect(found).toEqual([]);
  });

  it.each(own)('%s: memory', (name, bytes) => {
    const cuts = Array.from({ length: Math.ceil(bytes.length / 97) }, (_, i) => bytes.subarray(0, 97 * i));
    expect(growth(cuts, formatOf(name))).toBeLessThan(growthLimit(cuts));
  });
});

describe(`${String(MUTATIONS)} random damages`, () => {
  it.each(own)('%s', (name, bytes) => {
    const random = seededRandom(SEED);
    const options = formatOf(name);
    for (let i = 0; i < MUTATIONS; i++) {
      const damaged = mutate(bytes, [], random);
      const found = wrong(damaged, i % 2 === 0 ? options : undefined);
      expect(found, `mutation ${String(i)}: ${Buffer.from(damaged).toString('hex')}`).toEqual([]);
    }
  });
});

const real = vectors('eventlog', ['cel-tlv-b64', 'ima-ascii', 'dstack-json']);
describeVectors('real logs, cut and damaged', 3, real, ({ file, format }) => {
  const read = readVector(file);
  const bytes =
    format === 'cel-tlv-b64'
      ? fromBase64(utf8Text(read).replace(/\s/g, ''))!
      : format === 'dstack-json'
        ? utf8Bytes((JSON.parse(utf8Text(read)) as { event_log: string }).event_log)
        : read;
  const found: string[] = [];
  for (let cut = 0; cut < bytes.length; cut += TORTURE ? 1 : 7)
    found.push(...wrong(bytes.subarray(0, cut), undefined, 2));
  const random = seededRandom(SEED);
  for (let i = 0; i < MUTATIONS / 10; i++) found.push(...wrong(mutate(bytes, [], random)));
  expect(found).toEqual([]);
});

/** Binary records; half or a quarter of those that are parsed as text or CBOR, so that a busy machine stays below the limit. */
const MANY = 60_000;
const times = (bytes: Uint8Array, count = MANY): Uint8Array =>
  concatAll(Array.from({ length: count }, () => bytes));
const list = (record: string, count = MANY): Uint8Array =>
  utf8Bytes(`[${`${record},`.repeat(count - 1)}${record}]`);
/** An array of MANY / 2 records. */
const CBOR_HEAD = Uint8Array.of(0x9a, 0, 0, 0x75, 0x30);
const CBOR_RECORD = Uint8Array.of(0xa5, 0, 0, 1, 1, 3, 0x80, 9, 8, 10, 0x40);
const MIB = 2 ** 20;

describe('large and deep input is read in linear time', () => {
  it.each<[string, () => Uint8Array, DecodeLogOptions?]>([
    ['CEL-TLV records', () => times(encodeCelTlv([{ ...CEL[3]!, digests: [] }]))],
    [
      'CEL-TLV: a record of a million digests',
      () => {
        const digests = times(Uint8Array.of(11, 0, 0, 0, 0), MIB);
        const length = new Uint8Array(4);
        new DataView(length.buffer).setUint32(0, digests.length);
        const [head] = [encodeCelTlv([{ ...CEL[3]!, digests: [] }]).subarray(0, 20)];
        return concat(head, length, digests, Uint8Array.of(8, 0, 0, 0, 0));
      },
    ],
    [
      'CEL-JSON records',
      () => list('{"pcr":1,"digests":[],"content_type":"systemd","content":{}}', MANY / 2),
    ],
    ['CEL-CBOR records', () => concat(CBOR_HEAD, times(CBOR_RECORD, MANY / 2))],
    ['CEL-CBOR: nested arrays', () => new Uint8Array(MIB).fill(0x81), { format: 'cel-cbor' }],
    ['CEL-CBOR: nested maps', () => new Uint8Array(MIB).fill(0xa1), { format: 'cel-cbor' }],
    ['CEL-CBOR: endless arrays', () => new Uint8Array(MIB).fill(0x9f), { format: 'cel-cbor' }],
    [
      'CEL-CBOR: a map of 2^64 entries',
      () => Uint8Array.of(0xbb, ...new Uint8Array(8).fill(255)),
      { format: 'cel-cbor' },
    ],
    [
      'CEL-CBOR: a string of 2^64 bytes',
      () => Uint8Array.of(0x81, 0x5b, ...new Uint8Array(8).fill(255)),
      { format: 'cel-cbor' },
    ],
    ['JSON: nested arrays', () => utf8Bytes('['.repeat(MIB)), { format: 'cel-json' }],
    ['JSON: quotes', () => utf8Bytes(`[${'"'.repeat(MIB)}`), { format: 'dstack-json' }],
    ['JSON: half records', () => utf8Bytes(`[${'{"imr":'.repeat(MIB / 8)}`), { format: 'dstack-json' }],
    ['systemd records', () => times(encodeSystemdLog(SYSTEMD.slice(0, 1)), MANY / 4)],
    ['systemd: separators', () => new Uint8Array(MIB).fill(0x1e), { format: 'systemd-json' }],
    ['systemd: records with NUL', () => times(utf8Bytes('\x1e{\0}')), { format: 'systemd-json' }],
    [
      'IMA lines',
      () => utf8Bytes(`10 ${'1'.repeat(40)} ima-ng sha1:${'2'.repeat(40)} /x\n`.repeat(MANY / 4)),
    ],
    ['IMA: a name of blanks', () => utf8Bytes(`10 ${'1'.repeat(40)} ima-ng sha1:22 ${' '.repeat(MIB)}`)],
    ['IMA: a million words', () => utf8Bytes(`10 ${'1'.repeat(40)} evm-sig sha1:22 ${'ab '.repeat(MIB)}`)],
    ['IMA entries', () => times(encodeImaBinary(IMA.slice(0, 1)), MANY / 4)],
    [
      'dstack events',
      () => list('{"imr":3,"event_type":134217729,"digest":"","event":"x","event_payload":""}', MANY / 4),
    ],
    ['dstack lines', () => times(encodeDstackLines(DSTACK_LINES.slice(0, 1)), MANY / 4)],
    ['Trust Authority: lists', () => list('{"rtmr":{"index":0,"bank":"sha384"},"rtmr_events":[]}', MANY / 2)],
    [
      'Trust Authority: events',
      () => {
        const events = `{"type_id":4,"measurement":""},`.repeat(MANY / 2);
        return utf8Bytes(
          `[{"rtmr":{"index":0,"bank":"sha384"},"rtmr_events":[${events}{"type_id":4,"measurement":""}]}]`,
        );
      },
    ],
  ])('%s', (_, make, options) => {
    const bytes = make();
    expect(wrong(bytes, options, 1000)).toEqual([]);
    const elapsed = stopwatch();
    isLog(bytes);
    expect(elapsed()).toBeLessThan(HANG_MS);
    expect(growth([bytes], options)).toBeLessThan(growthLimit([bytes]));
  });
});
