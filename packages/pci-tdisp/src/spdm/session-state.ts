/** One session as the messages make it: transcript hashes, keys by phase, records of both directions, key updates. */
import { concat, concatAll, equalBytes } from '@tsm/core';
import { RecordChannel } from '../secured/record.ts';
import type { AeadAlgorithm, HashAlgorithm } from './algorithms.ts';
import { MeasurementLog, type Connection } from './connection.ts';
import type { SpdmCrypto } from './crypto.ts';
import { KeySchedule, type DataKeys, type HandshakeKeys } from './key-schedule.ts';
import { KEY_OPERATION } from './layout/session.ts';

export interface SessionParameters {
  readonly id: number;
  readonly psk: boolean;
  readonly version: number;
  readonly hash: HashAlgorithm;
  readonly aead: AeadAlgorithm;
  /** The session has MAC but not ENCRYPT. */
  readonly macOnly: boolean;
  readonly clearHandshake: boolean;
  /** What its transcripts begin with: the negotiation, DIGESTS with several keys, hash of the chain. */
  readonly prefix: Uint8Array;
  /** Slot of the responder's certificates; undefined for a PSK session. */
  readonly slot: number | undefined;
}

/** What the keys of a session come from: a DHE result or pre-shared key, or what was made of it. */
export type SessionSecret = { readonly shared: Uint8Array } | { readonly handshakeSecret: Uint8Array };

export type SessionPhase = 'handshake' | 'established' | 'ended';

/** Sessions are made by KEY_EXCHANGE or PSK_EXCHANGE and go one way: handshake, established, ended. */
export class SessionState {
  readonly parameters: SessionParameters;
  readonly log = new MeasurementLog();
  phase: SessionPhase = 'handshake';
  handshakeKeys: HandshakeKeys | undefined;
  dataKeys: DataKeys | undefined;
  /** Undefined while the secret is not known. */
  request: RecordChannel | undefined;
  response: RecordChannel | undefined;
  th1: Uint8Array | undefined;
  th2: Uint8Array | undefined;
  /** KEY_UPDATE that VerifyNewKey has still to confirm. */
  unconfirmed = false;
  private readonly crypto: SpdmCrypto;
  private readonly schedule: KeySchedule;
  private transcript: Uint8Array[];

  constructor(crypto: SpdmCrypto, parameters: SessionParameters) {
    this.crypto = crypto;
    this.parameters = parameters;
    this.schedule = new KeySchedule(crypto, parameters);
    this.transcript = [parameters.prefix];
  }

  get id(): number {
    return this.parameters.id;
  }

  /** What the signature of KEY_EXCHANGE_RSP is over. */
  signatureTranscript(request: Uint8Array, unsigned: Uint8Array): Uint8Array {
    return concat(...this.transcript, request, unsigned);
  }

  /** Takes in the exchange up to the verify data, and derives handshake keys when the secret is known. */
  exchange(request: Uint8Array, response: Uint8Array, secret: SessionSecret | undefined): void {
    this.transcript.push(request, response);
    this.th1 = this.hashed();
    if (!secret) return;
    const handshake =
      'shared' in secret
        ? this.schedule.handshakeSecret(secret.shared, this.parameters.psk)
        : secret.handshakeSecret;
    const keys = this.schedule.handshake(handshake, this.th1);
    this.handshakeKeys = keys;
    this.request = this.channel(keys.request);
    this.response = this.channel(keys.response);
  }

  /** Keys of the present phase by their secrets alone, for who knows no more. */
  useSecrets(request: Uint8Array, response: Uint8Array): void {
    this.request = this.channel(this.schedule.direction(request));
    this.response = this.channel(this.schedule.direction(response));
  }

  private channel(keys: HandshakeKeys['request']): RecordChannel {
    const { aead, macOnly } = this.parameters;
    return new RecordChannel(this.crypto, aead, keys, macOnly);
  }

  private hashed(): Uint8Array {
    return this.crypto.hash(this.parameters.hash.name, concatAll(this.transcript));
  }

