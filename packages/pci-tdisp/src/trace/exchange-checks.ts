/** What a third party checks in each request and its response: selections, digests, signatures, verify data, echoes. */
import { equalBytes, toHex, type Issue } from '@tsm/core';
import { decode, type Decoded, type Layout } from '@tsm/core/layout';
import { SPDM_ISSUES } from '../issues.ts';
import { REQUEST, messageName } from '../spdm/codes.ts';
import { badFlags } from '../spdm/capabilities.ts';
import { leafKey, readChain } from '../spdm/certificate-chain.ts';
import type { SpdmCrypto } from '../spdm/crypto.ts';
import {
  Challenge,
  ChallengeAuth,
  Digests,
  GetMeasurements,
  Measurements,
} from '../spdm/layout/authentication.ts';
import { badSelection, requesterAbilities, responderAbilities } from '../spdm/negotiated.ts';
import type { SessionState } from '../spdm/session-state.ts';
import { signedMessage, type SigningUse } from '../spdm/signing.ts';
import { noteEncapsulated } from './encapsulated.ts';
import type { Observer } from './observer.ts';
import { checkFinish, checkKeyExchange, checkPskExchange, checkPskFinish } from './session-checks.ts';

/** Takes a broken rule. */
export type Say = (issue: Issue) => void;

/** One exchange under the eyes of an observer. */
export interface Exchange {
  readonly observer: Observer;
  readonly crypto: SpdmCrypto;
  readonly request: Uint8Array;
  readonly response: Uint8Array;
  readonly session: SessionState | undefined;
  readonly say: Say;
}

type ExchangeCheck = (exchange: Exchange) => void;

const at = (path: string, offset = 0, length = 0) => ({ path, offset, length });

/** Reads a response by its layout; what it lacks was said before. */
export const valueOf = <T>(layout: Layout<T>, bytes: Uint8Array): Decoded<T>['value'] =>
  decode(layout, bytes).value;

function checkCapabilities({ request, response, say }: Exchange): void {
  const sides = [
    ['GET_CAPABILITIES', 'requester', requesterAbilities(request)],
    ['CAPABILITIES', 'responder', responderAbilities(request, response)],
  ] as const;
  for (const [path, side, abilities] of sides) {
    const found = abilities && badFlags(abilities.flags, abilities.version, side);
    if (found) say(SPDM_ISSUES.make('spdm.message', at(path, 8, 4), { found }));
  }
}

function checkAlgorithms({ request, response, say }: Exchange): void {
  const found = badSelection(request, response);
  if (found)
    say(SPDM_ISSUES.make('spdm.not-offered', at('ALGORITHMS'), { found, expected: 'one bit of those' }));
}

function checkDigests({ observer: { connection }, response, say }: Exchange): void {
  const { hash } = connection;
  const value = valueOf(Digests(connection.context()), response);
  if (!hash || !value) return;
  const slots = [0, 1, 2, 3, 4, 5, 6, 7].filter((slot) => ((value.param2 >> slot) & 1) === 1);
  slots.forEach((slot, i) => {
    const chain = connection.peer.chains.get(slot);
    const digest = value.digests[i];
    if (!chain || !digest || equalBytes(connection.digestOf(chain), digest)) return;
    say(
      SPDM_ISSUES.make('spdm.digest', at('DIGESTS', 4 + i * hash.size, hash.size), { found: String(slot) }),
    );
  });
}

/** After the last portion: the chain can be read, and has the digest that was announced. */
function checkCertificate({ observer: { connection }, crypto, request, response, say }: Exchange): void {
  const { hash, version } = connection;
  connection.peer.noteCertificate(request, response, connection.context(request));
  const slot = (request[2] ?? 0) & 15;
  const chain = connection.peer.chains.get(slot);
  if (!hash || !chain) return;
  for (const issue of readChain(crypto, version, hash, chain).issues) say(issue);
  const digest = connection.peer.digests.get(slot);
  if (digest && !equalBytes(connection.digestOf(chain), digest))
    say(SPDM_ISSUES.make('spdm.digest', at('CERTIFICATE'), { found: String(slot) }));
}

