/** The responder's side of sessions: key exchange, finish, pre-shared keys, heartbeat, key update, end. */
import { concat, equalBytes } from '@tsm/core';
import { decode, encode } from '@tsm/core/layout';
import { hasCapability } from '../capabilities.ts';
import { leafKey } from '../certificate-chain.ts';
import { KEY_RANDOM } from '../crypto.ts';
import {
  Finish,
  FinishRsp,
  KEY_OPERATION,
  KeyExchange,
  KeyExchangeRsp,
  PskExchange,
  PskExchangeRsp,
  PskFinish,
  PskFinishRsp,
} from '../layout/session.ts';
import { chooseVersion, selectedVersion } from '../opaque.ts';
import { beginSession, sameSecret, type SessionState } from '../session-state.ts';
import { signedMessage } from '../signing.ts';
import { signFor, slotOf, summaryKnown, summaryOf } from './authentication.ts';
import { MUTUAL } from './encapsulation.ts';
import { refuse, type Answer, type Handler, type Refusal } from './reply.ts';
import type { Responder } from './responder.ts';

const NO_BYTES = new Uint8Array(0);
const OPAQUE_1_4 = { opaqueLength: 0, opaque: NO_BYTES };

/** A new session, without keys yet; undefined when the connection has not what sessions need. */
function begin(responder: Responder, id: number, slot: number | undefined): SessionState | undefined {
  const { connection, crypto } = responder;
  const prefix =
    slot === undefined ? connection.messageA : responder.prefixOf(slotOf(responder, slot)?.chain ?? NO_BYTES);
  return beginSession(connection, crypto, { id, slot, prefix });
}

export const answerKeyExchange: Handler = ({ responder, request }) => {
  const { connection, crypto, options } = responder;
  const { value } = decode(KeyExchange(connection.context()), request);
  const slot = slotOf(responder, value?.param2 ?? 0xff);
  const { suite, version } = connection;
  if (!value || !slot || !suite?.dhe || !summaryKnown(responder, value.param1))
    return refuse('InvalidRequest');
  const smVersion = chooseVersion(version, value.opaque);
  const key = crypto.ephemeralKey(suite.dhe.curve, options.random(KEY_RANDOM));
  const secret = crypto.sharedSecret(suite.dhe.curve, key.secret, value.exchangeData);
  if (smVersion === undefined || !secret) return refuse('InvalidRequest');
  const half = responder.table.freeId();
  if (half === undefined) return refuse('SessionLimitExceeded');
  const session = begin(responder, half * 0x10000 + value.requesterSessionId, value.param2);
  if (!session) return refuse('InvalidRequest');
  const opaque = selectedVersion(version, smVersion);
  const mutual = responder.mutualAuth;
  const context = { ...connection.context(request), signatureSize: 0, clearHandshake: true };
  const unsigned = encode(KeyExchangeRsp(context), {
    ...{ version, code: 0x64, param1: options.heartbeatPeriod ?? 0, param2: 0 },
    responderSessionId: half,
    mutualAuth: MUTUAL[mutual],
    requesterSlot: mutual === 'none' ? 0 : mutual === 'provisioned' ? 0 : 0x0f,
    random: options.random(32),
    exchangeData: key.exchangeData,
    summaryHash: summaryOf(responder, value.param1),
    ...{ opaqueLength: opaque.length, opaque, signature: NO_BYTES, verifyData: NO_BYTES },
  });
  const transcript = session.signatureTranscript(request, unsigned);
  const signed = concat(unsigned, signFor(responder, slot.identity, slot.hash, 'keyExchange', transcript));
  session.exchange(request, signed, { shared: secret });
  const verifyData = connection.clearHandshake ? NO_BYTES : (session.exchangeVerifyData() ?? NO_BYTES);
  session.append(verifyData);
  responder.open(session, mutual);
  return { response: concat(signed, verifyData) };
};

/** A wrong HMAC or signature ends the session. */
const WRONG: Refusal = { error: 'DecryptError', fatal: true };

/** Takes in what the requester showed of itself, and checks its signature; a refusal when that is wrong. */
function checkRequester(
  responder: Responder,
  session: SessionState,
  request: Uint8Array,
): Refusal | undefined {
  const { connection, crypto } = responder;
  const { suite, hash, version } = connection;
  const { value } = decode(Finish(connection.context()), request);
  const wanted = responder.table.mutualOf(session) !== 'none';
  if (!value || wanted !== ((value.param1 & 1) === 1)) return refuse('InvalidRequest');
  if (!wanted) return undefined;
  const chains = responder.table.requesterChains(session);
  const chain = chains.chains.get(value.param2 & 15);
  if (!chain || !hash || !suite?.requesterAsym) return WRONG;
  if (suite.requesterMultiKey) session.append(chains.message);
  session.append(connection.digestOf(chain));
  const end = request.length - value.verifyData.length - value.signature.length;
  const transcript = session.finishTranscript(request.subarray(0, end));
  const message = signedMessage(crypto, version, hash, 'finish', transcript);
  const key = leafKey(crypto, version, hash, chain);
  const holds = key && crypto.verify(suite.requesterAsym, hash.name, key, value.signature, message);
  return holds ? undefined : WRONG;
}

