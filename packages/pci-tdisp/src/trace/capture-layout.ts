/** Capture files as byte-layout tables. Spec: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng. */
import { bytes, field, rest, struct, u16be, u16le, u32be, u32le } from '@tsm/core/layout';

export type ByteOrder = 'le' | 'be';

const NUMBERS = { le: { u16: u16le, u32: u32le }, be: { u16: u16be, u32: u32be } };

const PCAP = 'draft-ietf-opsawg-pcap';
const PCAPNG = 'draft-ietf-opsawg-pcapng';

export const PcapHeader = (order: ByteOrder) => {
  const { u16, u32 } = NUMBERS[order];
  return struct('PcapHeader', `${PCAP} §4`, {
    magic: field(u32, 'a1b2c3d4 with microseconds, a1b23c4d with nanoseconds, in the byte order of the file'),
    major: field(u16, 'Major version: 2'),
    minor: field(u16, 'Minor version: 4'),
    reserved1: field(u32, 'Once a time zone'),
    reserved2: field(u32, 'Once an accuracy'),
    snapLength: field(u32, 'Most bytes of a packet that are kept'),
    linkType: field(u32, 'Link type in bits 15:0'),
  });
};

export const PcapPacket = (order: ByteOrder) => {
  const { u32 } = NUMBERS[order];
  return struct('PcapPacket', `${PCAP} §5`, {
    seconds: field(u32, 'Time, seconds since 1970'),
    fraction: field(u32, 'Microseconds or nanoseconds'),
    captured: field(u32, 'Bytes that are kept'),
    original: field(u32, 'Bytes that there were'),
    data: field(bytes('captured'), 'The packet'),
  });
};

export const PcapngBlock = (order: ByteOrder) => {
  const { u32 } = NUMBERS[order];
  return struct('PcapngBlock', `${PCAPNG} §3.1`, {
    type: field(u32, 'Type of the block'),
    length: field(u32, 'Bytes of the block, this head and the trailing length included'),
    body: field(
      bytes(({ length }) => Math.max(0, Number(length) - 12)),
      'By type',
    ),
    trailer: field(u32, 'The length again'),
  });
};

export const InterfaceBlock = (order: ByteOrder) => {
  const { u16, u32 } = NUMBERS[order];
  return struct('InterfaceBlock', `${PCAPNG} §4.2`, {
    linkType: field(u16, 'Link type'),
    reserved: field(u16, 'Reserved'),
    snapLength: field(u32, 'Most bytes of a packet that are kept; 0 no limit'),
    options: field(rest, 'Options'),
  });
};

export const EnhancedPacketBlock = (order: ByteOrder) => {
  const { u32 } = NUMBERS[order];
  return struct('EnhancedPacketBlock', `${PCAPNG} §4.3`, {
    interfaceId: field(u32, 'Interface, by its order in the section'),
    timeHigh: field(u32, 'Time, upper half'),
    timeLow: field(u32, 'Time, lower half'),
    captured: field(u32, 'Bytes that are kept'),
    original: field(u32, 'Bytes that there were'),
    data: field(bytes('captured'), 'The packet'),
    options: field(rest, 'Padding and options'),
  });
};

export const SimplePacketBlock = (order: ByteOrder) => {
  const { u32 } = NUMBERS[order];
  return struct('SimplePacketBlock', `${PCAPNG} §4.4`, {
    original: field(u32, 'Bytes that there were'),
    data: field(rest, 'The packet, and padding'),
  });
};
