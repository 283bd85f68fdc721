/** From a shared secret and two transcript hashes to every key of a session. Spec: DSP0274, key schedule; RFC 5869. */
import { concat, concatAll, latin1Bytes } from '@tsm/core';
import type { AeadAlgorithm, HashAlgorithm } from './algorithms.ts';
import { versionText } from './codes.ts';
import type { SpdmCrypto } from './crypto.ts';

/** Keys of one direction. */
export interface DirectionKeys {
  /** The secret that key and salt, and the next secret, come from. */
  readonly secret: Uint8Array;
  readonly key: Uint8Array;
  /** Twelve bytes that the sequence number goes into. */
  readonly salt: Uint8Array;
}

export interface HandshakeKeys {
  readonly handshakeSecret: Uint8Array;
  readonly request: DirectionKeys;
  readonly response: DirectionKeys;
  readonly requestFinishedKey: Uint8Array;
  readonly responseFinishedKey: Uint8Array;
}

export interface DataKeys {
  readonly masterSecret: Uint8Array;
  readonly exportMasterSecret: Uint8Array;
  readonly request: DirectionKeys;
  readonly response: DirectionKeys;
}

/** What a connection negotiated, as far as keys go. */
export interface KeySuite {
  readonly version: number;
  readonly hash: HashAlgorithm;
  readonly aead: AeadAlgorithm;
}

const SALT_SIZE = 12;

const u16 = (value: number): Uint8Array => Uint8Array.of(value & 0xff, value >> 8);

/** HKDF with the negotiated hash; every label begins with the negotiated version. */
export class KeySchedule {
  private readonly crypto: SpdmCrypto;
  private readonly suite: KeySuite;

  constructor(crypto: SpdmCrypto, suite: KeySuite) {
    this.crypto = crypto;
    this.suite = suite;
  }

  /** From the DHE result or the pre-shared key. HKDF-Extract is HMAC with the salt as key. */
  handshakeSecret(shared: Uint8Array, psk: boolean): Uint8Array {
    const { hash, version } = this.suite;
    return this.hmac(new Uint8Array(hash.size).fill(psk && version >= 0x13 ? 0xff : 0), shared);
  }

  /** From the handshake secret and the hash TH1. */
  handshake(handshakeSecret: Uint8Array, th1: Uint8Array): HandshakeKeys {
    const { size } = this.suite.hash;
    const request = this.expand(handshakeSecret, 'req hs data', size, th1);
    const response = this.expand(handshakeSecret, 'rsp hs data', size, th1);
    return {
      handshakeSecret,
      request: this.direction(request),
      response: this.direction(response),
      requestFinishedKey: this.expand(request, 'finished', size),
      responseFinishedKey: this.expand(response, 'finished', size),
    };
  }

  /** From the handshake secret and the hash TH2. */
  data(handshakeSecret: Uint8Array, th2: Uint8Array): DataKeys {
    const { size } = this.suite.hash;
    const salt = this.expand(handshakeSecret, 'derived', size);
    const masterSecret = this.hmac(salt, new Uint8Array(size));
    return {
      masterSecret,
      exportMasterSecret: this.expand(masterSecret, 'exp master', size, th2),
      request: this.direction(this.expand(masterSecret, 'req app data', size, th2)),
      response: this.direction(this.expand(masterSecret, 'rsp app data', size, th2)),
    };
  }

  /** The keys after a KEY_UPDATE. */
  update({ secret }: DirectionKeys): DirectionKeys {
    return this.direction(this.expand(secret, 'traffic upd', this.suite.hash.size));
  }

  direction(secret: Uint8Array): DirectionKeys {
    return {
      secret,
      key: this.expand(secret, 'key', this.suite.aead.keySize),
      salt: this.expand(secret, 'iv', SALT_SIZE),
    };
  }

  /** HMAC of a transcript's hash by a finished key. */
  verifyData(finishedKey: Uint8Array, transcript: Uint8Array): Uint8Array {
    return this.hmac(finishedKey, this.crypto.hash(this.suite.hash.name, transcript));
  }

  private hmac(key: Uint8Array, bytes: Uint8Array): Uint8Array {
    return this.crypto.hmac(this.suite.hash.name, key, bytes);
  }

  /** HKDF-Expand with BinConcat(length, label, context) as info. */
  private expand(secret: Uint8Array, label: string, length: number, context?: Uint8Array): Uint8Array {
    const text = latin1Bytes(`spdm${versionText(this.suite.version)} ${label}`);
    const info = concat(u16(length), text, context ?? new Uint8Array(0));
    const blocks: Uint8Array[] = [];
    let block: Uint8Array = new Uint8Array(0);
    for (let i = 1; blocks.length * this.suite.hash.size < length; i++) {
      block = this.hmac(secret, concat(block, info, Uint8Array.of(i)));
      blocks.push(block);
    }
    return concatAll(blocks).slice(0, length);
  }
}
