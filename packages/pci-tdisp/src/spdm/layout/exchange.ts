/** Errors, chunks, encapsulated and vendor-defined messages. Spec: DSP0274. */
import {
  bytes,
  choice,
  field,
  prefixed,
  reserved,
  rest,
  struct,
  u16le,
  u32le,
  u8,
  type Codec,
} from '@tsm/core/layout';
import { bare, header, SPEC, when, type MessageContext } from './context.ts';
import { LARGE } from './authentication.ts';

/** Extended error data of a ResponseNotReady is 4 bytes, of a LargeResponse 1. */
const EXTENDED: Readonly<Record<number, number>> = { 0x0f: 1, 0x42: 4 };

export const SpdmErrorResponse = struct('Error', `${SPEC}, ERROR`, {
  ...header('Error code', 'Error data'),
  extended: field(
    bytes(({ param1 }) => EXTENDED[Number(param1)] ?? 0),
    'Handle of a LargeResponse; exponent, request, token, factor of a ResponseNotReady',
  ),
});

export const RespondIfReady = struct(
  'RespondIfReady',
  `${SPEC}, RESPOND_IF_READY`,
  header('Request code', 'Token'),
);

/** The large form of 1.4 has a reserved field where the length was, and 32 bits after it. */
const vendorLength: Codec<number> = choice('param1', ({ param1 }) =>
  (Number(param1) & LARGE) === 0 ? u16le : u32le,
);
const largeGap = choice('param1', ({ param1 }) =>
  when((Number(param1) & LARGE) !== 0, reserved(2), new Uint8Array(2)),
);

const vendorDefined = (name: string) =>
  struct(name, `${SPEC}, VENDOR_DEFINED`, {
    ...header('Bit 7: large form (1.4)', 'Reserved'),
    standardId: field(u16le, 'Registry of the vendor; 3 is PCI-SIG'),
    vendorId: field(prefixed(u8, rest), 'Vendor in that registry'),
    gap: field(largeGap, 'Reserved, in the large form'),
    length: field(vendorLength, 'Bytes of the payload'),
    payload: field(bytes('length'), 'Payload; of PCI-SIG one byte of protocol, then its message'),
  });

export const VendorDefinedRequest = vendorDefined('VendorDefinedRequest');
export const VendorDefinedResponse = vendorDefined('VendorDefinedResponse');

/** Chunk sequence numbers: 16 bits and two reserved bytes, since 1.4 32 bits. */
const sequence = ({ version }: MessageContext) => ({
  sequence: field(version >= 0x14 ? u32le : u16le, 'Number of the chunk'),
  reserved: field(reserved(version >= 0x14 ? 0 : 2), 'Reserved'),
});

const chunk = (context: MessageContext) => ({
  ...header('Bit 0: the last chunk', 'Handle'),
  ...sequence(context),
  size: field(u32le, 'Bytes of this chunk'),
  total: field(
    choice('sequence', (row) => when(row['sequence'] === 0, u32le, 0)),
    'Bytes of the whole message, in the first chunk only',
  ),
  data: field(bytes('size'), 'This part of the message'),
});

export const ChunkSend = (context: MessageContext) =>
  struct('ChunkSend', `${SPEC}, CHUNK_SEND`, chunk(context));

export const ChunkSendAck = ({ version }: MessageContext) =>
  struct('ChunkSendAck', `${SPEC}, CHUNK_SEND`, {
    ...header('Bit 0: an error ends the transfer early', 'Handle'),
    sequence: field(version >= 0x14 ? u32le : u16le, 'Number of the chunk'),
    response: field(rest, 'After the last chunk the response to the whole; else nothing'),
  });

export const ChunkGet = ({ version }: MessageContext) =>
  struct('ChunkGet', `${SPEC}, CHUNK_GET`, {
    ...header('Reserved', 'Handle'),
    sequence: field(version >= 0x14 ? u32le : u16le, 'Number of the chunk'),
  });

export const ChunkResponse = (context: MessageContext) =>
  struct('ChunkResponse', `${SPEC}, CHUNK_GET`, chunk(context));

export const GetEncapsulatedRequest = struct(
  'GetEncapsulatedRequest',
  `${SPEC}, encapsulated requests`,
  bare(),
);

export const EncapsulatedRequest = struct('EncapsulatedRequest', `${SPEC}, encapsulated requests`, {
  ...header('Request id', 'Reserved'),
  request: field(rest, 'A request of the responder'),
});

export const DeliverEncapsulatedResponse = struct(
  'DeliverEncapsulatedResponse',
  `${SPEC}, encapsulated requests`,
  {
    ...header('Request id', 'Reserved'),
    response: field(rest, 'The answer of the requester'),
  },
);

export const EncapsulatedResponseAck = (context: MessageContext) =>
  struct('EncapsulatedResponseAck', `${SPEC}, encapsulated requests`, {
    ...header('Request id of the next request', '0 done, 1 a request follows, 2 a slot follows'),
    ackRequestId: field(when(context.version >= 0x12, u8, 0), 'Request id that was answered (1.2)'),
    reserved: field(when(context.version >= 0x12, reserved(3), new Uint8Array(3)), 'Reserved'),
    request: field(rest, 'The next request, or a slot number'),
  });

/** Codes whose content no table here describes. */
export const OtherMessage = struct('OtherMessage', SPEC, {
  ...header('Param1', 'Param2'),
  content: field(rest, 'Not read'),
});
