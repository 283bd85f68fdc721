/** Sessions from the requester's side: key exchange, finish, pre-shared keys, and what is said inside of them. */
import { concat, equalBytes } from '@tsm/core';
import { decode, encode } from '@tsm/core/layout';
import { hasCapability } from '../capabilities.ts';
import { encodeChain } from '../certificate-chain.ts';
import { REQUEST } from '../codes.ts';
import { KEY_RANDOM } from '../crypto.ts';
import { VendorDefinedRequest, VendorDefinedResponse } from '../layout/exchange.ts';
import {
  Finish,
  FinishRsp,
  KEY_OPERATION,
  KeyExchange,
  KeyExchangeRsp,
  PskExchange,
  PskExchangeRsp,
  PskFinish,
} from '../layout/session.ts';
import { offeredVersions, versionSelected } from '../opaque.ts';
import type { PreSharedKey, SlotIdentity } from '../responder/options.ts';
import { PCI_VENDOR, type SpdmSession } from '../session.ts';
import { beginSession, sameSecret, type SessionState } from '../session-state.ts';
import { signedMessage } from '../signing.ts';
import { answerAll, digestsMessage, MUT_AUTH } from './encapsulated.ts';
import { drive, type Flow, type Transport } from './flow.ts';
import { failed } from './link.ts';
import type { Requester } from './requester.ts';

export interface KeyExchangeRequest {
  /** Slot of the responder's certificates. Default 0. */
  readonly slot?: number;
  /** Measurement summary: 0 none, 1 TCB, 255 all. */
  readonly summary?: number;
  /** The requester's half of the session id, 1 to 0xffff. */
  readonly id?: number;
}

const NO_BYTES = new Uint8Array(0);
const OPAQUE_1_4 = { opaqueLength: 0, opaque: NO_BYTES };

function begin({ connection, crypto }: Requester, id: number, slot: number | undefined): SessionState {
  const prefix = connection.sessionPrefix(slot);
  if (!prefix) throw failed('spdm.chain', `get the certificates of slot ${String(slot)} first`);
  const session = beginSession(connection, crypto, { id, slot, prefix });
  if (!session) throw failed('spdm.not-offered', 'no cipher for sessions was negotiated');
  return session;
}

const DEFAULT_ID = 0x0001;

/** KEY_EXCHANGE and FINISH: an established session. The certificates of the slot must have been got. */
export function* openSession(requester: Requester, wanted: KeyExchangeRequest = {}): Flow<SessionState> {
  const { connection, crypto, link, options } = requester;
  const { slot = 0, summary = 0, id = DEFAULT_ID } = wanted;
  const { suite, version } = connection;
  if (!suite?.dhe) throw failed('spdm.not-offered', 'no key exchange was negotiated');
  const key = crypto.ephemeralKey(suite.dhe.curve, options.random(KEY_RANDOM));
  const opaque = offeredVersions(version);
  const request = encode(KeyExchange(connection.context()), {
    ...{ version, code: REQUEST.KEY_EXCHANGE, param1: summary, param2: slot, requesterSessionId: id },
    ...{ sessionPolicy: 0, reserved: new Uint8Array(1), random: options.random(32) },
    ...{ exchangeData: key.exchangeData, opaqueLength: opaque.length, opaque },
  });
  const response = yield* link.exchange(request);
  const { value } = decode(KeyExchangeRsp(connection.context(request)), response);
  if (!value || versionSelected(version, value.opaque) === undefined)
    throw failed('spdm.message', 'KEY_EXCHANGE_RSP: no version of secured messages that was offered');
  const session = begin(requester, value.responderSessionId * 0x10000 + id, slot);
  const end = response.length - value.verifyData.length;
  const unsigned = response.subarray(0, end - value.signature.length);
  const transcript = session.signatureTranscript(request, unsigned);
  requester.verify(slot, 'keyExchange', transcript, value.signature, 'KEY_EXCHANGE_RSP');
  const secret = crypto.sharedSecret(suite.dhe.curve, key.secret, value.exchangeData);
  if (!secret) throw failed('spdm.message', 'KEY_EXCHANGE_RSP: ExchangeData is no point of the curve');
  session.exchange(request, response.subarray(0, end), { shared: secret });
  checkVerifyData(session, session.exchangeVerifyData(), value.verifyData, 'KEY_EXCHANGE_RSP');
  session.append(value.verifyData);
  const identity = yield* authenticate(requester, session, value.mutualAuth, value.requesterSlot & 15);
  yield* finish(requester, session, identity);
  return session;
}

