/** What a third party checks where sessions begin: KEY_EXCHANGE, FINISH, and the two of a pre-shared key. */
import { equalBytes } from '@tsm/core';
import { SPDM_ISSUES } from '../issues.ts';
import { AEADS } from '../spdm/algorithms.ts';
import { hasCapability } from '../spdm/capabilities.ts';
import { messageName } from '../spdm/codes.ts';
import {
  Finish,
  FinishRsp,
  KeyExchange,
  KeyExchangeRsp,
  PskExchange,
  PskExchangeRsp,
  PskFinish,
} from '../spdm/layout/session.ts';
import { beginSession, type SessionState } from '../spdm/session-state.ts';
import { checkSignature, valueOf, type Exchange } from './exchange-checks.ts';
import { SecretsCheck } from './secrets-check.ts';

const idOf = (responder: number, requester: number): number => responder * 0x10000 + requester;

/** Says so when verify data is there and is not the HMAC; without keys nothing can be said. */
function checkHmac(
  { say }: Exchange,
  message: Uint8Array,
  expected: Uint8Array | undefined,
  is: Uint8Array,
): void {
  if (!expected || is.length === 0 || equalBytes(expected, is)) return;
  const found = messageName(message[1] ?? 0);
  const place = { path: found, offset: message.length - is.length, length: is.length };
  say(SPDM_ISSUES.make('spdm.verify-data', place, { found }));
}

function begin(
  { observer: { connection }, crypto }: Exchange,
  id: number,
  slot: number | undefined,
): SessionState | undefined {
  const prefix = connection.sessionPrefix(slot);
  return prefix && beginSession(connection, crypto, { id, slot, prefix }, connection.suite?.aead ?? AEADS[1]);
}

/** The keys of the handshake against the secrets. */
function compareHandshake({ observer: { secrets }, say }: Exchange, session: SessionState): void {
  secrets.lend(session, 'Handshake');
  const keys = session.handshakeKeys;
  secrets.session(say, session, 'th1', session.th1);
  secrets.session(say, session, 'handshakeSecret', keys?.handshakeSecret);
  secrets.direction(say, session, 'requestHandshake', keys?.request, keys?.requestFinishedKey);
  secrets.direction(say, session, 'responseHandshake', keys?.response, keys?.responseFinishedKey);
}

export function checkKeyExchange(exchange: Exchange): void {
  const { observer, request, response, say } = exchange;
  const { connection, secrets } = observer;
  const asked = valueOf(KeyExchange(connection.context()), request);
  const value = valueOf(KeyExchangeRsp(connection.context(request)), response);
  if (!asked || !value) return;
  const slot = asked.param2 & 15;
  const session = begin(exchange, idOf(value.responderSessionId, asked.requesterSessionId), slot);
  if (!session) return;
  const found = secrets.find(session.id, asked.random, value.random);
  secrets.bind(session, found);
  const end = response.length - value.verifyData.length;
  const unsigned = response.subarray(0, end - value.signature.length);
  const transcript = session.signatureTranscript(request, unsigned);
  secrets.session(say, session, 'thSignature', connection.digestOf(transcript));
  secrets.session(say, session, 'responderSignature', value.signature);
  secrets.session(say, session, 'certChainHash', connection.chainHash(slot));
  checkSignature(exchange, slot, 'keyExchange', transcript, value.signature);
  session.exchange(request, response.subarray(0, end), SecretsCheck.secretOf(found));
  compareHandshake(exchange, session);
  const expected = session.exchangeVerifyData();
  checkHmac(exchange, response, expected, value.verifyData);
  if (value.verifyData.length > 0)
    secrets.session(say, session, 'keyExchangeRspVerifyData', value.verifyData);
  session.append(value.verifyData);
  observer.open(session);
}

/** Takes in FINISH and its response, compares the data keys, and switches to them. */
function establish(
  exchange: Exchange,
  session: SessionState,
  finish: Uint8Array,
  response: Uint8Array,
): void {
  const { observer, say } = exchange;
  const { secrets } = observer;
  session.finish(finish, response);
  const keys = session.dataKeys;
  secrets.session(say, session, 'th2', session.th2);
  secrets.session(say, session, 'masterSecret', keys?.masterSecret);
  secrets.session(say, session, 'exportMasterSecret', keys?.exportMasterSecret);
  secrets.direction(say, session, 'requestData', keys?.request);
  secrets.direction(say, session, 'responseData', keys?.response);
  session.establish();
  secrets.lend(session, 'Data');
}

export function checkFinish(exchange: Exchange): void {
  const { observer, request, response, say } = exchange;
  const session = exchange.session ?? observer.handshake;
  const context = observer.connection.context(request);
  const asked = valueOf(Finish(context), request);
  const value = valueOf(FinishRsp(context), response);
  if (!session || !asked || !value) return;
  const before = request.subarray(0, request.length - asked.verifyData.length);
  if ((asked.param1 & 1) === 1) appendRequester(exchange, session, asked.param2 & 15);
  checkHmac(exchange, request, session.finishVerifyData(before), asked.verifyData);
  observer.secrets.session(say, session, 'finishVerifyData', asked.verifyData);
  if (value.verifyData.length > 0) {
    const rest = response.subarray(0, response.length - value.verifyData.length);
    checkHmac(exchange, response, session.finishResponseVerifyData(request, rest), value.verifyData);
    observer.secrets.session(say, session, 'finishRspVerifyData', value.verifyData);
  }
  establish(exchange, session, request, response);
}

/** With mutual authentication the transcripts go on with what the requester showed. */
function appendRequester({ observer }: Exchange, session: SessionState, slot: number): void {
  const { connection, requesterChains } = observer;
  const chain = requesterChains.chains.get(slot);
  const digest = chain ? connection.digestOf(chain) : requesterChains.digests.get(slot);
  if (connection.suite?.requesterMultiKey) session.append(requesterChains.message);
  if (digest) session.append(digest);
}

export function checkPskExchange(exchange: Exchange): void {
  const { observer, request, response, say } = exchange;
  const { connection, secrets } = observer;
  const asked = valueOf(PskExchange, request);
  const value = valueOf(PskExchangeRsp(connection.context(request)), response);
  if (!asked || !value) return;
  const session = begin(exchange, idOf(value.responderSessionId, asked.requesterSessionId), undefined);
  if (!session) return;
  const found = secrets.find(session.id, asked.context, value.context);
  secrets.bind(session, found);
  session.exchange(
    request,
    response.subarray(0, response.length - value.verifyData.length),
    SecretsCheck.secretOf(found),
  );
  compareHandshake(exchange, session);
  checkHmac(exchange, response, session.exchangeVerifyData(), value.verifyData);
  secrets.session(say, session, 'pskExchangeRspVerifyData', value.verifyData);
  session.append(value.verifyData);
  observer.open(session);
  // Without a context of the responder there is no PSK_FINISH (DSP0274, PSK_EXCHANGE).
  if (!hasCapability(connection.responder?.flags ?? 0, 'PSK_WITH_CONTEXT'))
    establish(exchange, session, new Uint8Array(0), new Uint8Array(0));
}

export function checkPskFinish(exchange: Exchange): void {
  const { observer, request, response, session, say } = exchange;
  const asked = valueOf(PskFinish(observer.connection.context()), request);
  if (!session || !asked) return;
  const before = request.subarray(0, request.length - asked.verifyData.length);
  checkHmac(exchange, request, session.finishVerifyData(before), asked.verifyData);
  observer.secrets.session(say, session, 'finishVerifyData', asked.verifyData);
  establish(exchange, session, request, response);
}
