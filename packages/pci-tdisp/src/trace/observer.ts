/** Reads a run as a third party: follows both ends from their messages, decrypts with secrets, and holds it to the rules. */
import type { Issue } from '@tsm/core';
import { decode } from '@tsm/core/layout';
import { DiscoveryRequest, DiscoveryResponse, DOE_TYPE } from '../doe/layout.ts';
import { decodeDoe, paddingIssue } from '../doe/object.ts';
import { SPDM_ISSUES } from '../issues.ts';
import { sessionOf } from '../secured/record.ts';
import { isRequest, messageName, REQUEST } from '../spdm/codes.ts';
import { Connection } from '../spdm/connection.ts';
import type { SpdmCrypto } from '../spdm/crypto.ts';
import { KEY_OPERATION } from '../spdm/layout/session.ts';
import { PeerChains } from '../spdm/peer-chains.ts';
import { refusal } from '../spdm/rules.ts';
import type { SessionState } from '../spdm/session-state.ts';
import { noteDelivered } from './encapsulated.ts';
import { checkExchange, type Say } from './exchange-checks.ts';
import type { Secrets } from './secrets.ts';
import { SecretsCheck } from './secrets-check.ts';

export type Side = 'requester' | 'responder';

/** One DOE object of a run. */
export interface ObservedMessage {
  /** Number of the object, from 0. */
  readonly packet: number;
  readonly from: Side;
  /** `0xffffffff`; null outside of sessions. */
  readonly session: string | null;
  /** `GET_VERSION`; `DOE_DISCOVERY`; `SECURED_MESSAGE` when it could not be decrypted. */
  readonly name: string;
  /** Bytes as the requester counts: what it sends, and what arrives, in the clear with the padding of the object. */
  readonly size: number;
  /** The message itself, decrypted where it could be, without padding. */
  readonly bytes: Uint8Array;
}

/** A rule that was broken, with the clause in `spec`, at the packet where it shows. */
export interface Violation extends Issue {
  readonly packet: number;
}

