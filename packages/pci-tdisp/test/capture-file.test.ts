/** Capture files: pcap and pcapng, in both byte orders; packets of other links; cut files. */
import { concat, concatAll } from '@tsm/core';
import { encode } from '@tsm/core/layout';
import { describe, expect, test } from 'vitest';
import { decodeRun, encodeCapture, encodeDoe, readCapture } from '../src/index.ts';
import {
  EnhancedPacketBlock,
  InterfaceBlock,
  PcapHeader,
  PcapngBlock,
  PcapPacket,
  SimplePacketBlock,
  type ByteOrder,
} from '../src/trace/capture-layout.ts';

const OBJECTS = [encodeDoe(0, new Uint8Array(4)), encodeDoe(1, Uint8Array.of(0x10, 0x84, 0, 0))];
const NONE = new Uint8Array(0);

function pcap(order: ByteOrder, magic: number, linkType = 292): Uint8Array {
  const header = { magic, major: 2, minor: 4, reserved1: 0, reserved2: 0, snapLength: 65536, linkType };
  const packets = OBJECTS.map((data) => {
    const sizes = { captured: data.length, original: data.length };
    return encode(PcapPacket(order), { seconds: 1, fraction: 2, ...sizes, data });
  });
  return concat(encode(PcapHeader(order), header), ...packets);
}

function block(order: ByteOrder, type: number, body: Uint8Array): Uint8Array {
  const padded = concat(body, new Uint8Array((4 - (body.length % 4)) % 4));
  const length = padded.length + 12;
  return encode(PcapngBlock(order), { type, length, body: padded, trailer: length });
}

function pcapng(order: ByteOrder, linkTypes: readonly number[], simple = false): Uint8Array {
  const bom = order === 'le' ? [0x4d, 0x3c, 0x2b, 0x1a] : [0x1a, 0x2b, 0x3c, 0x4d];
  const version = order === 'le' ? [1, 0, 0, 0] : [0, 1, 0, 0];
  const section = block(order, 0x0a0d0d0a, Uint8Array.of(...bom, ...version, ...Array<number>(8).fill(0xff)));
  const interfaces = linkTypes.map((linkType) =>
    block(order, 1, encode(InterfaceBlock(order), { linkType, reserved: 0, snapLength: 0, options: NONE })),
  );
  const packets = OBJECTS.map((data) => {
    if (simple) return block(order, 3, encode(SimplePacketBlock(order), { original: data.length, data }));
    const sizes = { captured: data.length, original: data.length };
    const time = { interfaceId: linkTypes.length - 1, timeHigh: 0, timeLow: 1 };
    return block(order, 6, encode(EnhancedPacketBlock(order), { ...time, ...sizes, data, options: NONE }));
  });
  return concatAll([section, ...interfaces, block(order, 5, new Uint8Array(8)), ...packets]);
}

describe.each<ByteOrder>(['le', 'be'])('byte order %s', (order) => {
  test.each([
    ['pcap, microseconds', pcap(order, 0xa1b2c3d4)],
    ['pcap, nanoseconds', pcap(order, 0xa1b23c4d)],
    ['pcapng, enhanced packets', pcapng(order, [292])],
    ['pcapng, the second interface', pcapng(order, [292, 292])],
    ['pcapng, simple packets', pcapng(order, [292], true)],
    [
      'pcapng, two sections',
      concat(pcapng(order === 'le' ? 'be' : 'le', [292]).subarray(0, 28), pcapng(order, [292])),
    ],
  ])('%s', (_, bytes) => {
    const { issues, packets } = readCapture(bytes);
    expect(issues).toEqual([]);
    expect(packets.map(({ data }) => data)).toEqual(OBJECTS);
    for (const { data, offset } of packets)
      expect(bytes.subarray(offset, offset + data.length)).toEqual(data);
  });

  test('packets of another link are left out, with an issue', () => {
    for (const bytes of [pcap(order, 0xa1b2c3d4, 1), pcapng(order, [292, 1])]) {
      const { issues, packets } = readCapture(bytes);
      expect(issues.map(({ code }) => code)).toEqual(['capture.link-type']);
      expect(packets).toEqual([]);
    }
  });

  test('a cut file keeps what is before the cut', () => {
    for (const whole of [pcap(order, 0xa1b2c3d4), pcapng(order, [292])]) {
      for (let end = 0; end < whole.length; end++) {
        const { issues, packets } = readCapture(whole.subarray(0, end));
        expect(packets.length).toBeLessThan(OBJECTS.length + 1);
        for (const { offset, length } of issues) expect(offset + length).toBeLessThanOrEqual(end);
        if (packets.length < OBJECTS.length && end > 0 && issues.length === 0)
          expect(packets.every(({ data }, i) => data.length === OBJECTS[i]!.length)).toBe(true);
      }
    }
  });
});

test('what is written is read again', () => {
  expect(readCapture(encodeCapture(OBJECTS)).packets.map(({ data }) => data)).toEqual(OBJECTS);
});

test('a run without a negotiation is no reason to throw', () => {
  const secured = encodeDoe(2, Uint8Array.of(1, 0, 1, 0, 16, 0, ...Array<number>(16).fill(0)));
  const read = decodeRun([secured, encodeDoe(1, Uint8Array.of(0x12, 0x64, 0, 0)), Uint8Array.of(1, 2)]);
  expect(read.messages.map(({ name }) => name)).toEqual([
    'SECURED_MESSAGE',
    'KEY_EXCHANGE_RSP',
    'UNREADABLE',
  ]);
  expect(read.undecrypted).toBe(1);
  expect(read.violations.map(({ packet, code }) => `${packet} ${code}`)).toContain('0 spdm.session-unknown');
});
