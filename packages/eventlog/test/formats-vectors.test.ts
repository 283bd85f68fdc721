/** Real logs of the formats beside the TCG's give the known answers of the shared vectors. */
import { toHex, unwrap, utf8Text } from '@tsm/core';
import tdx from '@tsm/provider-tdx';
import { expect } from 'vitest';
import { describeVectors, readVector, vectors } from '../../core/test/support/vectors.ts';
import {
  celRecords,
  checkEvent,
  compare,
  decodeLog,
  dstackEvents,
  encodeCelCbor,
  encodeCelJson,
  encodeCelTlv,
  encodeDstackLog,
  encodeImaAscii,
  encodeImaBinary,
  imaEvents,
  isLog,
  replay,
  type EventLog,
} from '../src/index.ts';
import { nodeDigests, registersOf } from './support/logs.ts';

const digests = nodeDigests;
const states = (log: EventLog): string[] => [...log].map((event) => checkEvent(event, digests).state);
const all = (log: EventLog, state: string): string[] => Array.from({ length: log.count }, () => state);

describeVectors(
  'CEL-TLV of Container-Optimized OS',
  1,
  vectors('eventlog', ['cel-tlv-b64']),
  ({ file, expected }) => {
    const found = unwrap(readVector(file), (bytes) => isLog(bytes) || undefined);
    expect(found?.wrapping).toEqual(['base64']);
    const log = decodeLog(found!.bytes);
    expect([log.format, log.numbering, log.count, log.issues, log.tail.kind]).toEqual([
      ...['cel-tlv', 'ccMr', 18],
      ...[[], 'none'],
    ]);
    expect(registersOf(replay(log, { digests }))).toMatchObject(expected!);
    expect(states(log)).toEqual(all(log, 'matches'));
    expect(log.event(0).content().title).toMatch(/^container image us-west1-docker/);
    expect(log.event(0).data).toEqual(found!.bytes.subarray(log.event(0).dataOffset).subarray(0, 111));
    const records = celRecords(log);
    expect(encodeCelTlv(records)).toEqual(found!.bytes);
    for (const bytes of [
      encodeCelJson(records),
      encodeCelCbor(records),
      encodeCelCbor(records, 'sequence'),
    ]) {
      const other = decodeLog(bytes);
      expect(other.issues).toEqual([]);
      expect(celRecords(other)).toEqual(records);
      expect(states(other)).toEqual(all(other, 'matches'));
      expect(replay(other, { digests }).registers).toEqual(replay(log, { digests }).registers);
    }
  },
);

describeVectors('IMA lines of the kernel', 1, vectors('eventlog', ['ima-ascii']), ({ file }) => {
  const bytes = readVector(file);
  expect(isLog(bytes)).toBe(true);
  const log = decodeLog(bytes);
  expect([log.format, log.numbering, log.count, log.issues]).toEqual(['ima-ascii', 'pcr', 10, []]);
  const lines = utf8Text(bytes).trimEnd().split('\n');
  expect([...log].map((event) => toHex(event.digests[0]!.digest))).toEqual(
    lines.map((line) => line.slice(3, 43)),
  );
  expect(states(log)).toEqual(all(log, 'matches'));
  const events = imaEvents(log);
  const binary = decodeLog(encodeImaBinary(events));
  expect([binary.format, binary.issues]).toEqual(['ima-binary', []]);
  expect(imaEvents(binary)).toEqual(events);
  expect(states(binary)).toEqual(all(binary, 'matches'));
  expect(replay(binary, { digests }).registers).toEqual(replay(log, { digests }).registers);
  // Tools cut the blank before an empty signature at the end of a line; the kernel writes it.
  const kernel = lines.map((line) => (/ima-sig \S+ \S+$/.test(line) ? `${line} ` : line));
  expect(utf8Text(encodeImaAscii(events))).toBe(`${kernel.join('\n')}\n`);
});

describeVectors(
  'dstack: list in the answer with the quote',
  1,
  vectors('eventlog', ['dstack-json']),
  (vector) => {
    const bytes = readVector(vector.file);
    const found = unwrap(bytes, (content) => isLog(content) || undefined);
    expect([found?.path, found?.wrapping]).toEqual(['$.event_log', ['json']]);
    const log = decodeLog(found!.bytes);
    expect([log.format, log.numbering, log.count, log.issues]).toEqual(['dstack-json', 'ccMr', 28, []]);
    const { registers } = replay(log, { digests });
    const values = Object.fromEntries(
      registers.map(({ name, value }) => [name ?? '', toHex(value)] as const),
    );
    expect(values).toEqual(vector.expected);
    const runtime = [...log].filter(({ register }) => register === 4);
    expect(runtime.map((event) => checkEvent(event, digests).state)).toEqual(runtime.map(() => 'matches'));
    expect(states(log)).not.toContain('contradicts');
    const quote = tdx.evidence.decode(
      unwrap(bytes, (one) => tdx.evidence.recognise(one) || undefined)!.bytes,
    );
    const rtmrs = quote.registers.filter(({ name }) => name.startsWith('rtmr'));
    expect(compare(log, rtmrs, { digests }).registers.map(({ status }) => status)).toEqual(
      Array(4).fill('match'),
    );
    expect(encodeDstackLog(dstackEvents(log))).toEqual(found!.bytes);
  },
);

describeVectors('the attestation agent, old and new', 1, vectors('eventlog', ['aael-unit']), ({ file }) => {
  const { cases } = JSON.parse(utf8Text(readVector(file))) as { cases: Record<string, string>[] };
  const data = Uint8Array.from(Buffer.from(cases[1]!['event_hex']!, 'hex'));
  for (const [id, algorithm] of [
    [11, 'sha256'],
    [12, 'sha384'],
    [13, 'sha512'],
  ] as const) {
    const digest = Buffer.from(cases[1]![algorithm]!, 'hex');
    const head = Buffer.alloc(14);
    [4, 6, 1].forEach((word, i) => head.writeUInt32LE(word, 4 * i));
    head.writeUInt16LE(id, 12);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(data.length);
    const log = decodeLog(new Uint8Array(Buffer.concat([head, digest, size, data])));
    expect([log.format, log.numbering, log.count, log.issues]).toEqual(['ccel', 'ccMr', 1, []]);
    expect(states(log)).toEqual(['matches']);
    expect(log.event(0).content().fields).toMatchObject({ domain: 'domain', operation: 'operation' });
  }
});