  /** HMAC of KEY_EXCHANGE_RSP or PSK_EXCHANGE_RSP; undefined without keys. */
  exchangeVerifyData(): Uint8Array | undefined {
    const keys = this.handshakeKeys;
    return keys && this.schedule.verifyData(keys.responseFinishedKey, concatAll(this.transcript));
  }

  /** Adds to the transcript: verify data of the exchange, the requester's digests and chain hash. */
  append(...parts: readonly Uint8Array[]): void {
    this.transcript.push(...parts);
  }

  /** What a requester's signature in FINISH is over. */
  finishTranscript(unsigned: Uint8Array): Uint8Array {
    return concat(...this.transcript, unsigned);
  }

  /** HMAC of FINISH or PSK_FINISH, by all of it before the HMAC. */
  finishVerifyData(before: Uint8Array): Uint8Array | undefined {
    const keys = this.handshakeKeys;
    return keys && this.schedule.verifyData(keys.requestFinishedKey, this.finishTranscript(before));
  }

  /** HMAC of FINISH_RSP, by FINISH and all of FINISH_RSP before the HMAC. */
  finishResponseVerifyData(finish: Uint8Array, before: Uint8Array): Uint8Array | undefined {
    const keys = this.handshakeKeys;
    if (!keys) return undefined;
    return this.schedule.verifyData(keys.responseFinishedKey, concat(...this.transcript, finish, before));
  }

  /** Takes in FINISH and its response, and derives the data keys; the caller switches when both records are through. */
  finish(finish: Uint8Array, response: Uint8Array): void {
    this.transcript.push(finish, response);
    this.th2 = this.hashed();
    const keys = this.handshakeKeys;
    if (keys) this.dataKeys = this.schedule.data(keys.handshakeSecret, this.th2);
  }

  /** From here on records are under the data keys. */
  establish(): void {
    this.phase = 'established';
    this.transcript = [];
    const keys = this.dataKeys;
    if (!keys) return;
    this.request = this.channel(keys.request);
    this.response = this.channel(keys.response);
  }

  end(): void {
    this.phase = 'ended';
    this.request = this.response = undefined;
    this.handshakeKeys = this.dataKeys = undefined;
  }

  /** A KEY_UPDATE as it arrives: the responder's new keys are in use from the ACK of UpdateAllKeys on. */
  updateRequested(operation: number): void {
    if (operation === KEY_OPERATION.UPDATE_ALL_KEYS) this.renew(this.response);
  }

  /** After the ACK: the requester's new keys. */
  updateAcknowledged(operation: number): void {
    if (operation === KEY_OPERATION.VERIFY_NEW_KEY) this.unconfirmed = false;
    else {
      this.renew(this.request);
      this.unconfirmed = true;
    }
  }

  /** New keys for one direction; also what an encapsulated KEY_UPDATE does to the responder's. */
  renew(channel: RecordChannel | undefined): void {
    channel?.rekey(this.schedule.update(channel.keys), channel === this.response);
  }
}

/** Compares secrets; a HMAC that is not there is wrong. */
export const sameSecret = (a: Uint8Array | undefined, b: Uint8Array): boolean =>
  a !== undefined && equalBytes(a, b);

/**
 * A session by what the connection negotiated, without keys yet; undefined where that has not what sessions need.
 * `slot`: of the responder's certificates; undefined for a PSK session. `aead` stands for one that was not negotiated.
 */
export function beginSession(
  connection: Connection,
  crypto: SpdmCrypto,
  { id, slot, prefix }: Pick<SessionParameters, 'id' | 'slot' | 'prefix'>,
  aead: AeadAlgorithm | undefined = connection.suite?.aead,
): SessionState | undefined {
  const { suite, version } = connection;
  if (!suite?.hash || !aead) return undefined;
  return new SessionState(crypto, {
    ...{ id, slot, prefix, version, aead, hash: suite.hash },
    psk: slot === undefined,
    macOnly: !connection.both('ENCRYPT'),
    clearHandshake: slot !== undefined && connection.clearHandshake,
  });
}
