/** TDISP: codes of messages and errors, flags, states (PCIe 6.1 §11.3). */
import type { TdiState } from '@tsm/core';

/** Version 1.0. */
export const TDISP_VERSION = 0x10;

/** Requests; a response has the same code without bit 7. */
export const TDISP_REQUEST = {
  ...{ GET_TDISP_VERSION: 0x81, GET_TDISP_CAPABILITIES: 0x82, LOCK_INTERFACE: 0x83 },
  ...{ GET_DEVICE_INTERFACE_REPORT: 0x84, GET_DEVICE_INTERFACE_STATE: 0x85, START_INTERFACE: 0x86 },
  ...{ STOP_INTERFACE: 0x87, BIND_P2P_STREAM: 0x88, UNBIND_P2P_STREAM: 0x89, SET_MMIO_ATTRIBUTE: 0x8a },
  ...{ VDM: 0x8b },
} as const;
export type TdispRequestName = keyof typeof TDISP_REQUEST;

export const TDISP_ERROR_CODE = 0x7f;

/** Names of messages as the specification has them, by code. */
export const TDISP_MESSAGES: ReadonlyMap<number, string> = new Map([
  ...Object.entries(TDISP_REQUEST).flatMap(([name, code]): [number, string][] => {
    // GET_TDISP_VERSION is answered by TDISP_VERSION, LOCK_INTERFACE_REQUEST by LOCK_INTERFACE_RESPONSE.
    const asks = name.startsWith('GET_');
    return [
      [code, asks ? name : `${name}_REQUEST`],
      [code & 0x7f, asks ? name.slice('GET_'.length) : `${name}_RESPONSE`],
    ];
  }),
  [TDISP_ERROR_CODE, 'TDISP_ERROR'],
]);

export const responseCode = (request: number): number => request & 0x7f;

/** Error codes of TDISP_ERROR. */
export const TDISP_ERROR = {
  ...{ INVALID_REQUEST: 1, BUSY: 3, INVALID_INTERFACE_STATE: 4, UNSPECIFIED: 5, UNSUPPORTED_REQUEST: 7 },
  ...{ VERSION_MISMATCH: 0x41, VENDOR_SPECIFIC: 0xff, INVALID_INTERFACE: 0x101, INVALID_NONCE: 0x102 },
  ...{ INSUFFICIENT_ENTROPY: 0x103, INVALID_DEVICE_CONFIGURATION: 0x104 },
} as const;
export type TdispErrorName = keyof typeof TDISP_ERROR;

/** Bits of LOCK_INTERFACE flags. */
export const LOCK_FLAG = {
  ...{ NO_FW_UPDATE: 0, SYSTEM_CACHE_LINE_SIZE: 1, LOCK_MSIX: 2, BIND_P2P: 3, ALL_REQUEST_REDIRECT: 4 },
} as const;

/** Bits of the interface report's INTERFACE_INFO. */
export const INTERFACE_INFO = {
  ...{ NO_FW_UPDATE: 0, DMA_WITHOUT_PASID: 1, DMA_WITH_PASID: 2, ATS: 3, PRS: 4 },
} as const;

/** Bits of a range's attributes. */
export const RANGE_ATTRIBUTE = { MSIX_TABLE: 0, MSIX_PBA: 1, NON_TEE_MEM: 2, UPDATABLE: 3 } as const;

/** States by number. */
export const TDI_STATES: readonly TdiState[] = ['CONFIG_UNLOCKED', 'CONFIG_LOCKED', 'RUN', 'ERROR'];

export const nameOf = (table: Readonly<Record<string, number>>, value: number): string =>
  Object.keys(table).find((name) => table[name] === value) ?? `0x${value.toString(16)}`;
