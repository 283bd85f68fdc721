/** Streaming replay: the same answer as the whole log at once, whatever the blocks and the cuts. */
import { utf8Bytes, type AlgorithmName } from '@tsm/core';
import { seededRandom } from '@tsm/core/testing';
import { describe, expect, it } from 'vitest';
import {
  decodeLog,
  encodeAgileLog,
  encodeSha1Log,
  replay,
  replayStream,
  type TcgEvent,
} from '../src/index.ts';
import { nodeDigests } from './support/logs.ts';

const EV_ACTION = 5;
const EV_NO_ACTION = 3;

function events(algorithms: readonly AlgorithmName[], count: number): TcgEvent[] {
  const random = seededRandom(count);
  return Array.from({ length: count }, (_, i) => {
    const data = utf8Bytes(`event ${i}${'.'.repeat(random(60))}\0\0\0`);
    const digests = Object.fromEntries(algorithms.map((name) => [name, nodeDigests.digest(name, data)]));
    return { register: random(5), type: EV_ACTION, data, digests };
  });
}

const locality: TcgEvent = {
  register: 0,
  type: EV_NO_ACTION,
  data: utf8Bytes('StartupLocality\0\x03'),
  digests: {},
};
const BANKS = ['sha1', 'sha256'] as const;
const LOGS: readonly (readonly [string, Uint8Array])[] = [
  [
    'CCEL padded with FF',
    encodeAgileLog(['sha384'], events(['sha384'], 60), { headerRegister: 1, area: 16_384 }),
  ],
  ['CCEL padded with 00', encodeAgileLog(['sha384'], events(['sha384'], 60), { area: 16_384, padding: 0 })],
  ['two banks and a locality', encodeAgileLog(BANKS, [locality, ...events(BANKS, 60)])],
  ['SHA-1', encodeSha1Log(events(['sha1'], 60), { area: 9000 })],
  ['header only', encodeAgileLog(['sha384'], [])],
];

async function* inParts(bytes: Uint8Array, size: () => number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const next = Math.min(bytes.length, at + size());
    yield await Promise.resolve(bytes.subarray(at, next));
    at = next;
  }
}

describe('replayStream', () => {
  for (const [name, bytes] of LOGS) {
    it(`${name}: equals the replay of the whole, for any cut`, async () => {
      const log = decodeLog(bytes);
      const whole = {
        format: log.format,
        registers: replay(log, { digests: nodeDigests }).registers,
        count: log.count,
        tail: log.tail,
        issues: log.issues,
      };
      for (let seed = 0; seed < 25; seed++) {
        const random = seededRandom(seed);
        const block = 100 + random(3000);
        const streamed = await replayStream(
          inParts(bytes, () => 1 + random(700)),
          { digests: nodeDigests, block, ...(seed % 2 ? { format: log.format as 'ccel' } : {}) },
        );
        expect(streamed).toEqual(whole);
      }
    });
  }

  it('says where a cut log ends, in offsets and numbers of the whole log', async () => {
    const bytes = LOGS[2]![1].slice(0, -5);
    const whole = decodeLog(bytes);
    const streamed = await replayStream(
      inParts(bytes, () => 97),
      { digests: nodeDigests, block: 500 },
    );
    expect(streamed.issues).toEqual(whole.issues);
    expect(streamed.tail).toEqual(whole.tail);
  });

  it('stops at an event that cannot be read, and at data that is no log', async () => {
    const bytes = LOGS[0]![1].slice();
    bytes[decodeLog(bytes).event(30).offset + 12] = 0x77;
    const whole = decodeLog(bytes);
    const streamed = await replayStream(
      inParts(bytes, () => 64),
      { digests: nodeDigests, block: 300 },
    );
    expect(streamed.count).toBe(whole.count);
    expect(streamed.issues.map(({ code, path, offset }) => ({ code, path, offset }))).toEqual(
      whole.issues.map(({ code, path, offset }) => ({ code, path, offset })),
    );
    expect((await replayStream(inParts(new Uint8Array(0), () => 1))).registers).toEqual([]);
  });

  it('keeps no padding: an area of many blocks is held as one', async () => {
    const head = encodeAgileLog(['sha384'], events(['sha384'], 5));
    const total = 2000;
    async function* padded(): AsyncGenerator<Uint8Array> {
      yield head;
      for (let i = 0; i < total; i++) yield await Promise.resolve(new Uint8Array(1000).fill(0xff));
    }
    const streamed = await replayStream(padded(), { digests: nodeDigests, block: 4096 });
    expect(streamed.tail.length).toBe(1000 * total);
    expect(streamed).toMatchObject({
      count: 6,
      tail: { kind: 'padding-ff', offset: head.length },
      issues: [],
    });
  });
});
