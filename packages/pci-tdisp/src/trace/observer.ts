/** Reads a run as a third party: follows both ends from their messages, decrypts with secrets, and holds it to the rules. */
import type { Issue } from '@tsm/core';
import { decode } from '@tsm/core/layout';
import { discoveryText, spdmText, type MessageText } from '../detail/message.ts';
import { DiscoveryRequest, DiscoveryResponse, DOE_TYPE } from '../doe/layout.ts';
import { decodeDoe, paddingIssue } from '../doe/object.ts';
import { SPDM_ISSUES } from '../issues.ts';
import { sessionOf } from '../secured/record.ts';
import { ERROR_CODE, isRequest, messageName, REQUEST, SPDM_ERROR } from '../spdm/codes.ts';
import { Connection, type DecodedMessage } from '../spdm/connection.ts';
import type { SpdmCrypto } from '../spdm/crypto.ts';
import { KEY_OPERATION } from '../spdm/layout/session.ts';
import { PeerChains } from '../spdm/peer-chains.ts';
import { refusal, ruleText } from '../spdm/rules.ts';
import type { SessionState } from '../spdm/session-state.ts';
import { clauseOf } from './clauses.ts';
import { Conversation } from './conversation.ts';
import { noteDelivered } from './encapsulated.ts';
import { checkExchange, type Say } from './exchange-checks.ts';
import { checkChunk, checkTransfer, unexpected } from './message-checks.ts';
import type { ObservedMessage, Side, Violation } from './observed.ts';
import type { Secrets } from './secrets.ts';
import { SecretsCheck } from './secrets-check.ts';

const sessionText = (id: number): string => `0x${id.toString(16).padStart(8, '0')}`;

export class Observer {
  readonly messages: ObservedMessage[] = [];
  readonly violations: Violation[] = [];
  /** Every session there was, in order. */
  readonly sessions: SessionState[] = [];
  /** Records that could not be decrypted. */
  undecrypted = 0;
  readonly connection: Connection;
  readonly secrets: SecretsCheck;
  /** Chains that the requester showed, in encapsulated messages. */
  readonly requesterChains = new PeerChains();
  /** The last request of the responder inside an encapsulated message. */
  encapsulated: Uint8Array | undefined;
  private readonly crypto: SpdmCrypto;
  private readonly live = new Map<number, SessionState>();
  private readonly conversations = new Map<number | undefined, Conversation>();
  private discovering = false;
  private packet = 0;
  /** Code of the message at hand. */
  private code: number | undefined;

  constructor(crypto: SpdmCrypto, secrets?: Secrets) {
    this.crypto = crypto;
    this.connection = new Connection(crypto);
    this.secrets = new SecretsCheck(secrets);
  }

  /** The next object of the run. */
  push(bytes: Uint8Array): void {
    const { object, issues } = decodeDoe(bytes);
    this.code = undefined;
    for (const issue of issues) this.say(issue);
    if (!object) this.add('requester', undefined, unread('UNREADABLE', bytes));
    else if (object.type === DOE_TYPE.DISCOVERY) this.discovery(object.body);
    else if (object.type === DOE_TYPE.SPDM) this.clear(object.body);
    else this.secured(object.body);
    this.packet++;
  }

  private readonly say: Say = (issue) => {
    const { connection, code, packet } = this;
    const spec = clauseOf(issue, code, connection.negotiated >= 2 ? connection.version : undefined);
    this.violations.push({ ...issue, ...(spec === undefined ? {} : { spec }), packet });
  };

  private add(from: Side, session: number | undefined, text: MessageText, size = text.bytes.length): void {
    const { packet } = this;
    this.messages.push({
      packet,
      from,
      session: session === undefined ? null : sessionText(session),
      ...text,
      size,
    });
  }

  private discovery(body: Uint8Array): void {
    const from: Side = this.discovering ? 'responder' : 'requester';
    this.discovering = !this.discovering;
    const { issues } =
      from === 'requester' ? decode(DiscoveryRequest, body) : decode(DiscoveryResponse, body);
    for (const issue of issues) this.say(issue);
    this.add(from, undefined, discoveryText(body, from === 'requester'));
  }

  private clear(body: Uint8Array): void {
    const used = this.message(body, undefined);
    const padding = paddingIssue(body, used);
    if (padding) this.say(padding);
  }

  /** A message in the clear, or out of a record; gives its size without padding. */
  private message(bytes: Uint8Array, session: SessionState | undefined): number {
    const [, code = 0] = bytes;
    this.code = code;
    const talk = this.talkIn(session?.id);
    const from: Side = isRequest(code) ? 'requester' : 'responder';
    const request = from === 'responder' ? talk.asked : undefined;
    const read = this.connection.read(bytes, request);
    const size = from === 'requester' ? read.bytes.length : bytes.length;
    this.add(from, session?.id, spdmText(read, this.connection.context(request)), size);
    this.sayErrors(read.issues);
    checkTransfer(this.say, this.connection, from, read);
    if (from === 'requester') this.requested(read, session, talk);
    else {
      if (read.value) this.answered(request, read.bytes, session, talk);
      talk.request = undefined;
    }
    return read.bytes.length;
  }

  private sayErrors(issues: readonly Issue[]): void {
    for (const issue of issues) if (issue.severity === 'error') this.say(issue);
  }

  private talkIn(id: number | undefined): Conversation {
    const found = this.conversations.get(id) ?? new Conversation(this.connection);
    this.conversations.set(id, found);
    return found;
  }

