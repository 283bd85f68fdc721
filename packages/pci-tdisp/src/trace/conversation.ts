/** Which request a response belongs to, of a session or outside of all: at once, after waiting, or when its chunks are whole. */
import { concatAll } from '@tsm/core';
import { decode } from '@tsm/core/layout';
import { REQUEST, SPDM_ERROR } from '../spdm/codes.ts';
import type { Connection } from '../spdm/connection.ts';
import { ChunkGet, ChunkResponse, ChunkSend, ChunkSendAck } from '../spdm/layout/exchange.ts';

/** A message on its way in chunks. */
interface Transfer {
  readonly handle: number;
  readonly total: number;
  readonly parts: Uint8Array[];
  /** Bytes so far. */
  have: number;
}

interface Chunk {
  readonly param1: number;
  readonly param2: number;
  readonly sequence: number;
  readonly data: Uint8Array;
}

const LAST = 1;

/** What a chunk brought: the whole message with the last one, or what is wrong with it. */
export interface Assembled {
  readonly whole?: Uint8Array;
  readonly problem?: string;
}

/** Takes in the next chunk of a transfer. */
function assemble(transfer: Transfer, chunk: Chunk): Assembled {
  const { handle, parts, total } = transfer;
  if (chunk.param2 !== handle)
    return { problem: `handle ${String(chunk.param2)} of a transfer with ${String(handle)}` };
  if (chunk.sequence !== parts.length)
    return { problem: `chunk ${String(chunk.sequence)} where ${String(parts.length)} is the next` };
  parts.push(chunk.data);
  const have = (transfer.have += chunk.data.length);
  const last = (chunk.param1 & LAST) === LAST;
  if (last !== (have === total)) {
    const where = last ? 'the last chunk' : 'another chunk to come';
    return { problem: `${String(have)} of ${String(total)} bytes with ${where}` };
  }
  return last ? { whole: concatAll(parts) } : {};
}

const NOTHING: Assembled = {};

export class Conversation {
  /** The request on the wire that waits for its response. */
  request: Uint8Array | undefined;
  /** Put off with ResponseNotReady. */
  private deferred: Uint8Array | undefined;
  /** A large request on its way, and when it was whole. */
  private incoming: Transfer | undefined;
  private large: Uint8Array | undefined;
  /** A large response, and the request that it answers. */
  private outgoing:
    { readonly request: Uint8Array; readonly handle: number; transfer?: Transfer } | undefined;
  private readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** What a response here answers: for RESPOND_IF_READY the request that was put off. */
  get asked(): Uint8Array | undefined {
    return this.request?.[1] === REQUEST.RESPOND_IF_READY ? (this.deferred ?? this.request) : this.request;
  }

  /** Takes in a request. Chunks that make one give it as a whole. */
  ask(request: Uint8Array): Assembled {
    const [, code = 0] = request;
    this.request = request;
    this.large = undefined;
    if (code !== REQUEST.CHUNK_GET) this.outgoing = undefined;
    if (code !== REQUEST.RESPOND_IF_READY && code !== REQUEST.CHUNK_GET) this.deferred = undefined;
    if (code !== REQUEST.CHUNK_SEND) this.incoming = undefined;
    return code === REQUEST.CHUNK_SEND ? this.takeIn(request) : NOTHING;
  }

  private takeIn(request: Uint8Array): Assembled {
    const { value } = decode(ChunkSend(this.connection.context()), request);
    if (!value) return NOTHING;
    if (value.sequence === 0)
      this.incoming = { handle: value.param2, total: value.total, parts: [], have: 0 };
    if (!this.incoming) return { problem: `chunk ${String(value.sequence)} without the first` };
    const assembled = assemble(this.incoming, value);
    if (assembled.whole || assembled.problem !== undefined) this.incoming = undefined;
    this.large = assembled.whole;
    return assembled;
  }

  /** The large request that this CHUNK_SEND_ACK answers, and its response; undefined while chunks are to come. */
  acknowledged(ack: Uint8Array): { readonly request: Uint8Array; readonly response: Uint8Array } | undefined {
    const { value } = decode(ChunkSendAck(this.connection.context()), ack);
    if (!value) return undefined;
    if ((value.param1 & 1) === 1) this.incoming = undefined;
    const { large } = this;
    this.large = undefined;
    return large && value.response.length >= 4 ? { request: large, response: value.response } : undefined;
  }

  /** Takes in an ERROR to a request: its response may come later, or in chunks. */
  refuse(request: Uint8Array, error: Uint8Array): void {
    const [, , code, , handle = 0] = error;
    if (code === SPDM_ERROR.ResponseNotReady) this.deferred = request;
    if (code === SPDM_ERROR.LargeResponse) this.outgoing = { request, handle };
  }

  /** Takes in a CHUNK_RESPONSE: with the last the large response, and the request that it answers. */
  chunk(response: Uint8Array): Assembled & { readonly request?: Uint8Array } {
    const context = this.connection.context();
    const { value } = decode(ChunkResponse(context), response);
    const wanted = this.request && decode(ChunkGet(context), this.request).value;
    const { outgoing } = this;
    if (!value || !wanted) return NOTHING;
    if (!outgoing) return { problem: 'there is no large response' };
    if (value.param2 !== outgoing.handle || value.sequence !== wanted.sequence)
      return {
        problem: `handle ${String(value.param2)}, chunk ${String(value.sequence)} is not what was asked for`,
      };
    if (value.sequence === 0)
      outgoing.transfer = { handle: outgoing.handle, total: value.total, parts: [], have: 0 };
    if (!outgoing.transfer) return { problem: `chunk ${String(value.sequence)} without the first` };
    const assembled = assemble(outgoing.transfer, value);
    if (assembled.whole || assembled.problem !== undefined) this.outgoing = undefined;
    return { ...assembled, request: outgoing.request };
  }
}
