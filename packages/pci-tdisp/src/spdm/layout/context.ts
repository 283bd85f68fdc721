/** What a message's layout depends on beside its own bytes: version, negotiated sizes, and the request it answers. */
import { bytes, field, type Codec } from '@tsm/core/layout';
import { u8 } from '@tsm/core/layout';

export interface MessageContext {
  /** SPDMVersion byte, 0x11 for 1.1. */
  readonly version: number;
  /** Bytes of a base hash; 0 before ALGORITHMS. */
  readonly hashSize: number;
  /** Bytes of a responder's signature. */
  readonly signatureSize: number;
  /** Bytes of a requester's signature. */
  readonly requesterSignatureSize: number;
  /** Bytes of ExchangeData. */
  readonly exchangeSize: number;
  /** A connection with several keys a slot was negotiated: DIGESTS has more columns. */
  readonly multiKey: boolean;
  /** The handshake of the session at hand is in the clear: where the verify data is. */
  readonly clearHandshake: boolean;
  /** First parameters of the request that a response answers. */
  readonly requestParam1: number;
  readonly requestParam2: number;
}

/** Before anything is negotiated. */
export const NO_CONTEXT: MessageContext = {
  version: 0x10,
  hashSize: 0,
  signatureSize: 0,
  requesterSignatureSize: 0,
  exchangeSize: 0,
  multiKey: false,
  clearHandshake: false,
  requestParam1: 0,
  requestParam2: 0,
};

/** A field that only some versions or requests have: absent, it is no bytes and reads as `absent`. */
export function when<T>(present: boolean, codec: Codec<T>, absent: T): Codec<T> {
  if (present) return codec;
  return { shape: bytes(0).shape, size: 0, read: () => absent, write: () => undefined };
}

export const SPEC = 'DSP0274';

/** The four bytes that every message begins with. */
export const header = (param1: string, param2: string) => ({
  version: field(u8, 'SPDMVersion: major in bits 7:4, minor in bits 3:0'),
  code: field(u8, 'RequestResponseCode'),
  param1: field(u8, param1),
  param2: field(u8, param2),
});

const RESERVED = 'Reserved';
export const bare = () => header(RESERVED, RESERVED);
