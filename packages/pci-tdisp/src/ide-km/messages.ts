/** IDE_KM messages: what follows the protocol byte of a PCI-SIG vendor-defined message (PCIe 6.1 §6.33.3). */
import { bytes, enumOf, field, flags, reserved, rest, struct, u8 } from '@tsm/core/layout';

const SPEC = 'PCIe 6.1, 6.33.3';

/** Object ids. */
export const IDE_KM = {
  ...{ QUERY: 0, QUERY_RESP: 1, KEY_PROG: 2, KP_ACK: 3, K_SET_GO: 4, K_SET_STOP: 5, K_GOSTOP_ACK: 6 },
} as const;

/** Status of KP_ACK. */
export const KP_STATUS = {
  ...{ SUCCESS: 0, INCORRECT_LENGTH: 1, UNSUPPORTED_PORT: 2, UNSUPPORTED_VALUE: 3, UNSPECIFIED: 4 },
} as const;

const entries = (table: Readonly<Record<string, number>>) =>
  Object.entries(table).map(([name, value]) => ({ name, value }));
const objectId = enumOf(u8, entries(IDE_KM));
/** Key set in bit 0, direction in bit 1, sub-stream in bits 4 to 7: 0 posted, 1 non-posted, 2 completions. */
const SUB_STREAM = { K1: 0, TX: 1, NPR: 4, CPL: 5 };

export const IdeKmQuery = struct('IdeKmQuery', `${SPEC}, QUERY`, {
  objectId: field(objectId, 'QUERY'),
  reserved: field(reserved(1), 'Reserved'),
  portIndex: field(u8, 'Port that is asked about'),
});

export const IdeKmQueryResponse = struct('IdeKmQueryResponse', `${SPEC}, QUERY_RESP`, {
  objectId: field(objectId, 'QUERY_RESP'),
  reserved: field(reserved(1), 'Reserved'),
  portIndex: field(u8, 'Port that was asked about'),
  devFunc: field(u8, 'Device and function of the port'),
  bus: field(u8, 'Bus of the port'),
  segment: field(u8, 'Segment of the port'),
  maxPortIndex: field(u8, 'Highest port'),
  registers: field(rest, 'IDE extended capability from the capability register on, 4 bytes each'),
});

/** KEY_PROG, K_SET_GO, K_SET_STOP and K_GOSTOP_ACK begin like this. */
const TARGET = {
  reserved: field(reserved(2), 'Reserved'),
  streamId: field(u8, 'Stream'),
};
const PLACE = {
  subStream: field(flags(u8, SUB_STREAM), 'Key set, direction (as the port sees it), sub-stream'),
  portIndex: field(u8, 'Port'),
};

export const IdeKmKeyProg = struct('IdeKmKeyProg', `${SPEC}, KEY_PROG`, {
  objectId: field(objectId, 'KEY_PROG'),
  ...TARGET,
  reserved2: field(reserved(1), 'Reserved'),
  ...PLACE,
  key: field(bytes(32), 'AES-256 key: most significant word first, each word little-endian'),
  ifv: field(bytes(8), 'Initial value of the invocation field, in the same order of words'),
});

export const IdeKmKeyProgAck = struct('IdeKmKeyProgAck', `${SPEC}, KP_ACK`, {
  objectId: field(objectId, 'KP_ACK'),
  ...TARGET,
  status: field(enumOf(u8, entries(KP_STATUS)), 'What came of it'),
  ...PLACE,
});

/** K_SET_GO, K_SET_STOP, K_GOSTOP_ACK: 7 bytes. */
export const IdeKmKeySet = struct('IdeKmKeySet', `${SPEC}, K_SET_GO, K_SET_STOP, K_GOSTOP_ACK`, {
  objectId: field(objectId, 'K_SET_GO, K_SET_STOP or K_GOSTOP_ACK'),
  ...TARGET,
  reserved2: field(reserved(1), 'Reserved'),
  ...PLACE,
});
