/** Real logs give the registers that the manifest of the shared vectors states, in every wrapping, and fit their quotes. */
import { equalBytes, fromHex, toBase64, toHex, unwrap, utf8Bytes, utf8Text } from '@tsm/core';
import { decode } from '@tsm/core/layout';
import tdx from '@tsm/provider-tdx';
import { expect } from 'vitest';
import { describeVectors, readVector, vectors, type Vector } from '../../core/test/support/vectors.ts';
import { compare, decodeLog, isLog, replay, type EventLog } from '../src/index.ts';
import { CCEL_TABLE } from '../src/layouts.ts';
import { codes, nodeDigests, registersOf } from './support/logs.ts';

const digests = nodeDigests;

/** The log inside any wrapping, and which wrapping that was. */
function findLog(bytes: Uint8Array): { bytes: Uint8Array; wrapping: readonly string[] } {
  const found = unwrap(bytes, (content) => isLog(content) || undefined);
  if (!found) throw new Error('no log found');
  return found;
}

const logOf = (bytes: Uint8Array): EventLog => decodeLog(findLog(bytes).bytes);

/** What this log gives, for every name that the manifest states. */
function answers(log: EventLog, names: readonly string[]): Record<string, unknown> {
  const replayed = replay(log, { digests });
  const [first] = replayed.registers;
  const all: Record<string, unknown> = {
    ...registersOf(replayed),
    events: log.count,
    'start/sha384': first && toHex(first.start),
    'final/sha384': first && toHex(first.value),
  };
  return Object.fromEntries(names.map((name) => [name, all[name]]));
}

const FORMATS: Readonly<Record<string, string>> = {
  ccel: 'ccel',
  tcg1: 'tcg1',
  tcg2: 'tcg2',
  'tcg1-json': 'tcg1',
  'tsm-text': 'tsm-text',
};

const logs = vectors('eventlog', Object.keys(FORMATS));
const json = (value: unknown): Uint8Array => utf8Bytes(JSON.stringify(value));

describeVectors('event logs replay to the known answers', 24, logs, ({ file, format, expected }) => {
  const log = logOf(readVector(file));
  expect(log.format).toBe(FORMATS[format]);
  expect(codes(log)).toEqual(format === 'tsm-text' ? ['replay.unlogged-extend'] : []);
  expect(log.tail.offset + log.tail.length).toBe(log.bytes.length);
  expect(replay(log, { digests }).issues).toEqual([]);
  expect(Object.keys(expected ?? {})).not.toEqual([]);
  expect(answers(log, Object.keys(expected ?? {}))).toEqual(expected);
});

describeVectors('event logs are found in every wrapping', 24, logs, ({ file }) => {
  const { bytes } = findLog(readVector(file));
  const hex = toHex(bytes);
  const base64 = toBase64(bytes);
  const wrapped: readonly [readonly string[], Uint8Array][] = [
    [[], bytes],
    [['hex'], utf8Bytes(hex)],
    [['hex'], utf8Bytes(hex.replace(/(.{64})/g, '$1\n'))],
    [['base64'], utf8Bytes(`${base64}\n`)],
    [['json', 'hex'], json({ eventLog: hex })],
    [['json', 'base64'], json({ name: 'guest', log: [{ raw: base64 }] })],
  ];
  for (const [wrapping, whole] of wrapped) {
    const found = findLog(whole);
    expect(found.wrapping).toEqual(wrapping);
    expect(equalBytes(found.bytes, bytes)).toBe(true);
  }
});

/** Statuses of the four runtime registers of a quote against a CCEL. */
function statuses(log: EventLog, quote: Uint8Array): Record<string, string> {
  const { registers } = tdx.evidence.decode(quote);
  const runtime = registers.filter(({ name }) => name.startsWith('rtmr'));
  const { registers: compared, notInLog } = compare(log, runtime, { digests });
  expect(notInLog).toEqual([]);
  return Object.fromEntries(compared.map(({ name, status }) => [name, status]));
}

const quotes = vectors('evidence/tdx', ['tdx-quote', 'tdx-quote-hex']);
const belongs = ({ eventLog }: Vector): boolean => typeof eventLog === 'string';

describeVectors('a CCEL explains the quote that belongs to it', 1, quotes.filter(belongs), (vector) => {
  const log = logOf(readVector(String(vector['eventLog'])));
  const same = { rtmr0: 'match', rtmr1: 'match', rtmr2: 'match', rtmr3: 'match' };
  expect(statuses(log, readVector(vector.file))).toEqual(same);
});

describeVectors(
  'a CCEL and the quote of another boot part where they differ',
  1,
  quotes.filter(({ file }) => file.endsWith('quote_tappd.hex')),
  ({ file }) => {
    const quote = fromHex(utf8Text(readVector(file)).trim())!;
    const log = logOf(readVector('eventlog/Dstack-TEE+dstack/ccel.bin'));
    expect(statuses(log, quote)).toEqual({
      rtmr0: 'match',
      rtmr1: 'differs',
      rtmr2: 'match',
      rtmr3: 'notExplained',
    });
  },
);

describeVectors(
  'the attestation agent hashes a text line without its line feed',
  1,
  vectors('eventlog', ['aael-unit']),
  ({ file }) => {
    const { cases } = JSON.parse(utf8Text(readVector(file))) as { cases: Record<string, string>[] };
    const [text, tagged] = cases;
    for (const algorithm of ['sha256', 'sha384', 'sha512'] as const) {
      const log = decodeLog(utf8Bytes(`${text!['line']!}\n`), { dialect: 'aael', algorithm });
      const found: string[] = [];
      log.scan(digests, (_event, _register, _algorithm, bytes, offset) => {
        found.push(toHex(bytes.subarray(offset)));
      });
      expect(found).toEqual([text![algorithm]]);
      expect(toHex(digests.digest(algorithm, fromHex(tagged!['event_hex']!)!))).toBe(tagged![algorithm]);
    }
  },
);

describeVectors('CCEL ACPI tables', 2, vectors('eventlog', ['ccel-acpi']), ({ file, expected }) => {
  const bytes = readVector(file);
  const { value, issues, length } = decode(CCEL_TABLE, bytes);
  expect({ issues, length }).toEqual({ issues: [], length: bytes.length });
  expect(value).toMatchObject({ signature: 'CCEL', length: 56, ccType: expected?.['ccType'] });
  expect(value?.logAreaMinimumLength).toBe(BigInt(Number(expected?.['laml'])));
  expect(bytes.reduce((sum, byte) => sum + byte, 0) % 256).toBe(0);
});
