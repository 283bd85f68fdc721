/** What a responder answers to requests that are wrong: the error, its data, and the state after it. */
import { concat, toHex } from '@tsm/core';
import { describe, expect, test } from 'vitest';
import { decodeDoe, encodeDoe, endSession, openSession, type Responder } from '../src/index.ts';
import { pairOf, type Pair } from './support/pair.ts';

const hex = (bytes: Uint8Array | undefined): string => toHex(bytes ?? new Uint8Array(0));

/** Code and data of the ERROR that comes; the whole message for anything else. */
function said(responder: Responder, ...message: number[]): string {
  const answer = responder.respond(encodeDoe(1, Uint8Array.from(message)));
  const body = decodeDoe(answer ?? new Uint8Array(0)).object?.body;
  if (body?.[1] !== 0x7f) return hex(body);
  return `${body[2]!.toString(16)} ${body[3]!.toString(16)}`;
}

/** Sends a message inside a session, and gives the first four bytes of the answer. */
function inside(pair: Pair, ...message: number[]): string {
  const [theirs] = pair.responder.sessions;
  const { request, response } = sessionOf(pair);
  const answer = pair.transport(encodeDoe(2, request!.seal(theirs!.id, Uint8Array.from(message))));
  const { message: said } = response!.open(decodeDoe(answer!).object!.body);
  return hex(said?.subarray(0, 4));
}

const opened = new WeakMap<Pair, ReturnType<typeof connected>['session']>();
const sessionOf = (pair: Pair) => opened.get(pair)!;

function connected(version = 0x12) {
  const pair = pairOf({ version });
  pair.run(pair.requester.connect());
  pair.run(pair.requester.digests());
  pair.run(pair.requester.certificate());
  const session = pair.run(openSession(pair.requester));
  opened.set(pair, session);
  return { pair, session };
}

test('before GET_VERSION everything else is unexpected', () => {
  const { responder } = pairOf();
  expect(said(responder, 0x12, 0xe1, 0, 0)).toBe('4 0');
  expect(said(responder, 0x12, 0x84, 0, 0)).toBe('41 0');
  expect(said(responder, 0x10, 0x84, 0, 0)).toMatch(/^10040000/);
});

test('a negotiation goes forward only', () => {
  const pair = pairOf({ version: 0x12 });
  pair.run(pair.requester.connect());
  const { responder } = pair;
  expect(said(responder, 0x12, 0xe1, ...Array<number>(18).fill(0))).toBe('4 0');
  expect(said(responder, 0x12, 0xe3, ...Array<number>(30).fill(0))).toBe('4 0');
  expect(said(responder, 0x13, 0x81, 0, 0)).toBe('41 0');
});

test.each([
  ['an unknown code', [0x12, 0xd0, 0, 0], '7 d0'],
  ['a message that this responder does not have', [0x12, 0xed, 0, 0], '7 ed'],
  ['a response', [0x12, 0x04, 0, 0], '1 0'],
  ['fewer bytes than a header', [0x12], '1 0'],
  ['a slot without certificates', [0x12, 0x82, 5, 0, 0, 0, 0, 4], '1 0'],
  ['an offset behind the chain', [0x12, 0x82, 0, 0, 0xff, 0xff, 0, 4], '1 0'],
  ['a measurement that there is not', [0x12, 0xe0, 0, 0x77], '1 0'],
  ['HEARTBEAT outside of a session', [0x12, 0xe8, 0, 0], 'b 0'],
  ['FINISH without a session', [0x12, 0xe5, 0, 0, ...Array<number>(32).fill(0)], 'b 0'],
  ['an ACK of a chunk that was not sent', [0x12, 0x86, 0, 1, 0, 0], '4 0'],
  ['RESPOND_IF_READY with nothing put off', [0x12, 0xff, 0x81, 0], '4 0'],
  ['vendor-defined content of nobody', [0x12, 0xfe, 0, 0, 3, 0, 2, 1, 0, 1, 0, 9], '1 0'],
])('%s', (_, message, error) => {
  const pair = pairOf({ version: 0x12 });
  pair.run(pair.requester.connect());
  expect(said(pair.responder, ...message)).toBe(error);
  expect(pair.responder.connection.negotiated).toBe(3);
});

