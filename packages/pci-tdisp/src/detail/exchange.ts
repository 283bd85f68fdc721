/** Details of errors, chunks, encapsulated and vendor-defined messages: what they are about. */
import { toHex } from '@tsm/core';
import type { Infer } from '@tsm/core/layout';
import { errorName, messageName, SPDM_ERROR } from '../spdm/codes.ts';
import type {
  ChunkGet,
  ChunkSend,
  ChunkSendAck,
  DeliverEncapsulatedResponse,
  EncapsulatedRequest,
  EncapsulatedResponseAck,
  RespondIfReady,
  SpdmErrorResponse,
  VendorDefinedRequest,
} from '../spdm/layout/exchange.ts';
import { readPciMessage } from './pci.ts';
import { hex, listed, type Value, type Words } from './words.ts';

const error = ({ param1, param2, extended }: Infer<typeof SpdmErrorResponse>): string => {
  const [first = 0, code = 0, token = 0] = extended;
  const name = errorName(param1);
  switch (param1) {
    case SPDM_ERROR.LargeResponse:
      return listed(name, `handle ${String(first)}`);
    case SPDM_ERROR.ResponseNotReady:
      return listed(`${name}: ${messageName(code)}`, `token ${hex(token)}`);
    case SPDM_ERROR.UnsupportedRequest:
      return param2 === 0 ? name : `${name}: ${messageName(param2)}`;
    default:
      return listed(name, param2 !== 0 && `data ${hex(param2)}`);
  }
};

const respondIfReady = ({ param1, param2 }: Infer<typeof RespondIfReady>): string =>
  listed(messageName(param1), `token ${hex(param2)}`);

const place = ({ param2, sequence }: { param2: number; sequence: number }): string =>
  listed(`handle ${String(param2)}`, `chunk ${String(sequence)}`);

const chunk = (value: Value<typeof ChunkSend>): string =>
  listed(
    place(value),
    value.sequence === 0
      ? `${String(value.size)} of ${String(value.total)} bytes`
      : `${String(value.size)} bytes`,
    (value.param1 & 1) === 1 && 'the last',
  );

const chunkAck = (value: Value<typeof ChunkSendAck>): string =>
  listed(place(value), (value.param1 & 1) === 1 && 'ended early');

const chunkGet = (value: Value<typeof ChunkGet>): string => place(value);

const innerName = (id: number, message: Uint8Array): string =>
  `${messageName(message[1] ?? 0)}, id ${String(id)}`;

const encapsulatedRequest = ({ param1, request }: Infer<typeof EncapsulatedRequest>): string =>
  innerName(param1, request);

const delivered = ({ param1, response }: Infer<typeof DeliverEncapsulatedResponse>): string =>
  innerName(param1, response);

const encapsulatedAck = ({ param1, param2, request }: Value<typeof EncapsulatedResponseAck>): string => {
  if (param2 === 1) return innerName(param1, request);
  return param2 === 2 ? `done, slot ${String(request[0] ?? 0)}` : 'done';
};

const vendorDefined = ({ standardId, vendorId, payload }: Infer<typeof VendorDefinedRequest>): string => {
  const pci = readPciMessage(standardId, vendorId, payload);
  if (pci) return listed(pci.name, pci.words);
  return listed(`registry ${String(standardId)}`, vendorId.length > 0 && `vendor ${toHex(vendorId)}`);
};

export const EXCHANGE: readonly (readonly [number, Words])[] = [
  [0x7f, error],
  [0xff, respondIfReady],
  [0x85, chunk],
  [0x05, chunkAck],
  [0x86, chunkGet],
  [0x06, chunk],
  [0x6a, encapsulatedRequest],
  [0xeb, delivered],
  [0x6b, encapsulatedAck],
  [0xfe, vendorDefined],
  [0x7e, vendorDefined],
];
