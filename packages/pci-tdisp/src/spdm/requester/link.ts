/** One request and its response over DOE: records, errors, waiting, chunks. What a requester says goes through here. */
import { concat, concatAll, TsmError, type Issue } from '@tsm/core';
import { decode, encode } from '@tsm/core/layout';
import { DOE_TYPE } from '../../doe/layout.ts';
import { decodeDoe, encodeDoe } from '../../doe/object.ts';
import { sessionOf } from '../../secured/record.ts';
import { ERROR_CODE, errorName, messageName, REQUEST, SPDM_ERROR } from '../codes.ts';
import type { Connection } from '../connection.ts';
import { ChunkGet, ChunkResponse, ChunkSend, ChunkSendAck } from '../layout/exchange.ts';
import type { SessionState } from '../session-state.ts';
import type { Flow } from './flow.ts';

const LAST = 1;
const CHUNK_HEAD = 16;

/** `spdm.invalid-request` of InvalidRequest. */
const errorCodeOf = (name: string): string =>
  `spdm.${name.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()}`;

export const failed = (code: string, message: string, issue?: Issue): TsmError =>
  new TsmError(code, `SPDM: ${message}`, issue);

export class Link {
  private readonly connection: Connection;
  private readonly retries: number;
  private handle = 0;

  constructor(connection: Connection, retries: number) {
    this.connection = connection;
    this.retries = retries;
  }

  /**
   * Sends a request and gives its response, noted in the connection. An ERROR is a TsmError named after it
   * (`spdm.busy`); no answer is `spdm.no-answer`; a record that does not open ends the session.
   * `change` runs when the request is on its way: the responder answers under other keys.
   */
  *exchange(request: Uint8Array, session?: SessionState, change?: () => void): Flow<Uint8Array> {
    const bytes = yield* this.whole(request, session, change);
    const read = this.connection.read(bytes, request);
    const expected = (request[1] ?? 0) & 0x7f;
    if (read.code !== expected)
      throw failed('spdm.unexpected', `${read.name} came, expected ${messageName(expected)}`);
    const bad = read.issues.find(({ severity }) => severity === 'error');
    if (!read.value || bad)
      throw failed(bad?.code ?? 'spdm.message', `${read.name}: ${bad?.message ?? 'unreadable'}`, bad);
    if (session && read.bytes.length !== bytes.length)
      throw failed('spdm.message', `${read.name}: bytes after its end`);
    this.connection.note(request, read.bytes.slice(), session?.log);
    return read.bytes.slice();
  }

  /** The response as a whole, however it comes: after waiting, in chunks, or as an ERROR, which is thrown. */
  private *whole(request: Uint8Array, session?: SessionState, change?: () => void): Flow<Uint8Array> {
    let next = request;
    for (let tries = 0; ; tries++) {
      const response =
        next.length > (this.connection.responder?.dataTransferSize ?? Infinity) &&
        this.connection.both('CHUNK')
          ? yield* this.sendChunks(next, session, change)
          : yield* this.once(next, session, change);
      if (response[1] !== ERROR_CODE) return response;
      const [, , code = 0, data = 0] = response;
      if (code === SPDM_ERROR.LargeResponse) return yield* this.getChunks(response[4] ?? 0, session);
      const waits = code === SPDM_ERROR.Busy || code === SPDM_ERROR.ResponseNotReady;
      if (!waits || tries >= this.retries) throw this.refused(request, code, data, session);
      if (code === SPDM_ERROR.ResponseNotReady) next = this.respondIfReady(response);
    }
  }

  private respondIfReady(response: Uint8Array): Uint8Array {
    const [, , , , , code = 0, token = 0] = response;
    return Uint8Array.of(this.connection.version, REQUEST.RESPOND_IF_READY, code, token);
  }

  private refused(request: Uint8Array, code: number, data: number, session?: SessionState): TsmError {
    (session?.log ?? this.connection.measurements).parts = [];
    const name = errorName(code);
    if (session && code === SPDM_ERROR.DecryptError) session.end();
    const what = messageName(request[1] ?? 0);
    return failed(errorCodeOf(name), `the responder refused ${what}: ${name}, data ${String(data)}`);
  }