test('a truncated request of every length is InvalidRequest', () => {
  const pair = pairOf({ version: 0x12 });
  pair.run(pair.requester.connect());
  for (let length = 8; length < 36; length += 4)
    expect(said(pair.responder, 0x12, 0x83, 0, 0, ...Array<number>(length - 4).fill(0))).toBe('1 0');
});

describe('inside a session', () => {
  test.each([
    ['KEY_UPDATE with an unknown operation', [0x12, 0xe9, 9, 1], '127f0100'],
    ['VerifyNewKey with nothing to verify', [0x12, 0xe9, 3, 1], '127f0100'],
    ['GET_VERSION', [0x10, 0x84, 0, 0], '127f0400'],
    ['CHALLENGE', [0x12, 0x83, 0, 0], '127f0400'],
    ['FINISH once more', [0x12, 0xe5, 0, 0], '127f0400'],
    ['bytes after the message', [0x12, 0xe8, 0, 0, 0], '127f0100'],
  ])('%s', (_, message, answer) => {
    const { pair } = connected();
    expect(inside(pair, ...message)).toBe(answer);
    expect(pair.responder.sessions[0]?.phase).toBe('established');
    expect(inside(pair, 0x12, 0xe8, 0, 0)).toBe('12680000');
  });

  test('a PSK_FINISH does not finish a session of certificates', () => {
    const lost = (object: Uint8Array, n: number) => (n === 12 ? undefined : object);
    const pair = pairOf({ version: 0x12, disturb: lost });
    const { requester, responder } = pair;
    pair.run(requester.connect());
    pair.run(requester.digests());
    pair.run(requester.certificate());
    expect(() => pair.run(openSession(requester))).toThrow('no answer to FINISH');
    const [state] = responder.sessions;
    expect(state?.phase).toBe('handshake');
    const psk = Uint8Array.of(0x12, 0xe7, 0, 0, ...Array<number>(32).fill(0));
    expect(responder.answerMessage(psk, state).response.subarray(1, 3)).toEqual(Uint8Array.of(0x7f, 4));
    expect(state?.phase).toBe('handshake');
  });
});

test('more sessions than there may be are refused, and room is made by an end', () => {
  const pair = pairOf({ version: 0x12, responder: { maxSessions: 2 } });
  const { requester, run } = pair;
  run(requester.connect());
  run(requester.digests());
  run(requester.certificate());
  const first = run(openSession(requester, { id: 1 }));
  const second = run(openSession(requester, { id: 2 }));
  expect(() => run(openSession(requester, { id: 3 }))).toThrow('SessionLimitExceeded');
  expect(new Set([first.id, second.id]).size).toBe(2);
  run(endSession(requester, first));
  expect(run(openSession(requester, { id: 4 })).phase).toBe('established');
});

test('several sessions at once keep their keys apart, and the ids of ended ones are told', () => {
  const pair = pairOf({ version: 0x13 });
  const { requester, responder, run } = pair;
  const ended: number[] = [];
  responder.onSessionEnd((id) => ended.push(id));
  run(requester.connect());
  run(requester.digests());
  run(requester.certificate());
  const sessions = [1, 2, 3].map((id) => run(openSession(requester, { id })));
  for (const session of sessions) run(requester.measurements({ slot: 0, session }));
  run(endSession(requester, sessions[1]!));
  for (const session of [sessions[0]!, sessions[2]!]) run(requester.measurements({ slot: 0, session }));
  run(requester.connect());
  expect(ended).toEqual([sessions[1]!.id, sessions[0]!.id, sessions[2]!.id]);
});

test('objects that are none are discarded', () => {
  const { responder } = pairOf();
  const good = encodeDoe(1, Uint8Array.of(0x10, 0x84, 0, 0));
  const foreign = concat(Uint8Array.of(2), good.subarray(1));
  const type = concat(good.subarray(0, 2), Uint8Array.of(9), good.subarray(3));
  for (const bytes of [foreign, type, good.subarray(0, 6), new Uint8Array(0), encodeDoe(2, good)])
    expect(responder.respond(bytes)).toBeUndefined();
});