/** Verify data that is there must be the HMAC; a session whose handshake is not in the clear has it. */
function checkVerifyData(
  session: SessionState,
  expected: Uint8Array | undefined,
  is: Uint8Array,
  message: string,
): void {
  if ((is.length === 0 && session.parameters.clearHandshake) || sameSecret(expected, is)) return;
  session.end();
  throw failed('spdm.verify-data', `the verify data of ${message} is not the HMAC of the transcript`);
}

/** The slot that signs in FINISH, and its identity. */
interface OwnIdentity {
  readonly slot: number;
  readonly identity: SlotIdentity;
}

/** Shows who the requester is, in the way that KEY_EXCHANGE_RSP asks for; undefined when it asks for nothing. */
function* authenticate(
  requester: Requester,
  session: SessionState,
  kind: number,
  asked: number,
): Flow<OwnIdentity | undefined> {
  if (kind === 0) return undefined;
  const { connection, crypto, options } = requester;
  const { hash, suite, version } = connection;
  const inside = session.parameters.clearHandshake ? undefined : session;
  let slot = asked;
  if (kind !== MUT_AUTH.PROVISIONED)
    slot = (yield* answerAll(requester, inside, kind === MUT_AUTH.DIGESTS)) ?? 0;
  const identity = options.slots?.get(slot);
  if (!identity || !hash || identity.asym !== suite?.requesterAsym?.name) {
    session.end();
    throw failed(
      'spdm.mutual-auth',
      `the responder wants the requester's certificates of slot ${String(slot)}`,
    );
  }
  if (suite.requesterMultiKey) session.append(digestsMessage(requester));
  session.append(connection.digestOf(encodeChain(crypto, version, hash, identity.certificates)));
  return { slot, identity };
}

function* finish(requester: Requester, session: SessionState, own: OwnIdentity | undefined): Flow<void> {
  const { connection, crypto, link } = requester;
  const { version, hash } = connection;
  const layout = Finish({ ...connection.context(), requesterSignatureSize: 0, hashSize: 0 });
  const head = encode(layout, {
    ...{ version, code: REQUEST.FINISH, param1: own ? 1 : 0, param2: own?.slot ?? 0 },
    ...{ ...OPAQUE_1_4, signature: NO_BYTES, verifyData: NO_BYTES },
  });
  const signature =
    own && hash
      ? own.identity.sign(
          signedMessage(crypto, version, hash, 'finish', session.finishTranscript(head)),
          hash.name,
        )
      : NO_BYTES;
  const before = concat(head, signature);
  const request = concat(before, session.finishVerifyData(before) ?? NO_BYTES);
  const inside = session.parameters.clearHandshake ? undefined : session;
  const response = yield* link.exchange(request, inside);
  const { value } = decode(FinishRsp(connection.context(request)), response);
  const verifyData = value?.verifyData ?? NO_BYTES;
  if (session.parameters.clearHandshake) {
    const rest = response.subarray(0, response.length - verifyData.length);
    if (!sameSecret(session.finishResponseVerifyData(request, rest), verifyData)) {
      session.end();
      throw failed('spdm.verify-data', 'the verify data of FINISH_RSP is not the HMAC of the transcript');
    }
  }
  session.finish(request, response);
  session.establish();
}

