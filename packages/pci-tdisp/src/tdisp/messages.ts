/** TDISP messages: what follows the protocol byte of a PCI-SIG vendor-defined message (PCIe 6.1 §11.3). */
import {
  bytes,
  enumOf,
  field,
  flags,
  reserved,
  rest,
  struct,
  u16le,
  u32le,
  u64le,
  u8,
  type Layout,
} from '@tsm/core/layout';
import { LOCK_FLAG, TDI_STATES, TDISP_ERROR, TDISP_MESSAGES, type TdispRequestName } from './codes.ts';
import { MmioRange } from './report.ts';

const SPEC = 'PCIe 6.1, 11.3';

const MESSAGE_TYPES = [...TDISP_MESSAGES].map(([value, name]) => ({ name, value }));

/** 16 bytes in front of every message. */
const HEADER = {
  version: field(u8, 'Version: major in the upper four bits, minor in the lower'),
  messageType: field(enumOf(u8, MESSAGE_TYPES), 'Which message'),
  reserved: field(reserved(2), 'Reserved'),
  functionId: field(
    u32le,
    'Interface: requester id in bits 0 to 15, segment in 16 to 23, segment valid in 24',
  ),
  interfaceReserved: field(reserved(8), 'Reserved part of the interface id'),
};

export const TdispHeader = struct('TdispHeader', `${SPEC}.1`, HEADER);
/** Messages that are a header and nothing else. */
const headerOnly = (name: string) => struct(name, `${SPEC}.1`, HEADER);

export const TdispVersion = struct('TdispVersion', `${SPEC}.3`, {
  ...HEADER,
  count: field(u8, 'How many versions'),
  versions: field(bytes('count'), 'Versions that the device speaks'),
});

const TdispGetCapabilities = struct('TdispGetCapabilities', `${SPEC}.4`, {
  ...HEADER,
  tsmCapabilities: field(u32le, 'What the TSM can do: nothing is defined'),
});

export const TdispCapabilities = struct('TdispCapabilities', `${SPEC}.5`, {
  ...HEADER,
  dsmCapabilities: field(u32le, 'What the device can do: nothing is defined'),
  requests: field(bytes(16), 'Requests that are known: bit n is code 0x80 + n'),
  lockFlags: field(flags(u16le, LOCK_FLAG), 'Flags that LOCK_INTERFACE takes'),
  capabilitiesReserved: field(reserved(3), 'Reserved'),
  addressWidth: field(u8, 'Address bits that the device has'),
  outstandingPerInterface: field(u8, 'Requests that one interface takes at once'),
  outstanding: field(u8, 'Requests that the device takes at once'),
});

export const TdispLock = struct('TdispLock', `${SPEC}.8`, {
  ...HEADER,
  flags: field(flags(u16le, LOCK_FLAG), 'What else is locked'),
  streamId: field(u8, 'Default IDE stream'),
  lockReserved: field(reserved(1), 'Reserved'),
  mmioReportingOffset: field(u64le, 'Added to addresses in the report'),
  p2pAddressMask: field(u64le, 'Address bits that peer-to-peer streams are chosen by'),
});

export const TdispLockResponse = struct('TdispLockResponse', `${SPEC}.9`, {
  ...HEADER,
  nonce: field(bytes(32), 'START_INTERFACE must bring it back'),
});

export const TdispGetReport = struct('TdispGetReport', `${SPEC}.10`, {
  ...HEADER,
  offset: field(u16le, 'First byte of the report that is wanted'),
  length: field(u16le, 'How many bytes'),
});

export const TdispReportPortion = struct('TdispReportPortion', `${SPEC}.11`, {
  ...HEADER,
  portionLength: field(u16le, 'Bytes of the report that are here'),
  remainder: field(u16le, 'Bytes after them'),
  portion: field(bytes('portionLength'), 'Part of the report'),
});

export const TdispState = struct('TdispState', `${SPEC}.14`, {
  ...HEADER,
  state: field(
    enumOf(
      u8,
      TDI_STATES.map((name, value) => ({ name, value })),
    ),
    'State of the interface',
  ),
});

export const TdispStart = struct('TdispStart', `${SPEC}.15`, {
  ...HEADER,
  nonce: field(bytes(32), 'Nonce of the LOCK_INTERFACE response'),
});

export const TdispP2p = struct('TdispP2p', `${SPEC}.19, BIND_P2P_STREAM, UNBIND_P2P_STREAM`, {
  ...HEADER,
  streamId: field(u8, 'Peer-to-peer IDE stream'),
});

export const TdispSetMmio = struct('TdispSetMmio', `${SPEC}.23`, {
  ...HEADER,
  range: field(MmioRange, 'Range as the report has it, with the attributes that are wanted'),
});

export const TdispVdm = struct('TdispVdm', `${SPEC}.26`, {
  ...HEADER,
  registryId: field(u8, 'Registry of the vendor: 0 PCI-SIG, 1 CXL'),
  vendorIdLength: field(u8, 'Bytes of the vendor id'),
  vendorId: field(bytes('vendorIdLength'), 'Vendor'),
  data: field(rest, 'What the vendor says'),
});

export const TdispError = struct('TdispError', `${SPEC}.24`, {
  ...HEADER,
  errorCode: field(
    enumOf(
      u32le,
      Object.entries(TDISP_ERROR).map(([name, value]) => ({ name, value })),
    ),
    'Why',
  ),
  errorData: field(u32le, 'Of UNSUPPORTED_REQUEST the code of the request'),
  extended: field(rest, 'More, of VENDOR_SPECIFIC'),
});

/** Layouts of all eleven requests and their responses. */
export const TDISP_LAYOUTS: Readonly<
  Record<TdispRequestName, { readonly request: Layout<unknown>; readonly response: Layout<unknown> }>
> = {
  GET_TDISP_VERSION: { request: headerOnly('TdispGetVersion'), response: TdispVersion },
  GET_TDISP_CAPABILITIES: { request: TdispGetCapabilities, response: TdispCapabilities },
  LOCK_INTERFACE: { request: TdispLock, response: TdispLockResponse },
  GET_DEVICE_INTERFACE_REPORT: { request: TdispGetReport, response: TdispReportPortion },
  GET_DEVICE_INTERFACE_STATE: { request: headerOnly('TdispGetState'), response: TdispState },
  START_INTERFACE: { request: TdispStart, response: headerOnly('TdispStartResponse') },
  STOP_INTERFACE: { request: headerOnly('TdispStop'), response: headerOnly('TdispStopResponse') },
  BIND_P2P_STREAM: { request: TdispP2p, response: headerOnly('TdispBindResponse') },
  UNBIND_P2P_STREAM: { request: TdispP2p, response: headerOnly('TdispUnbindResponse') },
  SET_MMIO_ATTRIBUTE: { request: TdispSetMmio, response: headerOnly('TdispSetMmioResponse') },
  VDM: { request: TdispVdm, response: TdispVdm },
};