export const answerFinish: Handler = ({ responder, request, session: inside }) => {
  const { connection } = responder;
  const session = inside ?? responder.table.clearHandshake;
  // A FINISH goes the way its session's handshake goes, and never to a session of a pre-shared key.
  if (!session || session.parameters.psk) return refuse(inside ? 'UnexpectedRequest' : 'SessionRequired');
  if (session.parameters.clearHandshake !== (inside === undefined)) return refuse('UnexpectedRequest');
  const refused = checkRequester(responder, session, request);
  if (refused) return refused.fatal ? wrong(responder, session) : refused;
  const { value } = decode(Finish(connection.context()), request);
  if (!value) return refuse('InvalidRequest');
  const before = request.subarray(0, request.length - value.verifyData.length);
  if (!sameSecret(session.finishVerifyData(before), value.verifyData)) return wrong(responder, session);
  const context = { ...connection.context(), clearHandshake: false };
  const head = encode(FinishRsp(context), {
    ...{ version: connection.version, code: 0x65, param1: 0, param2: 0 },
    ...{ ...OPAQUE_1_4, verifyData: NO_BYTES },
  });
  const verifyData = session.parameters.clearHandshake
    ? (session.finishResponseVerifyData(request, head) ?? NO_BYTES)
    : NO_BYTES;
  const response = concat(head, verifyData);
  session.finish(request, response);
  return { response, after: () => session.establish() };
};

/** In a record the error still goes out under the session's keys; in the clear it is over at once. */
function wrong(responder: Responder, session: SessionState): Refusal {
  if (session.parameters.clearHandshake) responder.end(session);
  return WRONG;
}

export const answerPskExchange: Handler = ({ responder, request }) => {
  const { connection, options } = responder;
  const { version, suite } = connection;
  const { value } = decode(PskExchange, request);
  if (!value || !suite?.aead || !summaryKnown(responder, value.param1)) return refuse('InvalidRequest');
  const psk = (options.psks ?? []).find(({ hint }) => equalBytes(hint, value.hint));
  const smVersion = chooseVersion(version, value.opaque);
  if (!psk || smVersion === undefined) return refuse('InvalidRequest');
  const half = responder.table.freeId();
  if (half === undefined) return refuse('SessionLimitExceeded');
  const session = begin(responder, half * 0x10000 + value.requesterSessionId, undefined);
  if (!session) return refuse('InvalidRequest');
  const opaque = selectedVersion(version, smVersion);
  const withContext = hasCapability(connection.responder?.flags ?? 0, 'PSK_WITH_CONTEXT');
  const context = withContext ? options.random(suite.hash?.size ?? 0) : NO_BYTES;
  const unverified = encode(PskExchangeRsp({ ...connection.context(request) }), {
    ...{ version, code: 0x66, param1: options.heartbeatPeriod ?? 0, param2: 0 },
    responderSessionId: half,
    reserved: new Uint8Array(2),
    ...{ contextLength: context.length, opaqueLength: opaque.length },
    summaryHash: summaryOf(responder, value.param1),
    ...{ context, opaque, verifyData: new Uint8Array(suite.hash?.size ?? 0) },
  });
  const head = unverified.subarray(0, unverified.length - (suite.hash?.size ?? 0));
  session.exchange(request, head, { shared: psk.key });
  const verifyData = session.exchangeVerifyData() ?? NO_BYTES;
  session.append(verifyData);
  responder.open(session, 'none');
  const answer: Answer = { response: concat(head, verifyData) };
  if (withContext) return answer;
  session.finish(NO_BYTES, NO_BYTES);
  return { ...answer, after: () => session.establish() };
};

export const answerPskFinish: Handler = ({ responder, request, session }) => {
  const { connection } = responder;
  const { value } = decode(PskFinish(connection.context()), request);
  if (!session?.parameters.psk) return refuse('UnexpectedRequest');
  if (!value) return refuse('InvalidRequest');
  const before = request.subarray(0, request.length - value.verifyData.length);
  if (!sameSecret(session.finishVerifyData(before), value.verifyData)) return WRONG;
  const response = encode(PskFinishRsp(connection.context()), {
    ...{ version: connection.version, code: 0x67, param1: 0, param2: 0, ...OPAQUE_1_4 },
  });
  session.finish(request, response);
  return { response, after: () => session.establish() };
};

export const answerHeartbeat: Handler = ({ responder }) => {
  return { response: Uint8Array.of(responder.connection.version, 0x68, 0, 0) };
};

export const answerKeyUpdate: Handler = ({ responder, request, session }) => {
  const [, , operation = 0, tag = 0] = request;
  const { UPDATE_KEY, UPDATE_ALL_KEYS, VERIFY_NEW_KEY } = KEY_OPERATION;
  const known = operation === UPDATE_KEY || operation === UPDATE_ALL_KEYS || operation === VERIFY_NEW_KEY;
  // What waits for its confirmation can only be confirmed, and nothing else can be.
  if (!session || !known || session.unconfirmed !== (operation === VERIFY_NEW_KEY))
    return refuse('InvalidRequest');
  session.updateRequested(operation);
  const response = Uint8Array.of(responder.connection.version, 0x69, operation, tag);
  return { response, after: () => session.updateAcknowledged(operation) };
};

export const answerEndSession: Handler = ({ responder, session }) => {
  const response = Uint8Array.of(responder.connection.version, 0x6c, 0, 0);
  return session ? { response, after: () => responder.end(session) } : refuse('SessionRequired');
};