/** Does the signature verify by the leaf of a slot? Nothing is said where the chain was not seen. */
export function checkSignature(
  { observer: { connection }, crypto, response, say }: Exchange,
  slot: number,
  use: SigningUse,
  transcript: Uint8Array,
  signature: Uint8Array,
): void {
  const { hash, version, suite } = connection;
  const chain = connection.peer.chains.get(slot);
  if (!hash || !suite?.asym || !chain) return;
  const key = leafKey(crypto, version, hash, chain);
  const message = signedMessage(crypto, version, hash, use, transcript);
  if (key && crypto.verify(suite.asym, hash.name, key, signature, message)) return;
  const found = messageName(response[1] ?? 0);
  const offset = response.length - signature.length;
  say(SPDM_ISSUES.make('spdm.signature', at(found, offset, signature.length), { found }));
}

function checkEcho(say: Say, message: string, expected: string, sent: Uint8Array, back: Uint8Array): void {
  if (!equalBytes(sent, back))
    say(SPDM_ISSUES.make('spdm.echo', at(message), { expected, found: toHex(back) }));
}

function checkChallenge(exchange: Exchange): void {
  const { observer, request, response, say } = exchange;
  const { connection } = observer;
  const asked = valueOf(Challenge(connection.context()), request);
  const value = valueOf(ChallengeAuth(connection.context(request)), response);
  if (!asked || !value || !connection.hash) return;
  const slot = asked.param1 & 15;
  checkEcho(say, 'CHALLENGE_AUTH', 'RequesterContext', asked.requesterContext, value.requesterContext);
  const chainHash = connection.chainHash(slot);
  if (chainHash) checkEcho(say, 'CHALLENGE_AUTH', 'CertChainHash', chainHash, value.chainHash);
  const unsigned = response.subarray(0, response.length - value.signature.length);
  const transcript = connection.challengeTranscript(request, unsigned);
  observer.secrets.challenge(say, connection.digestOf(transcript));
  checkSignature(exchange, slot, 'challenge', transcript, value.signature);
}

function checkMeasurements(exchange: Exchange): void {
  const { observer, request, response, session, say } = exchange;
  const { connection } = observer;
  const asked = valueOf(GetMeasurements(connection.context()), request);
  const value = valueOf(Measurements(connection.context(request)), response);
  if (!asked || !value || !connection.hash) return;
  checkEcho(say, 'MEASUREMENTS', 'RequesterContext', asked.requesterContext, value.requesterContext);
  if ((asked.param1 & 1) === 0) return;
  const unsigned = response.subarray(0, response.length - value.signature.length);
  const log = session?.log ?? connection.measurements;
  const transcript = connection.measurementTranscript(request, unsigned, log);
  observer.secrets.measured(say, session, connection.digestOf(transcript));
  checkSignature(exchange, asked.slot & 15, 'measurements', transcript, value.signature);
}

function checkKeyUpdate({ observer: { secrets }, request, response, session, say }: Exchange): void {
  checkEcho(say, 'KEY_UPDATE_ACK', 'operation and tag', request.subarray(2, 4), response.subarray(2, 4));
  const [, , operation = 0] = request;
  if (!session) return;
  session.updateAcknowledged(operation);
  if (operation !== 3) secrets.updated(say, session, session.request?.keys);
}

function checkEndSession({ session }: Exchange): void {
  session?.end();
}

const CHECKS: ReadonlyMap<number, ExchangeCheck> = new Map<number, ExchangeCheck>([
  [REQUEST.GET_CAPABILITIES, checkCapabilities],
  [REQUEST.NEGOTIATE_ALGORITHMS, checkAlgorithms],
  [REQUEST.GET_DIGESTS, checkDigests],
  [REQUEST.GET_CERTIFICATE, checkCertificate],
  [REQUEST.CHALLENGE, checkChallenge],
  [REQUEST.GET_MEASUREMENTS, checkMeasurements],
  [REQUEST.KEY_EXCHANGE, checkKeyExchange],
  [REQUEST.FINISH, checkFinish],
  [REQUEST.PSK_EXCHANGE, checkPskExchange],
  [REQUEST.PSK_FINISH, checkPskFinish],
  [REQUEST.KEY_UPDATE, checkKeyUpdate],
  [REQUEST.END_SESSION, checkEndSession],
  [REQUEST.GET_ENCAPSULATED_REQUEST, noteEncapsulated],
  [REQUEST.DELIVER_ENCAPSULATED_RESPONSE, noteEncapsulated],
]);

export function checkExchange(
  observer: Observer,
  crypto: SpdmCrypto,
  request: Uint8Array,
  response: Uint8Array,
  session: SessionState | undefined,
  say: Say,
): void {
  CHECKS.get(request[1] ?? 0)?.({ observer, crypto, request, response, session, say });
}
