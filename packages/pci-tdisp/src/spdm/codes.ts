/** Names and numbers of SPDM: versions, request and response codes, error codes. Spec: DSP0274, message codes and ERROR. */

/** SPDMVersion bytes that are spoken here. */
export const SPDM_VERSIONS = [0x10, 0x11, 0x12, 0x13, 0x14] as const;

/** `1.3` of 0x13. */
export const versionText = (version: number): string => `${String(version >> 4)}.${String(version & 15)}`;

/** Request codes; a response has the code of its request with bit 7 clear. */
export const REQUEST = {
  GET_DIGESTS: 0x81,
  GET_CERTIFICATE: 0x82,
  CHALLENGE: 0x83,
  GET_VERSION: 0x84,
  CHUNK_SEND: 0x85,
  CHUNK_GET: 0x86,
  GET_ENDPOINT_INFO: 0x87,
  GET_MEASUREMENTS: 0xe0,
  GET_CAPABILITIES: 0xe1,
  GET_SUPPORTED_EVENT_TYPES: 0xe2,
  NEGOTIATE_ALGORITHMS: 0xe3,
  KEY_EXCHANGE: 0xe4,
  FINISH: 0xe5,
  PSK_EXCHANGE: 0xe6,
  PSK_FINISH: 0xe7,
  HEARTBEAT: 0xe8,
  KEY_UPDATE: 0xe9,
  GET_ENCAPSULATED_REQUEST: 0xea,
  DELIVER_ENCAPSULATED_RESPONSE: 0xeb,
  END_SESSION: 0xec,
  GET_CSR: 0xed,
  SET_CERTIFICATE: 0xee,
  GET_MEASUREMENT_EXTENSION_LOG: 0xef,
  SUBSCRIBE_EVENT_TYPES: 0xf0,
  SEND_EVENT: 0xf1,
  GET_KEY_PAIR_INFO: 0xfc,
  SET_KEY_PAIR_INFO: 0xfd,
  VENDOR_DEFINED_REQUEST: 0xfe,
  RESPOND_IF_READY: 0xff,
} as const;

/** Names of responses that are not their request's name with another ending. */
const RESPONSES: Readonly<Record<number, string>> = {
  0x01: 'DIGESTS',
  0x02: 'CERTIFICATE',
  0x03: 'CHALLENGE_AUTH',
  0x04: 'VERSION',
  0x05: 'CHUNK_SEND_ACK',
  0x06: 'CHUNK_RESPONSE',
  0x07: 'ENDPOINT_INFO',
  0x60: 'MEASUREMENTS',
  0x61: 'CAPABILITIES',
  0x62: 'SUPPORTED_EVENT_TYPES',
  0x63: 'ALGORITHMS',
  0x64: 'KEY_EXCHANGE_RSP',
  0x65: 'FINISH_RSP',
  0x66: 'PSK_EXCHANGE_RSP',
  0x67: 'PSK_FINISH_RSP',
  0x68: 'HEARTBEAT_ACK',
  0x69: 'KEY_UPDATE_ACK',
  0x6a: 'ENCAPSULATED_REQUEST',
  0x6b: 'ENCAPSULATED_RESPONSE_ACK',
  0x6c: 'END_SESSION_ACK',
  0x6d: 'CSR',
  0x6e: 'SET_CERTIFICATE_RSP',
  0x6f: 'MEASUREMENT_EXTENSION_LOG',
  0x70: 'SUBSCRIBE_EVENT_TYPES_ACK',
  0x71: 'EVENT_ACK',
  0x7c: 'KEY_PAIR_INFO',
  0x7d: 'SET_KEY_PAIR_INFO_ACK',
  0x7e: 'VENDOR_DEFINED_RESPONSE',
  0x7f: 'ERROR',
};

/** The code of ERROR. */
export const ERROR_CODE = 0x7f;

const NAMES: ReadonlyMap<number, string> = new Map([
  ...Object.entries(REQUEST).map(([name, code]): [number, string] => [code, name]),
  ...Object.entries(RESPONSES).map(([code, name]): [number, string] => [Number(code), name]),
]);

/** `GET_VERSION` of 0x84; `0xd0` of a code without a name. */
export const messageName = (code: number): string => NAMES.get(code) ?? `0x${code.toString(16)}`;

export const isRequest = (code: number): boolean => code >= 0x80;

/** Error codes of the ERROR response (DSP0274, table of error codes). */
export const SPDM_ERROR = {
  InvalidRequest: 0x01,
  InvalidSession: 0x02,
  Busy: 0x03,
  UnexpectedRequest: 0x04,
  Unspecified: 0x05,
  DecryptError: 0x06,
  UnsupportedRequest: 0x07,
  RequestInFlight: 0x08,
  InvalidResponseCode: 0x09,
  SessionLimitExceeded: 0x0a,
  SessionRequired: 0x0b,
  ResetRequired: 0x0c,
  ResponseTooLarge: 0x0d,
  RequestTooLarge: 0x0e,
  LargeResponse: 0x0f,
  MessageLost: 0x10,
  InvalidPolicy: 0x11,
  DataTooLarge: 0x12,
  VersionMismatch: 0x41,
  ResponseNotReady: 0x42,
  RequestResynch: 0x43,
  OperationFailed: 0x44,
  NoPendingRequests: 0x45,
  VendorDefined: 0xff,
} as const;

export type SpdmErrorName = keyof typeof SPDM_ERROR;

const ERROR_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(SPDM_ERROR).map(([name, code]): [number, string] => [code, name]),
);

/** `DecryptError` of 6. */
export const errorName = (code: number): string => ERROR_NAMES.get(code) ?? `0x${code.toString(16)}`;
