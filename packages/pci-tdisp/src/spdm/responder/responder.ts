/** An SPDM responder behind DOE: one data object in, one out. What it does with a request is a table of handlers. */
import { concat } from '@tsm/core';
import { encode } from '@tsm/core/layout';
import { answerDiscovery } from '../../doe/discovery.ts';
import { DOE_TYPE } from '../../doe/layout.ts';
import { decodeDoe, encodeDoe } from '../../doe/object.ts';
import { sessionOf } from '../../secured/record.ts';
import { encodeChain } from '../certificate-chain.ts';
import { isRequest, REQUEST, SPDM_ERROR, SPDM_VERSIONS } from '../codes.ts';
import { Connection } from '../connection.ts';
import type { SpdmCrypto } from '../crypto.ts';
import { SpdmErrorResponse } from '../layout/exchange.ts';
import { KEY_OPERATION } from '../layout/session.ts';
import { portableSpdmCrypto } from '../portable-crypto.ts';
import { refusal } from '../rules.ts';
import type { VendorDefinedHandler } from '../session.ts';
import type { SessionState } from '../session-state.ts';
import * as authentication from './authentication.ts';
import { answerChunkGet, answerChunkSend, largeResponse, type Incoming, type Outgoing } from './chunks.ts';
import {
  answerDeliver,
  answerGetEncapsulated,
  getDigests,
  keyUpdate,
  type Encapsulated,
} from './encapsulation.ts';
import * as negotiation from './negotiation.ts';
import { DATA_TRANSFER_SIZE, MAX_MESSAGE_SIZE, type MutualAuth, type ResponderOptions } from './options.ts';
import { refuse, type Answer, type Handler, type Refusal } from './reply.ts';
import { SessionTable } from './session-table.ts';
import * as sessions from './sessions.ts';
import { answerVendorDefined } from './vendor-defined.ts';

const HANDLERS: ReadonlyMap<number, Handler> = new Map<number, Handler>([
  [REQUEST.GET_VERSION, negotiation.answerVersion],
  [REQUEST.GET_CAPABILITIES, negotiation.answerCapabilities],
  [REQUEST.NEGOTIATE_ALGORITHMS, negotiation.answerAlgorithms],
  [REQUEST.GET_DIGESTS, authentication.answerDigests],
  [REQUEST.GET_CERTIFICATE, authentication.answerCertificate],
  [REQUEST.CHALLENGE, authentication.answerChallenge],
  [REQUEST.GET_MEASUREMENTS, authentication.answerMeasurements],
  [REQUEST.KEY_EXCHANGE, sessions.answerKeyExchange],
  [REQUEST.FINISH, sessions.answerFinish],
  [REQUEST.PSK_EXCHANGE, sessions.answerPskExchange],
  [REQUEST.PSK_FINISH, sessions.answerPskFinish],
  [REQUEST.HEARTBEAT, sessions.answerHeartbeat],
  [REQUEST.KEY_UPDATE, sessions.answerKeyUpdate],
  [REQUEST.END_SESSION, sessions.answerEndSession],
  [REQUEST.GET_ENCAPSULATED_REQUEST, answerGetEncapsulated],
  [REQUEST.DELIVER_ENCAPSULATED_RESPONSE, answerDeliver],
  [REQUEST.CHUNK_SEND, answerChunkSend],
  [REQUEST.CHUNK_GET, answerChunkGet],
  [REQUEST.VENDOR_DEFINED_REQUEST, answerVendorDefined],
]);

/** A request that was put off. */
interface Deferred {
  readonly request: Uint8Array;
  readonly session: SessionState | undefined;
  readonly token: number;
}

const MAX_SESSIONS = 4;

export class Responder {
  readonly options: ResponderOptions;
  readonly crypto: SpdmCrypto;
  readonly connection: Connection;
  readonly table: SessionTable;
  outgoing: Outgoing | undefined;
  incoming: Incoming | undefined;
  encapsulated: Encapsulated | undefined;
  /** Handle of the last large response. */
  handle = 0;
  private readonly vendors = new Map<number, VendorDefinedHandler>();
  private deferred: Deferred | undefined;
  private token = 0;

