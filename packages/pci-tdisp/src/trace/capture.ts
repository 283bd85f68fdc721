/** Captures of SPDM over DOE, pcap and pcapng in both byte orders: read into DOE objects, and written. */
import { concatAll, toHex, type Issue } from '@tsm/core';
import { decode, encode } from '@tsm/core/layout';
import { SPDM_ISSUES } from '../issues.ts';
import {
  EnhancedPacketBlock,
  InterfaceBlock,
  PcapHeader,
  PcapngBlock,
  PcapPacket,
  SimplePacketBlock,
  type ByteOrder,
} from './capture-layout.ts';

/** LINKTYPE_PCI_DOE: a packet is one DOE data object. */
export const LINKTYPE_PCI_DOE = 292;

export interface Packet {
  /** Where the object starts in the file. */
  readonly offset: number;
  readonly data: Uint8Array;
}

export interface Capture {
  readonly packets: readonly Packet[];
  readonly issues: readonly Issue[];
}

const MAGICS: ReadonlyMap<string, ByteOrder> = new Map([
  ['d4c3b2a1', 'le'],
  ['4d3cb2a1', 'le'],
  ['a1b2c3d4', 'be'],
  ['a1b23c4d', 'be'],
]);
const SECTION = '0a0d0d0a';
const SECTION_ORDERS: ReadonlyMap<string, ByteOrder> = new Map([
  ['4d3c2b1a', 'le'],
  ['1a2b3c4d', 'be'],
]);
const BLOCK = { INTERFACE: 1, SIMPLE: 3, ENHANCED: 6 };
const PCAP_HEADER = 24;
const PACKET_HEAD = 16;

const place = (path: string, offset: number, length: number) => ({ path, offset, length });

/** Reads a capture. Packets before damage are kept; packets of another link type are left out, with an issue. */
export function readCapture(bytes: Uint8Array): Capture {
  const start = toHex(bytes.subarray(0, 4));
  const order = MAGICS.get(start);
  if (order) return readPcap(bytes, order);
  if (start === SECTION) return readPcapng(bytes);
  const issue = SPDM_ISSUES.make('capture.format', place('', 0, Math.min(4, bytes.length)), {
    found: start === '' ? 'nothing' : start,
  });
  return { packets: [], issues: [issue] };
}

function linkTypeIssue(linkType: number, path: string, offset: number): Issue[] {
  if (linkType === LINKTYPE_PCI_DOE) return [];
  return [SPDM_ISSUES.make('capture.link-type', place(path, offset, 2), { found: String(linkType) })];
}

function readPcap(bytes: Uint8Array, order: ByteOrder): Capture {
  const header = decode(PcapHeader(order), bytes);
  if (!header.value) return { packets: [], issues: header.issues };
  const wrong = linkTypeIssue(header.value.linkType & 0xffff, 'linkType', 20);
  if (wrong.length > 0) return { packets: [], issues: wrong };
  const packets: Packet[] = [];
  const layout = PcapPacket(order);
  for (let at = PCAP_HEADER; at < bytes.length;) {
    const path = `packets[${String(packets.length)}]`;
    const { value, length, issues } = decode(layout, bytes, { offset: at, path });
    if (!value) return { packets, issues };
    packets.push({ offset: at + PACKET_HEAD, data: value.data });
    at += length;
  }
  return { packets, issues: [] };
}

/** State of a pcapng file while it is read: byte order and link types belong to a section. */
interface Section {
  order: ByteOrder;
  linkTypes: number[];
}

function readPcapng(bytes: Uint8Array): Capture {
  const packets: Packet[] = [];
  const issues: Issue[] = [];
  const section: Section = { order: 'le', linkTypes: [] };
  for (let at = 0; at < bytes.length;) {
    if (toHex(bytes.subarray(at, at + 4)) === SECTION) {
      const order = SECTION_ORDERS.get(toHex(bytes.subarray(at + 8, at + 12)));
      if (order) Object.assign(section, { order, linkTypes: [] });
    }
    const path = `blocks[${String(at)}]`;
    const block = decode(PcapngBlock(section.order), bytes, { offset: at, path });
    if (!block.value || block.value.length !== block.length || block.value.trailer !== block.value.length) {
      const args = {
        found: String(block.value?.length ?? bytes.length - at),
        expected: 'the same length twice',
      };
      return {
        packets,
        issues: [...issues, SPDM_ISSUES.make('capture.packet', place(path, at, bytes.length - at), args)],
      };
    }
    readBlock(block.value, at + 8, section, packets, issues);
    at += block.length;
  }
  return { packets, issues };
}

function readBlock(
  { type, body }: { type: number; body: Uint8Array },
  offset: number,
  { order, linkTypes }: Section,
  packets: Packet[],
  issues: Issue[],
): void {
  const path = `packets[${String(packets.length)}]`;
  if (type === BLOCK.INTERFACE) {
    const { value } = decode(InterfaceBlock(order), body);
    linkTypes.push(value?.linkType ?? -1);
    issues.push(
      ...linkTypeIssue(value?.linkType ?? -1, `interfaces[${String(linkTypes.length - 1)}]`, offset),
    );
  } else if (type === BLOCK.ENHANCED) {
    const { value } = decode(EnhancedPacketBlock(order), body);
    if (!value) issues.push(shortBlock(path, offset, body));
    else if (linkTypes[value.interfaceId] === LINKTYPE_PCI_DOE)
      packets.push({ offset: offset + 20, data: value.data });
  } else if (type === BLOCK.SIMPLE && linkTypes[0] === LINKTYPE_PCI_DOE) {
    const { value } = decode(SimplePacketBlock(order), body);
    if (!value) issues.push(shortBlock(path, offset, body));
    else packets.push({ offset: offset + 4, data: value.data.subarray(0, value.original) });
  }
}

function shortBlock(path: string, offset: number, body: Uint8Array): Issue {
  const args = { found: String(body.length), expected: 'a whole packet' };
  return SPDM_ISSUES.make('capture.packet', place(path, offset, body.length), args);
}

/** A pcap file of these DOE objects. Packet n is n microseconds after `start`, in seconds since 1970. */
export function encodeCapture(objects: readonly Uint8Array[], start = 0): Uint8Array {
  const header = encode(PcapHeader('le'), {
    magic: 0xa1b2c3d4,
    major: 2,
    minor: 4,
    reserved1: 0,
    reserved2: 0,
    snapLength: 0x100000,
    linkType: LINKTYPE_PCI_DOE,
  });
  const packets = objects.map((data, i) => {
    const [seconds, fraction] = [start + Math.floor(i / 1e6), i % 1e6];
    return encode(PcapPacket('le'), {
      seconds,
      fraction,
      captured: data.length,
      original: data.length,
      data,
    });
  });
  return concatAll([header, ...packets]);
}