  private requested(read: DecodedMessage, session: SessionState | undefined, talk: Conversation): void {
    this.asked(read, session);
    const before = talk.request;
    if (before) unexpected(this.say, read.name, `the response to ${messageName(before[1] ?? 0)}`, read.bytes);
    const { whole, problem } = talk.ask(read.bytes);
    checkChunk(this.say, read, problem);
    if (whole) this.asked(this.readWhole(whole), session);
  }

  private asked({ code, name, bytes }: DecodedMessage, session: SessionState | undefined): void {
    const phase = session ? session.phase : 'outside';
    const refused = phase === 'ended' ? 'SessionRequired' : refusal(this.connection, code, phase);
    if (refused) unexpected(this.say, name, `it ${ruleText(code)} (${refused})`, bytes);
    if (code === REQUEST.KEY_UPDATE && session) this.updating(session, bytes[2] ?? 0);
    if (code === REQUEST.DELIVER_ENCAPSULATED_RESPONSE && session)
      noteDelivered(this, bytes, session, this.say);
  }

  /** The message that the chunks up to this one make; it stands with the last of them. */
  private readWhole(bytes: Uint8Array, request?: Uint8Array): DecodedMessage {
    const read = this.connection.read(bytes, request);
    const whole = spdmText(read, this.connection.context(request));
    const last = this.messages.pop();
    if (last) this.messages.push({ ...last, whole });
    this.code = read.code;
    this.sayErrors(read.issues);
    return read;
  }

  /** The responder answers UpdateAllKeys under its new keys already. */
  private updating(session: SessionState, operation: number): void {
    session.updateRequested(operation);
    if (operation === KEY_OPERATION.UPDATE_ALL_KEYS)
      this.secrets.updated(this.say, session, session.response?.keys);
  }

  private answered(
    request: Uint8Array | undefined,
    response: Uint8Array,
    session: SessionState | undefined,
    talk: Conversation,
  ): void {
    const [, code = 0] = response;
    if (!request) {
      unexpected(this.say, messageName(code), 'a request before it', response);
      return;
    }
    if (code === ERROR_CODE) {
      this.refused(request, response, session, talk);
      return;
    }
    if (code !== ((request[1] ?? 0) & 0x7f)) {
      unexpected(this.say, messageName(code), `the response to ${messageName(request[1] ?? 0)}`, response);
      return;
    }
    checkExchange(this, this.crypto, request, response, session, this.say);
    this.connection.note(request, response, session?.log);
    this.answeredInChunks(response, session, talk);
  }

  /** What is not ready or too large comes later; any other error ends the collection of measurements. */
  private refused(
    request: Uint8Array,
    error: Uint8Array,
    session: SessionState | undefined,
    talk: Conversation,
  ): void {
    talk.refuse(request, error);
    const [, , code] = error;
    if (code !== SPDM_ERROR.ResponseNotReady && code !== SPDM_ERROR.LargeResponse)
      (session?.log ?? this.connection.measurements).parts = [];
  }

  /** The response to a large request, inside the last ACK; and a large response, with its last chunk. */
  private answeredInChunks(
    response: Uint8Array,
    session: SessionState | undefined,
    talk: Conversation,
  ): void {
    const [, code = 0] = response;
    const acknowledged = code === (REQUEST.CHUNK_SEND & 0x7f) ? talk.acknowledged(response) : undefined;
    const chunk = code === (REQUEST.CHUNK_GET & 0x7f) ? talk.chunk(response) : undefined;
    if (chunk) checkChunk(this.say, this.connection.read(response), chunk.problem);
    const request = acknowledged?.request ?? chunk?.request;
    const whole = acknowledged?.response ?? chunk?.whole;
    if (!request || !whole) return;
    const read = this.readWhole(whole, request);
    if (read.value) this.answered(request, read.bytes, session, talk);
  }

  /** The session in whose handshake a FINISH in the clear is. */
  get handshake(): SessionState | undefined {
    return this.sessions.findLast(({ phase }) => phase === 'handshake');
  }

  open(session: SessionState): void {
    this.sessions.push(session);
    this.live.set(session.id, session);
    this.conversations.delete(session.id);
  }

  private secured(body: Uint8Array): void {
    const id = sessionOf(body);
    const session = id === undefined ? undefined : this.live.get(id);
    const talk = this.talkIn(id);
    const waits = talk.request !== undefined;
    const from: Side = waits ? 'responder' : 'requester';
    if (!session) {
      const found = id === undefined ? 'at all' : sessionText(id);
      const place = { path: 'record', offset: 0, length: body.length };
      this.say(SPDM_ISSUES.make('spdm.session-unknown', place, { found }));
      this.lost(from, id, body);
      return;
    }
    const channels =
      from === 'requester' ? [session.request, session.response] : [session.response, session.request];
    for (const channel of channels) {
      const message = channel?.peek(body);
      if (!message) continue;
      this.message(message, session);
      return;
    }
    // Without keys nothing can be said about the record; with keys it is damaged, or not where it belongs.
    const [expected] = channels;
    for (const issue of expected?.open(body).issues ?? []) this.say(issue);
    this.lost(from, id, body);
    if (!expected) talk.request = waits ? undefined : new Uint8Array(4);
  }

  private lost(from: Side, id: number | undefined, body: Uint8Array): void {
    this.undecrypted++;
    this.add(from, id, unread('SECURED_MESSAGE', body));
  }
}

const unread = (name: string, bytes: Uint8Array): MessageText => ({
  name,
  detail: '',
  bytes,
  fields: undefined,
});