/** PSK_EXCHANGE and, where the responder has a context, PSK_FINISH. */
export function* openPskSession(
  requester: Requester,
  psk: PreSharedKey,
  wanted: Omit<KeyExchangeRequest, 'slot'> = {},
): Flow<SessionState> {
  const { connection, link, options } = requester;
  const { summary = 0, id = DEFAULT_ID } = wanted;
  const { version, hash } = connection;
  const opaque = offeredVersions(version);
  const context = options.random(hash?.size ?? 0);
  const request = encode(PskExchange, {
    ...{ version, code: REQUEST.PSK_EXCHANGE, param1: summary, param2: 0, requesterSessionId: id },
    ...{ hintLength: psk.hint.length, contextLength: context.length, opaqueLength: opaque.length },
    ...{ hint: psk.hint, context, opaque },
  });
  const response = yield* link.exchange(request);
  const { value } = decode(PskExchangeRsp(connection.context(request)), response);
  if (!value || versionSelected(version, value.opaque) === undefined)
    throw failed('spdm.message', 'PSK_EXCHANGE_RSP: no version of secured messages that was offered');
  const session = begin(requester, value.responderSessionId * 0x10000 + id, undefined);
  session.exchange(request, response.subarray(0, response.length - value.verifyData.length), {
    shared: psk.key,
  });
  checkVerifyData(session, session.exchangeVerifyData(), value.verifyData, 'PSK_EXCHANGE_RSP');
  session.append(value.verifyData);
  if (!hasCapability(connection.responder?.flags ?? 0, 'PSK_WITH_CONTEXT'))
    session.finish(NO_BYTES, NO_BYTES);
  else {
    const head = encode(PskFinish({ ...connection.context(), hashSize: 0 }), {
      ...{ version, code: REQUEST.PSK_FINISH, param1: 0, param2: 0, ...OPAQUE_1_4, verifyData: NO_BYTES },
    });
    const finishing = concat(head, session.finishVerifyData(head) ?? NO_BYTES);
    session.finish(finishing, yield* link.exchange(finishing, session));
  }
  session.establish();
  return session;
}

/** HEARTBEAT. */
export function* heartbeat({ connection, link }: Requester, session: SessionState): Flow<void> {
  yield* link.exchange(Uint8Array.of(connection.version, REQUEST.HEARTBEAT, 0, 0), session);
}

/** KEY_UPDATE of the requester's keys or of both sides', and VerifyNewKey. */
export function* updateKeys(requester: Requester, session: SessionState, all = false): Flow<void> {
  const { UPDATE_ALL_KEYS, UPDATE_KEY, VERIFY_NEW_KEY } = KEY_OPERATION;
  yield* updateStep(requester, session, all ? UPDATE_ALL_KEYS : UPDATE_KEY);
  yield* updateStep(requester, session, VERIFY_NEW_KEY);
}

function* updateStep(
  { connection, link, options }: Requester,
  session: SessionState,
  operation: number,
): Flow<void> {
  const [tag = 0] = options.random(1);
  const request = Uint8Array.of(connection.version, REQUEST.KEY_UPDATE, operation, tag);
  const response = yield* link.exchange(request, session, () => session.updateRequested(operation));
  if (!equalBytes(request.subarray(2), response.subarray(2, 4))) {
    session.end();
    throw failed('spdm.echo', 'KEY_UPDATE_ACK: another operation or tag came back');
  }
  session.updateAcknowledged(operation);
}

/** END_SESSION. */
export function* endSession({ connection, link }: Requester, session: SessionState): Flow<void> {
  yield* link.exchange(Uint8Array.of(connection.version, REQUEST.END_SESSION, 0, 0), session);
  session.end();
}

/** One request of a PCI-SIG protocol, in a session or outside; gives what follows the protocol byte of the response. */
export function* vendorDefined(
  { connection, link }: Requester,
  session: SessionState | undefined,
  protocol: number,
  payload: Uint8Array,
): Flow<Uint8Array> {
  const content = concat(Uint8Array.of(protocol), payload);
  const request = encode(VendorDefinedRequest, {
    ...{ version: connection.version, code: REQUEST.VENDOR_DEFINED_REQUEST, param1: 0, param2: 0 },
    ...{ ...PCI_VENDOR, gap: new Uint8Array(2), length: content.length, payload: content },
  });
  const response = yield* link.exchange(request, session);
  const { value } = decode(VendorDefinedResponse, response);
  const same = value?.standardId === PCI_VENDOR.standardId && equalBytes(value.vendorId, PCI_VENDOR.vendorId);
  if (!same || value.payload[0] !== protocol)
    throw failed('spdm.unexpected', 'VENDOR_DEFINED_RESPONSE is of another vendor or protocol');
  return value.payload.slice(1);
}

/** A session for protocols that stand on it, over a transport that answers at once. */
export function sessionOver(requester: Requester, session: SessionState, transport: Transport): SpdmSession {
  return {
    id: session.id,
    get alive() {
      return session.phase === 'established';
    },
    send: (protocol, payload) => drive(vendorDefined(requester, session, protocol, payload), transport),
  };
}
