/** Requests of the responder inside responses: the requester's certificates, and updates of the responder's keys. */
import { concat } from '@tsm/core';
import { decode, encode } from '@tsm/core/layout';
import { REQUEST } from '../codes.ts';
import type { MessageContext } from '../layout/context.ts';
import { Certificate, GetCertificate } from '../layout/authentication.ts';
import {
  DeliverEncapsulatedResponse,
  EncapsulatedRequest,
  EncapsulatedResponseAck,
} from '../layout/exchange.ts';
import { KEY_OPERATION } from '../layout/session.ts';
import type { PeerChains } from '../peer-chains.ts';
import type { SessionState } from '../session-state.ts';
import type { MutualAuth } from './options.ts';
import { refuse, type Handler } from './reply.ts';
import type { Responder } from './responder.ts';

/** MutAuthRequested of KEY_EXCHANGE_RSP. */
export const MUTUAL: Readonly<Record<MutualAuth, number>> = {
  none: 0,
  provisioned: 1,
  encapsulated: 2,
  digests: 4,
};

/** Payload types of ENCAPSULATED_RESPONSE_ACK. */
const PAYLOAD = { ABSENT: 0, PRESENT: 1, SLOT: 2 } as const;

/** Bytes of a certificate chain that one encapsulated request asks for. */
const PORTION = 0x400;

/** What waits for a requester to ask for it. */
export interface Encapsulated {
  readonly session: SessionState | undefined;
  /** The request that was handed out, until its answer comes. */
  request: Uint8Array | undefined;
  id: number;
}

const contextOf = ({ connection }: Responder): MessageContext => {
  return {
    ...connection.context(),
    multiKey: connection.suite?.requesterMultiKey ?? false,
  };
};

/** GET_DIGESTS, with which a mutual authentication begins. */
export const getDigests = (version: number): Uint8Array => Uint8Array.of(version, REQUEST.GET_DIGESTS, 0, 0);

export const keyUpdate = (version: number, operation: number, tag: number): Uint8Array =>
  Uint8Array.of(version, REQUEST.KEY_UPDATE, operation, tag);

function getCertificate(responder: Responder, slot: number, offset: number): Uint8Array {
  return encode(GetCertificate(responder.connection.context()), {
    ...{ version: responder.connection.version, code: REQUEST.GET_CERTIFICATE, param1: slot, param2: 0 },
    ...{ offset, length: PORTION, largeOffset: 0, largeLength: 0 },
  });
}

export const answerGetEncapsulated: Handler = ({ responder, session }) => {
  const waiting = responder.encapsulated;
  if (!waiting?.request || waiting.session !== (session ?? responder.table.clearHandshake))
    return refuse('NoPendingRequests');
  const response = encode(EncapsulatedRequest, {
    ...{ version: responder.connection.version, code: 0x6a, param1: waiting.id, param2: 0 },
    request: waiting.request,
  });
  return { response };
};

/** What comes after an answer: another request, the slot that was chosen, or nothing; undefined for an answer that is wrong. */
type Next = { readonly request: Uint8Array } | { readonly slot: number } | 'done' | undefined;

function afterDigests(responder: Responder, chains: PeerChains, response: Uint8Array): Next {
  chains.noteDigests(response, contextOf(responder));
  const slot = [...chains.digests.keys()][0];
  return slot === undefined ? undefined : { request: getCertificate(responder, slot, 0) };
}

function afterCertificate(
  responder: Responder,
  chains: PeerChains,
  sent: Uint8Array,
  response: Uint8Array,
): Next {
  const context = contextOf(responder);
  const asked = decode(GetCertificate(context), sent).value;
  const given = decode(Certificate(context), response).value;
  if (!asked || !given || given.portion === 0) return undefined;
  chains.noteCertificate(sent, response, context);
  const slot = asked.param1 & 15;
  if (given.remainder === 0) return chains.chains.has(slot) ? { slot } : undefined;
  return { request: getCertificate(responder, slot, asked.offset + given.portion) };
}

function afterKeyUpdate(responder: Responder, session: SessionState | undefined, response: Uint8Array): Next {
  const [, , operation = 0, tag = 0] = response;
  if (!session || operation === KEY_OPERATION.VERIFY_NEW_KEY) return 'done';
  session.renew(session.response);
  return { request: keyUpdate(responder.connection.version, KEY_OPERATION.VERIFY_NEW_KEY, (tag + 1) & 0xff) };
}

function next(responder: Responder, waiting: Encapsulated, response: Uint8Array): Next {
  const { request = new Uint8Array(0), session } = waiting;
  const code = request[1] ?? 0;
  if (response[1] !== (code & 0x7f) || response[0] !== responder.connection.version) return undefined;
  if (code === REQUEST.KEY_UPDATE) return afterKeyUpdate(responder, session, response);
  if (!session) return undefined;
  const chains = responder.table.requesterChains(session);
  if (code === REQUEST.GET_DIGESTS) return afterDigests(responder, chains, response);
  return afterCertificate(responder, chains, request, response);
}

export const answerDeliver: Handler = ({ responder, request, session }) => {
  const { connection } = responder;
  const waiting = responder.encapsulated;
  const { value } = decode(DeliverEncapsulatedResponse, request);
  if (!waiting?.request || waiting.session !== (session ?? responder.table.clearHandshake))
    return refuse('UnexpectedRequest');
  if (value?.param1 !== waiting.id) return refuse('InvalidRequest');
  const following = next(responder, waiting, value.response);
  if (!following) {
    responder.encapsulated = undefined;
    return refuse('InvalidResponseCode');
  }
  const more = typeof following === 'object' && 'request' in following ? following.request : undefined;
  const slot = typeof following === 'object' && 'slot' in following ? following.slot : undefined;
  const id = (waiting.id + 1) & 0xff;
  responder.encapsulated = more ? { session: waiting.session, request: more, id } : undefined;
  const kind = more ? PAYLOAD.PRESENT : slot === undefined ? PAYLOAD.ABSENT : PAYLOAD.SLOT;
  const head = encode(EncapsulatedResponseAck(connection.context()), {
    ...{ version: connection.version, code: 0x6b, param1: more ? id : 0, param2: kind },
    ...{ ackRequestId: waiting.id, reserved: new Uint8Array(3), request: new Uint8Array(0) },
  });
  return { response: concat(head, more ?? (slot === undefined ? new Uint8Array(0) : Uint8Array.of(slot))) };
};
