/** DEVICE_INTERFACE_REPORT: what a locked interface looks like (PCIe 6.1 §11.3.11). */
import {
  array,
  bytes,
  field,
  flags,
  reserved,
  struct,
  u16le,
  u32le,
  u64le,
  type Infer,
} from '@tsm/core/layout';
import { INTERFACE_INFO, RANGE_ATTRIBUTE } from './codes.ts';

const SPEC = 'PCIe 6.1, 11.3.11';
/** Bytes of a page in the report. */
const PAGE_BITS = 12n;
const ADDRESSES = 1n << 64n;

export const MmioRange = struct('MmioRange', SPEC, {
  firstPage: field(u64le, 'Address of the first 4 KiB page, as a page number, reporting offset added'),
  pages: field(u32le, 'Pages of 4 KiB'),
  attributes: field(flags(u16le, RANGE_ATTRIBUTE), 'What the range is'),
  rangeId: field(u16le, 'Id, unique in the interface'),
});

export const InterfaceReport = struct('InterfaceReport', SPEC, {
  interfaceInfo: field(flags(u16le, INTERFACE_INFO), 'What the interface does'),
  reserved: field(reserved(2), 'Reserved'),
  msixControl: field(u16le, 'MSI-X message control'),
  lnrControl: field(u16le, 'LNR control'),
  tphControl: field(u32le, 'TPH requester control'),
  rangeCount: field(u32le, 'How many ranges'),
  ranges: field(array(MmioRange, 'rangeCount'), 'Ranges of MMIO'),
  deviceInfoLength: field(u32le, 'Bytes of the device information'),
  deviceInfo: field(bytes('deviceInfoLength'), 'What the device says of itself'),
});
export type InterfaceReport = Infer<typeof InterfaceReport>;
export type MmioRange = Infer<typeof MmioRange>;

/** Adds the reporting offset (bytes, modulo 2^64) to a page number. */
export function reportedPage(page: bigint, reportingOffset: bigint): bigint {
  return (((page << PAGE_BITS) + reportingOffset) % ADDRESSES) >> PAGE_BITS;
}

export const hasAttribute = (attributes: number, name: keyof typeof RANGE_ATTRIBUTE): boolean =>
  ((attributes >> RANGE_ATTRIBUTE[name]) & 1) === 1;
