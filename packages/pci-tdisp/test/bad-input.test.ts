/** Damaged bytes for every reader: nothing throws, nothing hangs, and what is said lies in the bytes. */
import { concat, type Issue } from '@tsm/core';
import { seededRandom } from '@tsm/core/testing';
import { expect, test } from 'vitest';
import { stopwatch } from '../../eventlog/test/support/bad-input.ts';
import {
  decodeCapture,
  decodeDoe,
  decodeRun,
  DoeStream,
  encodeCapture,
  endSession,
  FrameStream,
  HASHES,
  openSession,
  parseSecrets,
  portableSpdmCrypto,
  readChain,
  readPublicKey,
} from '../src/index.ts';
import { pairOf, type Pair } from './support/pair.ts';

const torture = process.env['TSM_TORTURE'] === '1';

function started(): Pair {
  const pair = pairOf({ version: 0x12 });
  pair.run(pair.requester.connect());
  pair.run(pair.requester.digests());
  pair.run(pair.requester.certificate());
  return pair;
}

function recorded(): readonly Uint8Array[] {
  const pair = started();
  pair.run(pair.requester.measurements({ slot: 0 }));
  pair.run(endSession(pair.requester, pair.run(openSession(pair.requester))));
  return pair.wire;
}

const wire = recorded();
const capture = encodeCapture(wire);
const chain = started().requester.connection.peer.chains.get(0)!;
const inside = ({ offset, length }: Issue, size: number): boolean =>
  offset >= 0 && length >= 0 && offset + length <= size;

/** One damage of the bytes: a byte, a length, a cut, or a part twice. */
function damaged(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  const at = random(bytes.length);
  const copy = bytes.slice();
  const kind = random(4);
  if (kind === 0) copy[at] = random(256);
  else if (kind === 1) copy.fill([0, 0xff, 0x7f][random(3)]!, at, at + 4);
  else if (kind === 2) return copy.subarray(0, at);
  else return concat(copy.subarray(0, at), copy.subarray(Math.max(0, at - random(64))));
  return copy;
}

test('captures, cut at every byte of their start and damaged at random', () => {
  const elapsed = stopwatch();
  for (let end = 0; end < 400; end++) decodeCapture(capture.subarray(0, end));
  const random = seededRandom(5);
  const rounds = torture ? 20_000 : 150;
  for (let i = 0; i < rounds; i++) {
    const bytes = damaged(capture, random);
    for (const issue of decodeCapture(bytes).issues) expect(inside(issue, bytes.length)).toBe(true);
  }
  expect(elapsed()).toBeLessThan(torture ? Infinity : 20_000);
});

test('every object of a run, cut at every byte and with bits flipped, in its place', () => {
  const random = seededRandom(6);
  for (const [n, object] of wire.entries()) {
    const cuts = Array.from({ length: Math.min(object.length, 24) }, (_, i) => object.subarray(0, i));
    const flips = Array.from({ length: 6 }, () => damaged(object, random));
    for (const bad of [...cuts.slice(torture ? 0 : -4), ...flips]) {
      const read = decodeRun(wire.with(n, bad));
      expect(read.messages.length).toBe(wire.length);
    }
    for (let end = 0; end < object.length; end++) {
      const { issues } = decodeDoe(object.subarray(0, end));
      expect(issues.length).toBeGreaterThan(0);
      for (const issue of issues) expect(issue.offset).toBeLessThanOrEqual(end);
    }
  }
});

test('a responder answers damaged requests in every state, and goes on', () => {
  const random = seededRandom(7);
  for (let n = 0; n < wire.length; n += 2) {
    const pair = pairOf({ version: 0x12 });
    for (let i = 0; i < n; i += 2) pair.responder.respond(wire[i]!);
    const rounds = torture ? 2000 : 40;
    for (let i = 0; i < rounds; i++) pair.responder.respond(damaged(wire[n]!, random));
    pair.run(pair.requester.connect());
    expect(pair.requester.connection.negotiated).toBe(3);
  }
});

test('certificate chains and keys', () => {
  const random = seededRandom(8);
  const hash = HASHES[0]!;
  for (let end = 0; end < chain.length; end++)
    expect(readChain(portableSpdmCrypto, 0x12, hash, chain.subarray(0, end)).chain).toBeUndefined();
  for (let i = 0; i < 300; i++) {
    const bytes = damaged(chain, random);
    for (const issue of readChain(portableSpdmCrypto, 0x12, hash, bytes).issues)
      expect(inside(issue, bytes.length)).toBe(true);
    readPublicKey(bytes.subarray(36));
  }
});

test('streams of frames and objects', () => {
  const random = seededRandom(9);
  for (let i = 0; i < 200; i++) {
    const bytes = damaged(concat(...wire), random);
    new FrameStream().push(bytes);
    const stream = new DoeStream();
    expect(stream.push(bytes).every(({ length }) => length > 0)).toBe(true);
  }
});

test.each([
  '',
  '[]',
  '{"sessions":[1]}',
  '{"sessions":[{"dheSecret":"xy"}]}',
  '{"sessions":[{"requestData":1}]}',
])('secrets %s', (text) => {
  expect(parseSecrets(text).issues.map(({ code }) => code)).toEqual(['secrets.format']);
});
