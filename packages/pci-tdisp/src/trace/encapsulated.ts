/** Follows requests of the responder inside encapsulated messages: the requester's chains, and key updates. */
import { decode } from '@tsm/core/layout';
import { REQUEST } from '../spdm/codes.ts';
import {
  DeliverEncapsulatedResponse,
  EncapsulatedRequest,
  EncapsulatedResponseAck,
} from '../spdm/layout/exchange.ts';
import { KEY_OPERATION } from '../spdm/layout/session.ts';
import type { SessionState } from '../spdm/session-state.ts';
import type { Exchange, Say } from './exchange-checks.ts';
import type { Observer } from './observer.ts';

/** A KEY_UPDATE_ACK on its way to the responder: its next response is under new keys. */
export function noteDelivered(
  observer: Observer,
  request: Uint8Array,
  session: SessionState,
  say: Say,
): void {
  const ack = decode(DeliverEncapsulatedResponse, request).value?.response;
  if (ack?.[1] !== 0x69 || ack[2] !== KEY_OPERATION.UPDATE_KEY) return;
  session.renew(session.response);
  observer.secrets.updated(say, session, session.response?.keys);
}

/** What an exchange of encapsulation carries: the answer to the request before, and the next request. */
export function noteEncapsulated({ observer, request, response }: Exchange): void {
  const { connection, requesterChains } = observer;
  const delivered =
    request[1] === REQUEST.DELIVER_ENCAPSULATED_RESPONSE
      ? decode(DeliverEncapsulatedResponse, request).value?.response
      : undefined;
  const context = { ...connection.context(), multiKey: connection.suite?.requesterMultiKey ?? false };
  const before = observer.encapsulated;
  if (delivered) {
    if (delivered[1] === 0x01) requesterChains.noteDigests(delivered, context);
    if (delivered[1] === 0x02 && before) requesterChains.noteCertificate(before, delivered, context);
  }
  const ack = request[1] === REQUEST.DELIVER_ENCAPSULATED_RESPONSE;
  observer.encapsulated = ack
    ? decode(EncapsulatedResponseAck(connection.context()), response).value?.request
    : decode(EncapsulatedRequest, response).value?.request;
}
