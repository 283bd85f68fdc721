/** Addresses of functions: as TDISP has them, and the functions that one may be behind. */
import type { PciFunction } from '@tsm/core';

const SEGMENT_VALID = 1 << 24;

/** FUNCTION_ID of `DDDD:BB:DD.F`: requester id, and the segment where it is not 0 (PCIe 6.1 §11.3.1). */
export function functionIdOf(address: string): number {
  const [domain = 0, bus = 0, slot = 0, number = 0] = address
    .split(/[:.]/)
    .map((part) => Number.parseInt(part, 16));
  const segment = domain === 0 ? 0 : SEGMENT_VALID | ((domain & 0xff) << 16);
  return segment | (bus << 8) | (slot << 3) | number;
}

const functionZero = (address: string): string => `${address.slice(0, -1)}0`;

/** Where the connection of a function may hang: itself, its physical function, their function 0, the port above. */
export function candidates({ address, physical, parent }: PciFunction): string[] {
  const own = [address, ...(physical === undefined ? [] : [physical])];
  return [...own, ...own.map(functionZero), ...(parent === undefined ? [] : [parent, functionZero(parent)])];
}