  constructor(options: ResponderOptions) {
    this.options = options;
    this.crypto = options.crypto ?? portableSpdmCrypto;
    this.connection = new Connection(this.crypto);
    this.table = new SessionTable(options.maxSessions ?? MAX_SESSIONS);
  }

  /** Answers requests of a PCI-SIG protocol; one handler a protocol. */
  onVendorDefined(protocol: number, handler: VendorDefinedHandler): void {
    this.vendors.set(protocol, handler);
  }

  /** Called with the id of each session that ends, for whatever reason. */
  onSessionEnd(listener: (sessionId: number) => void): void {
    this.table.onEnd(listener);
  }

  vendorHandler(protocol: number): VendorDefinedHandler | undefined {
    return this.vendors.get(protocol);
  }

  /** Sessions that are not over. */
  get sessions(): readonly SessionState[] {
    return this.table.all;
  }

  /** The answer to one data object; undefined where the specification wants none. */
  respond(bytes: Uint8Array): Uint8Array | undefined {
    const { object } = decodeDoe(bytes);
    if (!object) return undefined;
    if (object.type === DOE_TYPE.DISCOVERY) {
      const body = answerDiscovery(object.body);
      return body && encodeDoe(DOE_TYPE.DISCOVERY, body);
    }
    if (object.type === DOE_TYPE.SPDM) {
      const { response, after } = this.answerMessage(object.body, undefined);
      after?.();
      return encodeDoe(DOE_TYPE.SPDM, response);
    }
    return this.secured(object.body);
  }

  private secured(body: Uint8Array): Uint8Array | undefined {
    const state = this.table.find(sessionOf(body) ?? -1);
    const { request, response } = state ?? {};
    if (!state || !request || !response) return undefined;
    const { message } = request.open(body);
    const answer = message ? this.answerMessage(message, state) : this.lost(state);
    const sealed = response.seal(state.id, answer.response);
    answer.after?.();
    return encodeDoe(DOE_TYPE.SECURED_SPDM, sealed);
  }

  /** A record that does not decrypt: an error under the keys there are, then the end of the session. */
  private lost(state: SessionState): Answer {
    return { response: this.errorMessage(refuse('DecryptError')), after: () => this.end(state) };
  }

  /** The response to one SPDM message, in the clear or out of a record. */
  answerMessage(bytes: Uint8Array, session: SessionState | undefined): Answer {
    const result = this.dispatch(bytes, session);
    if ('response' in result) return this.sized(bytes, result, session);
    if (result.error !== 'ResponseNotReady' && result.error !== 'LargeResponse')
      (session?.log ?? this.connection.measurements).parts = [];
    const response = this.errorMessage(result);
    return result.fatal && session ? { response, after: () => this.end(session) } : { response };
  }

  /** A response that is larger than the requester can take in one transfer is kept for CHUNK_GET. */
  private sized(bytes: Uint8Array, answer: Answer, session: SessionState | undefined): Answer {
    if (answer.response.length <= this.transferSize || answer.unnoted) return answer;
    if (this.connection.both('CHUNK')) {
      const response = this.errorMessage(largeResponse(this, answer.response));
      return answer.after ? { response, after: answer.after } : { response };
    }
    (session?.log ?? this.connection.measurements).parts = [];
    return { response: this.errorMessage(refuse('ResponseTooLarge', bytes[1])) };
  }

  private dispatch(bytes: Uint8Array, session: SessionState | undefined): Answer | Refusal {
    const [version = 0, code = 0, param1 = 0, param2 = 0] = bytes;
    if (bytes.length < 4 || !isRequest(code)) return refuse('InvalidRequest');
    const refused = refusal(this.connection, code, session?.phase ?? 'outside');
    if (refused) return refuse(refused, refused === 'UnsupportedRequest' ? code : 0);
    if (!this.speaks(code, version)) return refuse('VersionMismatch');
    if (code === REQUEST.RESPOND_IF_READY) return this.resume(param1, param2, session);
    const read = this.connection.read(bytes);
    if (!read.value) return refuse('InvalidRequest');
    const inSession = session !== undefined && read.bytes.length !== bytes.length;
    // Inside a record there is no padding: what follows a message is wrong.
    if (inSession) return refuse('InvalidRequest');
    // A negotiation is never put off.
    if (this.connection.suite && code !== REQUEST.GET_VERSION && this.options.notReady?.(code))
      return this.defer(read.bytes, session);
    return this.run(read.bytes.slice(), session);
  }