  /** One message there, one message back. */
  private *once(message: Uint8Array, session?: SessionState, change?: () => void): Flow<Uint8Array> {
    if (!session) {
      const answer = yield encodeDoe(DOE_TYPE.SPDM, message);
      return this.body(answer, DOE_TYPE.SPDM, message);
    }
    const { request, response } = session;
    if (!request || !response) throw failed('spdm.session-over', 'the session is over');
    const sealed = encodeDoe(DOE_TYPE.SECURED_SPDM, request.seal(session.id, message));
    change?.();
    const answer = yield sealed;
    const body = this.body(answer, DOE_TYPE.SECURED_SPDM, message);
    if (sessionOf(body) !== session.id)
      throw failed('spdm.session-unknown', 'the answer is a record of another session');
    const opened = response.open(body);
    if (opened.message) return opened.message;
    session.end();
    const [issue] = opened.issues;
    throw failed(issue?.code ?? 'secured.tag', issue?.message ?? 'the record does not open', issue);
  }

  private body(answer: Uint8Array | undefined, type: number, message: Uint8Array): Uint8Array {
    const what = messageName(message[1] ?? 0);
    if (!answer) throw failed('spdm.no-answer', `no answer to ${what}`);
    const { object, issues } = decodeDoe(answer);
    const issue = issues.find(({ severity }) => severity === 'error');
    if (!object)
      throw failed(issue?.code ?? 'doe.length', `the answer to ${what}: ${issue?.message ?? ''}`, issue);
    if (object.type !== type)
      throw failed('doe.type', `the answer to ${what} is a data object of type ${String(object.type)}`);
    return object.body;
  }

  private *getChunks(handle: number, session?: SessionState): Flow<Uint8Array> {
    const { connection } = this;
    const context = connection.context();
    const parts: Uint8Array[] = [];
    let total = 0;
    for (let have = 0, sequence = 0; ; sequence++) {
      const request = encode(ChunkGet(context), {
        ...{ version: connection.version, code: REQUEST.CHUNK_GET, param1: 0, param2: handle },
        sequence,
      });
      const response = yield* this.once(request, session);
      if (response[1] === ERROR_CODE)
        throw this.refused(request, response[2] ?? 0, response[3] ?? 0, session);
      const { value } = decode(ChunkResponse(context), response);
      if (!value || value.code !== 0x06 || value.param2 !== handle || value.sequence !== sequence)
        throw failed('spdm.unexpected', 'a chunk is not the next one of its message');
      if (sequence === 0) total = value.total;
      have += value.data.length;
      const last = (value.param1 & LAST) === LAST;
      const ours = connection.requester?.maxMessageSize ?? Infinity;
      if (value.data.length === 0 || total > ours || have > total || last !== (have === total))
        throw failed('spdm.message', 'the chunks do not add up to their message');
      parts.push(value.data);
      if (last) return concatAll(parts);
    }
  }

  private *sendChunks(message: Uint8Array, session?: SessionState, change?: () => void): Flow<Uint8Array> {
    const { connection } = this;
    const context = connection.context();
    this.handle = (this.handle + 1) & 0xff;
    const size = (connection.responder?.dataTransferSize ?? Infinity) - CHUNK_HEAD;
    for (let sent = 0, sequence = 0; ; sequence++) {
      const data = message.subarray(sent, sent + size);
      sent += data.length;
      const last = sent === message.length;
      const request = encode(ChunkSend(context), {
        ...{ version: connection.version, code: REQUEST.CHUNK_SEND, param1: last ? LAST : 0 },
        ...{ param2: this.handle, sequence, reserved: new Uint8Array(connection.version >= 0x14 ? 0 : 2) },
        ...{ size: data.length, total: sequence === 0 ? message.length : 0, data },
      });
      const response = yield* this.once(request, session, last ? change : undefined);
      if (response[1] === ERROR_CODE) return response;
      const { value } = decode(ChunkSendAck(context), response);
      if (value?.code !== 0x05 || value.param2 !== this.handle || value.sequence !== sequence)
        throw failed('spdm.unexpected', 'the ACK is not that of the chunk');
      const inner = value.response;
      if (last || (value.param1 & 1) === 1) return inner.length === 0 ? concat(response) : inner;
    }
  }
}
