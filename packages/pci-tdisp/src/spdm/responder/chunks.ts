/** Messages larger than a transfer, in chunks. Spec: DSP0274, CHUNK_SEND and CHUNK_GET. */
import { concat, concatAll } from '@tsm/core';
import { decode, encode } from '@tsm/core/layout';
import { ChunkGet, ChunkResponse, ChunkSend, ChunkSendAck } from '../layout/exchange.ts';
import { refuse, type Handler, type Refusal } from './reply.ts';
import type { Responder } from './responder.ts';

/** A large response on its way out. */
export interface Outgoing {
  readonly handle: number;
  readonly message: Uint8Array;
  sequence: number;
  sent: number;
}

/** A large request on its way in. */
export interface Incoming {
  readonly handle: number;
  readonly total: number;
  readonly parts: Uint8Array[];
}

/** Head of CHUNK_RESPONSE and CHUNK_SEND, with the total of the first chunk. */
const HEAD = 16;
const LAST = 1;

export function largeResponse(responder: Responder, message: Uint8Array): Refusal {
  if (message.length > (responder.connection.requester?.maxMessageSize ?? Infinity))
    return refuse('ResponseTooLarge');
  responder.handle = (responder.handle + 1) & 0xff;
  const { handle } = responder;
  responder.outgoing = { handle, message, sequence: 0, sent: 0 };
  return { error: 'LargeResponse', extended: Uint8Array.of(handle) };
}

export const answerChunkGet: Handler = ({ responder, request }) => {
  const { connection, outgoing } = responder;
  const context = connection.context();
  const { value } = decode(ChunkGet(context), request);
  if (!outgoing) return refuse('UnexpectedRequest');
  if (value?.param2 !== outgoing.handle || value.sequence !== outgoing.sequence)
    return refuse('InvalidRequest');
  const { message, sequence, sent } = outgoing;
  const data = message.subarray(sent, sent + responder.transferSize - HEAD);
  outgoing.sent += data.length;
  outgoing.sequence++;
  const last = outgoing.sent === message.length;
  if (last) responder.outgoing = undefined;
  const response = encode(ChunkResponse(context), {
    ...{ version: connection.version, code: 0x06, param1: last ? LAST : 0, param2: outgoing.handle },
    sequence,
    reserved: new Uint8Array(connection.version >= 0x14 ? 0 : 2),
    ...{ size: data.length, total: sequence === 0 ? message.length : 0, data },
  });
  return { response, unnoted: true };
};

export const answerChunkSend: Handler = ({ responder, request, session }) => {
  const { connection } = responder;
  const context = connection.context();
  const { value } = decode(ChunkSend(context), request);
  const incoming = value?.sequence === 0 ? begun(value) : responder.incoming;
  if (!value || !incoming)
    return early(responder, value?.param2 ?? 0, value?.sequence ?? 0, 'UnexpectedRequest');
  const have = incoming.parts.reduce((sum, part) => sum + part.length, 0);
  const last = (value.param1 & LAST) === LAST;
  const fits =
    incoming.handle === value.param2 &&
    incoming.parts.length === value.sequence &&
    incoming.total <= responder.maxMessageSize &&
    // A message that fits one transfer is not sent in chunks.
    incoming.total > responder.ownTransferSize &&
    (last ? have + value.data.length === incoming.total : have + value.data.length < incoming.total);
  if (!fits || value.data.length === 0)
    return early(responder, value.param2, value.sequence, 'InvalidRequest');
  incoming.parts.push(value.data.slice());
  responder.incoming = last ? undefined : incoming;
  const head = (response: Uint8Array) =>
    encode(ChunkSendAck(context), {
      ...{ version: connection.version, code: 0x05, param1: 0, param2: value.param2 },
      ...{ sequence: value.sequence, response },
    });
  if (!last) return { response: head(new Uint8Array(0)), unnoted: true };
  const { response, after } = responder.answerMessage(concatAll(incoming.parts), session);
  return { response: head(response), unnoted: true, ...(after ? { after } : {}) };
};

function begun({ param2, total }: { param2: number; total: number }): Incoming {
  return { handle: param2, total, parts: [] };
}

/** An ACK that ends the transfer early, with the error inside. */
function early(responder: Responder, handle: number, sequence: number, error: Refusal['error']) {
  responder.incoming = undefined;
  const { connection } = responder;
  const head = encode(ChunkSendAck(connection.context()), {
    ...{ version: connection.version, code: 0x05, param1: 1, param2: handle },
    ...{ sequence, response: new Uint8Array(0) },
  });
  return { response: concat(head, responder.errorMessage(refuse(error))), unnoted: true };
}
