/** DOE: objects and their padding, streams, discovery, socket frames, the mailbox and its errors. */
import { concat, concatAll } from '@tsm/core';
import { describe, expect, test } from 'vitest';
import {
  answerDiscovery,
  decodeDoe,
  DOE_BODY_MAX,
  DOE_CONTROL,
  DOE_REGISTER,
  DOE_STATUS,
  DoeMailbox,
  DoeStream,
  encodeDoe,
  encodeFrame,
  FrameStream,
  mailboxTransfer,
  SOCKET_COMMAND,
} from '../src/index.ts';

const body = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i + 1);

describe('data objects', () => {
  test('are padded to double words, and say their length in them', () => {
    for (let length = 0; length < 12; length++) {
      const object = encodeDoe(1, body(length));
      expect(object.length).toBe(8 + 4 * Math.ceil(length / 4));
      expect(decodeDoe(object).object?.body.subarray(0, length)).toEqual(body(length));
      expect(decodeDoe(concat(object, body(5))).length).toBe(object.length);
    }
  });

  test('of the largest size have length 0', () => {
    const object = encodeDoe(1, new Uint8Array(DOE_BODY_MAX));
    expect([...object.subarray(4, 8)]).toEqual([0, 0, 0, 0]);
    expect(decodeDoe(object).object?.body.length).toBe(DOE_BODY_MAX);
    expect(() => encodeDoe(1, new Uint8Array(DOE_BODY_MAX + 1))).toThrow(RangeError);
  });

  test('come out of a stream whole, in whatever portions they arrive', () => {
    const objects = [1, 2, 1].map((type, i) => encodeDoe(type, body(5 + 7 * i)));
    const bytes = concatAll(objects);
    for (let size = 1; size <= bytes.length; size++) {
      const stream = new DoeStream();
      const found: Uint8Array[] = [];
      for (let i = 0; i < bytes.length; i += size) found.push(...stream.push(bytes.subarray(i, i + size)));
      expect(found).toEqual(objects);
      expect(stream.left).toBe(0);
    }
  });
});

test('discovery lists three types and ends', () => {
  const answers = [0, 1, 2, 3].map((index) => answerDiscovery(Uint8Array.of(index, 0, 0, 0)));
  expect(answers.map((one) => one && [...one])).toEqual([
    [1, 0, 0, 1],
    [1, 0, 1, 2],
    [1, 0, 2, 0],
    undefined,
  ]);
});

describe('socket frames', () => {
  test('come out of a stream whole, in whatever portions they arrive', () => {
    const bytes = concat(encodeFrame(SOCKET_COMMAND.TEST, body(14)), encodeFrame(SOCKET_COMMAND.SHUTDOWN));
    expect([...bytes.subarray(0, 12)]).toEqual([0, 0, 0xde, 0xad, 0, 0, 0, 2, 0, 0, 0, 14]);
    for (let size = 1; size <= bytes.length; size++) {
      const stream = new FrameStream();
      const found = [];
      for (let i = 0; i < bytes.length; i += size)
        found.push(...(stream.push(bytes.subarray(i, i + size)) ?? []));
      expect(found.map(({ command, payload }) => [command, payload.length])).toEqual([
        [SOCKET_COMMAND.TEST, 14],
        [SOCKET_COMMAND.SHUTDOWN, 0],
      ]);
    }
  });

  test('a peer that announces more than any object is none', () => {
    const frame = encodeFrame(SOCKET_COMMAND.NORMAL, body(4));
    frame[8] = 0x7f;
    expect(new FrameStream().push(frame)).toBeUndefined();
  });
});

describe('the mailbox', () => {
  const echo = () => new DoeMailbox((object) => object);
  const { CONTROL, READ, STATUS, WRITE } = DOE_REGISTER;
  const object = encodeDoe(1, body(8));
  const put = (mailbox: DoeMailbox, bytes: Uint8Array): void => {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (let i = 0; i < bytes.length; i += 4) mailbox.write(WRITE, view.getUint32(i, true));
  };

  test('carries an object there and back, a double word at a time', () => {
    const mailbox = echo();
    expect(mailbox.read(DOE_REGISTER.HEADER) & 0xffff).toBe(0x2e);
    expect(mailboxTransfer(mailbox, object)).toEqual(object);
    expect(mailbox.read(STATUS)).toBe(0);
  });

  test('GO with a length that is not what was written is an error, which abort clears', () => {
    const mailbox = echo();
    put(mailbox, object.subarray(0, 12));
    mailbox.write(CONTROL, DOE_CONTROL.GO);
    expect(mailbox.read(STATUS)).toBe(DOE_STATUS.ERROR);
    expect(mailboxTransfer(mailbox, object)).toBeUndefined();
    mailbox.write(CONTROL, DOE_CONTROL.ABORT);
    expect(mailbox.read(STATUS)).toBe(0);
    expect(mailboxTransfer(mailbox, object)).toEqual(object);
  });

  test('reading what is not ready, and writing while an answer waits, are errors', () => {
    const early = echo();
    early.write(READ, 0);
    expect(early.read(STATUS)).toBe(DOE_STATUS.ERROR);
    const late = echo();
    put(late, object);
    late.write(CONTROL, DOE_CONTROL.GO);
    expect(late.read(STATUS)).toBe((DOE_STATUS.BUSY | DOE_STATUS.READY) >>> 0);
    put(late, object.subarray(0, 4));
    expect(late.read(STATUS) & DOE_STATUS.ERROR).toBe(DOE_STATUS.ERROR);
  });

  test('an interrupt is raised where it is enabled, and cleared by writing it', () => {
    const mailbox = echo();
    mailbox.write(CONTROL, DOE_CONTROL.INTERRUPT_ENABLE);
    put(mailbox, object);
    mailbox.write(CONTROL, DOE_CONTROL.GO | DOE_CONTROL.INTERRUPT_ENABLE);
    expect(mailbox.read(STATUS) & DOE_STATUS.INTERRUPT).toBe(DOE_STATUS.INTERRUPT);
    mailbox.write(STATUS, DOE_STATUS.INTERRUPT);
    expect(mailbox.read(STATUS) & DOE_STATUS.INTERRUPT).toBe(0);
  });

  test('an object that is discarded is no answer: the requester aborts', () => {
    const mailbox = new DoeMailbox(() => undefined);
    expect(mailboxTransfer(mailbox, object)).toBeUndefined();
    expect(mailbox.read(STATUS)).toBe(0);
  });
});