/** What is under way outside of sessions, or in one: the request that waits for its response. */
interface Waiting {
  request: Uint8Array | undefined;
}

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
  private readonly waiting = new Map<number | undefined, Waiting>();
  private discovering = false;
  private packet = 0;

  constructor(crypto: SpdmCrypto, secrets?: Secrets) {
    this.crypto = crypto;
    this.connection = new Connection(crypto);
    this.secrets = new SecretsCheck(secrets);
  }

  /** The next object of the run. */
  push(bytes: Uint8Array): void {
    const { object, issues } = decodeDoe(bytes);
    for (const issue of issues) this.say(issue);
    if (!object) this.add('requester', undefined, 'UNREADABLE', bytes);
    else if (object.type === DOE_TYPE.DISCOVERY) this.discovery(object.body);
    else if (object.type === DOE_TYPE.SPDM) this.clear(object.body);
    else this.secured(object.body);
    this.packet++;
  }

  private readonly say: Say = (issue) => {
    this.violations.push({ ...issue, packet: this.packet });
  };

  private add(
    from: Side,
    session: number | undefined,
    name: string,
    bytes: Uint8Array,
    size = bytes.length,
  ): void {
    const { packet } = this;
    const text = session === undefined ? null : sessionText(session);
    this.messages.push({ packet, from, session: text, name, size, bytes });
  }

  private discovery(body: Uint8Array): void {
    const from: Side = this.discovering ? 'responder' : 'requester';
    this.discovering = !this.discovering;
    const { issues } =
      from === 'requester' ? decode(DiscoveryRequest, body) : decode(DiscoveryResponse, body);
    for (const issue of issues) this.say({ ...issue, spec: 'PCIe 6.1 §6.30.1.1' });
    this.add(from, undefined, 'DOE_DISCOVERY', body);
  }

  private clear(body: Uint8Array): void {
    const used = this.message(body, undefined);
    const padding = paddingIssue(body, used);
    if (padding) this.say(padding);
  }

  /** A message in the clear, or out of a record; gives its size without padding. */
  private message(bytes: Uint8Array, session: SessionState | undefined): number {
    const [, code = 0] = bytes;
    const waiting = this.waitingOf(session?.id);
    const from: Side = isRequest(code) ? 'requester' : 'responder';
    const { request } = waiting;
    const read = this.connection.read(bytes, from === 'responder' ? request : undefined);
    const size = from === 'requester' ? read.bytes.length : bytes.length;
    this.add(from, session?.id, read.name, read.bytes, size);
    for (const issue of read.issues) if (issue.severity === 'error') this.say(ruled(issue));
    if (from === 'requester') {
      this.asked(code, read.bytes, request, session);
      waiting.request = read.bytes;
    } else {
      if (read.value) this.answered(request, read.bytes, session);
      waiting.request = undefined;
    }
    return read.bytes.length;
  }

  private waitingOf(id: number | undefined): Waiting {
    const found = this.waiting.get(id) ?? { request: undefined };
    this.waiting.set(id, found);
    return found;
  }

  private asked(
    code: number,
    bytes: Uint8Array,
    before: Uint8Array | undefined,
    session: SessionState | undefined,
  ): void {
    const phase = session ? session.phase : 'outside';
    const refused = phase === 'ended' ? 'SessionRequired' : refusal(this.connection, code, phase);
    const found = messageName(code);
    if (refused) this.unexpected(found, `it only where its rule allows it (${refused})`, bytes);
    if (code === REQUEST.KEY_UPDATE && session) this.updating(session, bytes[2] ?? 0);
    if (code === REQUEST.DELIVER_ENCAPSULATED_RESPONSE && session)
      noteDelivered(this, bytes, session, this.say);
    if (before) this.unexpected(found, `the response to ${messageName(before[1] ?? 0)}`, bytes);
  }

  /** The responder answers UpdateAllKeys under its new keys already. */
  private updating(session: SessionState, operation: number): void {
    session.updateRequested(operation);
    if (operation === KEY_OPERATION.UPDATE_ALL_KEYS)
      this.secrets.updated(this.say, session, session.response?.keys);
  }

  private unexpected(found: string, expected: string, bytes: Uint8Array): void {
    const place = { path: found, offset: 0, length: bytes.length };
    this.say(SPDM_ISSUES.make('spdm.unexpected', place, { found, expected }));
  }

  private answered(
    request: Uint8Array | undefined,
    response: Uint8Array,
    session: SessionState | undefined,
  ): void {
    const [, code = 0] = response;
    if (!request) {
      this.unexpected(messageName(code), 'a request before it', response);
      return;
    }
    if (code === 0x7f) return;
    if (code !== ((request[1] ?? 0) & 0x7f)) {
      this.unexpected(messageName(code), `the response to ${messageName(request[1] ?? 0)}`, response);
      return;
    }
    checkExchange(this, this.crypto, request, response, session, this.say);
    this.connection.note(request, response, session?.log);
  }

  /** The session in whose handshake a FINISH in the clear is. */
  get handshake(): SessionState | undefined {
    return this.sessions.findLast(({ phase }) => phase === 'handshake');
  }

  open(session: SessionState): void {
    this.sessions.push(session);
    this.live.set(session.id, session);
    this.waiting.delete(session.id);
  }

  private secured(body: Uint8Array): void {
    const id = sessionOf(body);
    const session = id === undefined ? undefined : this.live.get(id);
    const waits = this.waitingOf(id).request !== undefined;
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
    if (!expected) this.waitingOf(id).request = waits ? undefined : new Uint8Array(4);
  }

  private lost(from: Side, id: number | undefined, body: Uint8Array): void {
    this.undecrypted++;
    this.add(from, id, 'SECURED_MESSAGE', body);
  }
}

/** Layout issues say where a field breaks; the clause is that of the message. */
function ruled(issue: Issue): Issue {
  return issue.spec === undefined ? { ...issue, spec: 'DSP0274, the messages' } : issue;
}