  private run(request: Uint8Array, session: SessionState | undefined): Answer | Refusal {
    const code = request[1] ?? 0;
    const handler = HANDLERS.get(code);
    if (!handler) return refuse('UnsupportedRequest', code);
    if (code !== REQUEST.CHUNK_GET) this.outgoing = undefined;
    const result = handler({ responder: this, request, session });
    if ('response' in result && !result.unnoted) this.connection.note(request, result.response, session?.log);
    return result;
  }

  private speaks(code: number, version: number): boolean {
    if (code === REQUEST.GET_VERSION) return version === 0x10;
    if (code === REQUEST.GET_CAPABILITIES) return this.versions.includes(version);
    return version === this.connection.version;
  }

  private defer(request: Uint8Array, session: SessionState | undefined): Refusal {
    this.token = (this.token + 1) & 0xff;
    this.deferred = { request: request.slice(), session, token: this.token };
    const extended = Uint8Array.of(1, request[1] ?? 0, this.token, 1);
    return { error: 'ResponseNotReady', extended };
  }

  private resume(code: number, token: number, session: SessionState | undefined): Answer | Refusal {
    const { deferred } = this;
    if (!deferred || deferred.session !== session) return refuse('UnexpectedRequest');
    if (deferred.request[1] !== code || deferred.token !== token) return refuse('InvalidRequest');
    this.deferred = undefined;
    return this.run(deferred.request, session);
  }

  /** An ERROR message. */
  errorMessage({ error, data = 0, extended = new Uint8Array(0) }: Refusal): Uint8Array {
    return encode(SpdmErrorResponse, {
      ...{ version: this.connection.version, code: 0x7f, param1: SPDM_ERROR[error], param2: data },
      extended,
    });
  }

  get versions(): readonly number[] {
    return this.options.versions ?? SPDM_VERSIONS;
  }

  /** Bytes that the requester takes in one transfer. */
  get transferSize(): number {
    return this.connection.requester?.dataTransferSize ?? Infinity;
  }

  get ownTransferSize(): number {
    return this.options.dataTransferSize ?? DATA_TRANSFER_SIZE;
  }

  get maxMessageSize(): number {
    return this.options.maxMessageSize ?? MAX_MESSAGE_SIZE;
  }

  /** Mutual authentication, where both sides can. */
  get mutualAuth(): MutualAuth {
    const { mutualAuth = 'none' } = this.options;
    const encapsulated = mutualAuth === 'encapsulated' || mutualAuth === 'digests';
    if (!this.connection.both('MUT_AUTH') || (encapsulated && !this.connection.both('ENCAP'))) return 'none';
    return this.connection.suite?.requesterAsym ? mutualAuth : 'none';
  }

  /** The start of the transcripts of a session with this chain. */
  prefixOf(chain: Uint8Array): Uint8Array {
    return concat(this.connection.beforeChain, this.connection.digestOf(chain));
  }

  open(state: SessionState, mutual: MutualAuth): void {
    const requester = this.table.add(state, mutual);
    const { hash, version } = this.connection;
    if (mutual === 'provisioned' && hash)
      requester.chains.set(
        0,
        encodeChain(this.crypto, version, hash, this.options.requesterCertificates ?? []),
      );
    if (mutual === 'encapsulated' || mutual === 'digests')
      this.encapsulated = { session: state, request: getDigests(version), id: 0 };
  }

  /** Puts an update of the responder's keys where the requester's next GET_ENCAPSULATED_REQUEST finds it. */
  requestKeyUpdate(session: SessionState): void {
    const [tag = 0] = this.options.random(1);
    const request = keyUpdate(this.connection.version, KEY_OPERATION.UPDATE_KEY, tag);
    this.encapsulated = { session, request, id: 0 };
  }

  end(state: SessionState): void {
    if (this.table.end(state) && this.encapsulated?.session === state) this.encapsulated = undefined;
  }

  endAll(): void {
    for (const state of this.sessions) this.end(state);
    this.outgoing = this.incoming = this.encapsulated = this.deferred = undefined;
  }
}
