/** Answers to requests of the responder inside encapsulated messages: certificates, and updates of its keys. */
import { concat } from '@tsm/core';
import { decode, encode } from '@tsm/core/layout';
import { encodeChain } from '../certificate-chain.ts';
import { REQUEST, SPDM_ERROR } from '../codes.ts';
import { Certificate, Digests, GetCertificate } from '../layout/authentication.ts';
import {
  DeliverEncapsulatedResponse,
  EncapsulatedRequest,
  EncapsulatedResponseAck,
} from '../layout/exchange.ts';
import { KEY_OPERATION } from '../layout/session.ts';
import type { SessionState } from '../session-state.ts';
import type { Flow } from './flow.ts';
import { failed } from './link.ts';
import type { Requester } from './requester.ts';

/** MutAuthRequested of KEY_EXCHANGE_RSP. */
export const MUT_AUTH = { PROVISIONED: 1, ENCAPSULATED: 2, DIGESTS: 4 } as const;

/** Payload type of an ACK that a slot number follows; 1 is another request. */
const REQUEST_FOLLOWS = 1;
const SLOT_FOLLOWS = 2;
/** More requests than any mutual authentication needs. */
const ROUNDS = 256;

const NONE = new Uint8Array(0);

/** DIGESTS of the requester's own slots. */
export function digestsMessage({ connection, crypto, options }: Requester): Uint8Array {
  const { hash, suite, version } = connection;
  const slots = [...(options.slots ?? [])].sort(([a], [b]) => a - b);
  const digests = slots.map(([, { certificates }]) =>
    hash ? connection.digestOf(encodeChain(crypto, version, hash, certificates)) : NONE,
  );
  const mask = slots.reduce((all, [slot]) => all | (1 << slot), 0);
  const columns = suite?.requesterMultiKey ? slots : [];
  return encode(Digests({ ...connection.context(), multiKey: suite?.requesterMultiKey ?? false }), {
    ...{ version, code: 0x01, param1: version >= 0x13 ? mask : 0, param2: mask, digests },
    keyPairIds: Uint8Array.from(columns, ([slot]) => slot + 1),
    certificateInfo: Uint8Array.from(columns, () => 1),
    keyUsage: columns.map(() => 0x0f),
  });
}

function certificateMessage(
  { connection, crypto, options }: Requester,
  request: Uint8Array,
): Uint8Array | undefined {
  const { hash, version } = connection;
  const context = connection.context(request);
  const { value } = decode(GetCertificate(context), request);
  const identity = value && options.slots?.get(value.param1 & 15);
  if (!value || !identity || !hash) return undefined;
  const chain = encodeChain(crypto, version, hash, identity.certificates);
  const part = chain.subarray(value.offset, value.offset + value.length);
  if (part.length === 0) return undefined;
  return encode(Certificate(context), {
    ...{ version, code: 0x02, param1: value.param1 & 15, param2: 0 },
    ...{ portion: part.length, remainder: chain.length - value.offset - part.length },
    ...{ largePortion: 0, largeRemainder: 0, chain: part },
  });
}

/** The answer to one request of the responder; for one that is not known an ERROR. */
function answer(requester: Requester, request: Uint8Array): Uint8Array {
  const { version } = requester.connection;
  const [, code = 0, param1 = 0, param2 = 0] = request;
  const error = (which: number): Uint8Array => Uint8Array.of(version, 0x7f, which, 0);
  if (code === REQUEST.GET_DIGESTS) return digestsMessage(requester);
  if (code === REQUEST.GET_CERTIFICATE)
    return certificateMessage(requester, request) ?? error(SPDM_ERROR.InvalidRequest);
  if (code === REQUEST.HEARTBEAT) return Uint8Array.of(version, 0x68, 0, 0);
  if (code === REQUEST.KEY_UPDATE) return Uint8Array.of(version, 0x69, param1, param2);
  return error(SPDM_ERROR.UnsupportedRequest);
}

/**
 * Answers what the responder asks, until it asks no more; gives the slot that it chose. `implied`: the first request is
 * GET_DIGESTS and was not sent, as KEY_EXCHANGE_RSP can have it.
 */
export function* answerAll(
  requester: Requester,
  session: SessionState | undefined,
  implied = false,
): Flow<number | undefined> {
  const { connection, link } = requester;
  const { version } = connection;
  let request: Uint8Array = Uint8Array.of(version, REQUEST.GET_DIGESTS, 0, 0);
  let id = 0;
  if (!implied) {
    const asking = Uint8Array.of(version, REQUEST.GET_ENCAPSULATED_REQUEST, 0, 0);
    const { value } = decode(EncapsulatedRequest, yield* link.exchange(asking, session));
    if (!value) throw failed('spdm.message', 'ENCAPSULATED_REQUEST: unreadable');
    request = value.request.slice();
    id = value.param1;
  }
  for (let round = 0; round < ROUNDS; round++) {
    const response = answer(requester, request);
    const head = encode(DeliverEncapsulatedResponse, {
      ...{ version, code: REQUEST.DELIVER_ENCAPSULATED_RESPONSE, param1: id, param2: 0, response: NONE },
    });
    const ack = yield* link.exchange(concat(head, response), session, () => renewed(session, response));
    const { value } = decode(EncapsulatedResponseAck(connection.context()), ack);
    if (!value) throw failed('spdm.message', 'ENCAPSULATED_RESPONSE_ACK: unreadable');
    if (value.param2 === SLOT_FOLLOWS) return value.request[0];
    if (value.param2 !== REQUEST_FOLLOWS) return undefined;
    request = value.request.slice();
    id = value.param1;
  }
  throw failed('spdm.unexpected', 'the responder does not stop asking');
}

/** The responder's keys are new from its next response on. */
function renewed(session: SessionState | undefined, [, code, operation]: Uint8Array): void {
  if (code === 0x69 && operation === KEY_OPERATION.UPDATE_KEY) session?.renew(session.response);
}
