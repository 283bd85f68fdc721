/** An SPDM requester: negotiation, authentication and measurements. Each step is a flow; sessions are in `sessions.ts`. */
import { equalBytes, concat, TsmError } from '@tsm/core';
import { decode, encode } from '@tsm/core/layout';
import { discoveryRequest } from '../../doe/discovery.ts';
import { DiscoveryResponse, DOE_TYPE } from '../../doe/layout.ts';
import { decodeDoe, encodeDoe } from '../../doe/object.ts';
import { AEADS, ALG_TYPE, ASYMS, DHES, HASHES, maskOf, named } from '../algorithms.ts';
import { badFlags, capabilityMask, flagsOfVersion } from '../capabilities.ts';
import { chainSigned, readChain, type SpdmChain } from '../certificate-chain.ts';
import { REQUEST, SPDM_VERSIONS } from '../codes.ts';
import { Connection } from '../connection.ts';
import type { SpdmCrypto } from '../crypto.ts';
import {
  Challenge,
  ChallengeAuth,
  GetCertificate,
  GetMeasurements,
  Measurements,
  SIGN,
} from '../layout/authentication.ts';
import { GetCapabilities, NegotiateAlgorithms, Version } from '../layout/negotiation.ts';
import { readBlocks, type MeasuredBlock } from '../measurement.ts';
import { badSelection, MULTI_KEY_CONN, OPAQUE_FORMAT_1 } from '../negotiated.ts';
import { portableSpdmCrypto } from '../portable-crypto.ts';
import { DATA_TRANSFER_SIZE, MAX_MESSAGE_SIZE } from '../responder/options.ts';
import type { SessionState } from '../session-state.ts';
import { signedMessage, type SigningUse } from '../signing.ts';
import type { Flow } from './flow.ts';
import { failed, Link } from './link.ts';
import { REQUESTER_CAPABILITIES, type RequesterOptions } from './options.ts';

/** Which measurements to ask for. */
export interface MeasurementRequest {
  /** One index; default all. */
  readonly index?: number;
  /** Slot whose key signs; without one there is no signature. */
  readonly slot?: number;
  readonly raw?: boolean;
  readonly session?: SessionState;
}

export interface MeasurementResult {
  readonly blocks: readonly MeasuredBlock[];
  /** Request, and response without its signature. */
  readonly record: Uint8Array;
  /** Of the response; no bytes where none was asked for. */
  readonly signature: Uint8Array;
}

const RETRIES = 8;
/** More entries than a discovery can list. */
const DISCOVERY_MAX = 256;
const PORTION = 0x400;
const zeros = (size: number): Uint8Array => new Uint8Array(size);

export class Requester {
  readonly options: RequesterOptions;
  readonly crypto: SpdmCrypto;
  readonly connection: Connection;
  readonly link: Link;

  constructor(options: RequesterOptions) {
    this.options = options;
    this.crypto = options.crypto ?? portableSpdmCrypto;
    this.connection = new Connection(this.crypto);
    this.link = new Link(this.connection, options.retries ?? RETRIES);
  }

  /** Data object types of the device, by DOE discovery. */
  *discover(): Flow<{ vendorId: number; type: number }[]> {
    const found: { vendorId: number; type: number }[] = [];
    for (let index = 0; found.length < DISCOVERY_MAX;) {
      const answer = yield encodeDoe(DOE_TYPE.DISCOVERY, discoveryRequest(index));
      const { object } = decodeDoe(answer ?? zeros(0));
      const { value } = decode(DiscoveryResponse, object?.body ?? zeros(0));
      if (object?.type !== DOE_TYPE.DISCOVERY || !value)
        throw failed('spdm.no-answer', `no answer to DOE discovery of index ${String(index)}`);
      found.push({ vendorId: value.vendorId, type: value.type });
      index = value.nextIndex;
      if (index === 0) return found;
    }
    throw failed('doe.length', 'DOE discovery does not end');
  }

  /** GET_VERSION to ALGORITHMS. */
  *connect(): Flow<void> {
    this.connection.reset();
    const response = yield* this.link.exchange(Uint8Array.of(0x10, REQUEST.GET_VERSION, 0, 0));
    const version = this.chooseVersion(response);
    yield* this.capabilities(version);
    yield* this.algorithms();
  }

  private chooseVersion(response: Uint8Array): number {
    const { value } = decode(Version, response);
    const theirs = (value?.entries ?? []).map((entry) => entry >> 8);
    const ours = this.options.versions ?? SPDM_VERSIONS.filter((one) => one > 0x10);
    const [version] = [...ours].sort((a, b) => b - a).filter((one) => theirs.includes(one));
    if (version === undefined) throw failed('spdm.version-mismatch', 'no version that both sides speak');
    return version;
  }

  private *capabilities(version: number): Flow<void> {
    const { options } = this;
    const flags = flagsOfVersion(capabilityMask(options.capabilities ?? REQUESTER_CAPABILITIES), version);
    const request = encode(GetCapabilities({ ...this.connection.context(), version }), {
      ...{ version, code: REQUEST.GET_CAPABILITIES, param1: 0, param2: 0 },
      ...{ reserved: zeros(1), ctExponent: 0, extendedFlags: 0, flags },
      dataTransferSize: options.dataTransferSize ?? DATA_TRANSFER_SIZE,
      maxMessageSize: options.maxMessageSize ?? MAX_MESSAGE_SIZE,
    });
    yield* this.link.exchange(request);
    const bad = badFlags(this.connection.responder?.flags ?? 0, version, 'responder');
    if (bad) throw failed('spdm.message', `CAPABILITIES: ${bad}`);
  }

  private *algorithms(): Flow<void> {
    const { connection, options } = this;
    const { version } = connection;
    const names = options.algorithms ?? {};
    const known = ASYMS.filter(({ since }) => version >= since);
    const asyms = names.asyms ? named(ASYMS, names.asyms) : known;
    const own = [...(options.slots?.values() ?? [])].map(({ asym }) => asym);
    const masks: readonly [number, number][] = [
      [ALG_TYPE.DHE, maskOf(names.dhes ? named(DHES, names.dhes) : DHES)],
      [ALG_TYPE.AEAD, maskOf(names.aeads ? named(AEADS, names.aeads) : AEADS)],
      [ALG_TYPE.REQ_BASE_ASYM, maskOf(named(ASYMS, own))],
      [ALG_TYPE.KEY_SCHEDULE, 1],
    ];
    const tables =
      version >= 0x11
        ? masks.map(([type, algorithms]) => ({
            type,
            count: 0x20,
            algorithms: algorithms & 0xffff,
            external: [],
          }))
        : [];
    const multiKey = version >= 0x13 && options.multiKey === true;
    const request = encode(NegotiateAlgorithms, {
      ...{ version, code: REQUEST.NEGOTIATE_ALGORITHMS, param1: tables.length, param2: 0 },
      length: 32 + 4 * tables.length,
      measurementSpecification: 1,
      otherParams: (version >= 0x12 ? OPAQUE_FORMAT_1 : 0) | (multiKey ? MULTI_KEY_CONN : 0),
      baseAsym: maskOf(asyms),
      baseHash: maskOf(names.hashes ? named(HASHES, names.hashes) : HASHES),
      ...{ pqcAsym: 0, reserved: zeros(8), extAsymCount: 0, extHashCount: 0, reserved2: zeros(1) },
      ...{ melSpecification: 0, extAsym: [], extHash: [], tables },
    });
    const response = yield* this.link.exchange(request);
    const bad = badSelection(request, response);
    if (bad) throw failed('spdm.not-offered', `ALGORITHMS: ${bad} is not one of those offered`);
  }

  /** GET_DIGESTS: digests by slot. */
  *digests(session?: SessionState): Flow<ReadonlyMap<number, Uint8Array>> {
    yield* this.link.exchange(Uint8Array.of(this.connection.version, REQUEST.GET_DIGESTS, 0, 0), session);
    return this.connection.peer.digests;
  }

  /** GET_CERTIFICATE until the chain of a slot is complete; verified in itself, and against its digest. */
  *certificate(slot = 0, session?: SessionState): Flow<SpdmChain> {
    const { connection } = this;
    const { peer, version } = connection;
    peer.chains.delete(slot);
    for (let offset = 0; !peer.chains.has(slot);) {
      const request = encode(GetCertificate(connection.context()), {
        ...{ version, code: REQUEST.GET_CERTIFICATE, param1: slot, param2: 0 },
        ...{ offset, length: PORTION, largeOffset: 0, largeLength: 0 },
      });
      const response = yield* this.link.exchange(request, session);
      const portion = response.length - 8;
      if (portion === 0 || offset + portion > 0xffff)
        throw failed('spdm.chain', `the chain of slot ${String(slot)} does not end`);
      offset += portion;
    }
    return this.checkChain(slot);
  }

  private checkChain(slot: number): SpdmChain {
    const { connection, crypto } = this;
    const { hash, peer, version } = connection;
    const bytes = peer.chains.get(slot);
    if (!hash || !bytes) throw failed('spdm.chain', `there is no chain in slot ${String(slot)}`);
    const { chain, issues } = readChain(crypto, version, hash, bytes);
    if (!chain) throw failed('spdm.chain', issues[0]?.message ?? 'the chain cannot be read', issues[0]);
    const digest = peer.digests.get(slot);
    if (digest && !equalBytes(digest, connection.digestOf(bytes)))
      throw failed('spdm.digest', `the digest of slot ${String(slot)} is not that of its chain`);
    if (!chainSigned(crypto, chain))
      throw failed('spdm.chain', 'a certificate is not signed by the one before it');
    if (this.options.trust && !this.options.trust(chain))
      throw failed('spdm.chain', `the chain of slot ${String(slot)} is not trusted`);
    return chain;
  }

  /** Throws `spdm.signature` unless the leaf of the slot signed this. */
  verify(
    slot: number,
    use: SigningUse,
    transcript: Uint8Array,
    signature: Uint8Array,
    message: string,
  ): void {
    const { connection, crypto } = this;
    const { hash, peer, suite, version } = connection;
    const bytes = peer.chains.get(slot);
    if (!hash || !suite?.asym || !bytes)
      throw new TsmError(
        'spdm.chain',
        `SPDM: ${message}: get the certificates of slot ${String(slot)} first`,
      );
    const spki = readChain(crypto, version, hash, bytes).chain?.certificates.at(-1)?.publicKey.spki;
    const signed = signedMessage(crypto, version, hash, use, transcript);
    if (!spki || !crypto.verify(suite.asym, hash.name, spki, signature, signed))
      throw failed('spdm.signature', `the signature of ${message} does not verify`);
  }

  /** CHALLENGE: the responder has the key of a slot. Gives the measurement summary, where one was asked for. */
  *challenge(slot = 0, summary = 0): Flow<Uint8Array> {
    const { connection, options } = this;
    const request = encode(Challenge(connection.context()), {
      ...{ version: connection.version, code: REQUEST.CHALLENGE, param1: slot, param2: summary },
      nonce: options.random(32),
      requesterContext: connection.version >= 0x13 ? options.random(8) : zeros(0),
    });
    // The transcript is taken before the exchange ends it.
    const before = connection.challengeTranscript(request, zeros(0));
    const response = yield* this.link.exchange(request);
    const { value } = decode(ChallengeAuth(connection.context(request)), response);
    if (!value) throw failed('spdm.message', 'CHALLENGE_AUTH: unreadable');
    const chainHash = connection.chainHash(slot);
    if ((value.param1 & 15) !== slot || !chainHash || !equalBytes(chainHash, value.chainHash))
      throw failed('spdm.digest', 'CHALLENGE_AUTH is about another certificate chain');
    const unsigned = response.subarray(0, response.length - value.signature.length);
    this.checkContext('CHALLENGE_AUTH', request.subarray(36), value.requesterContext);
    this.verify(slot, 'challenge', concat(before, unsigned), value.signature, 'CHALLENGE_AUTH');
    return value.summaryHash;
  }

  private checkContext(message: string, sent: Uint8Array, back: Uint8Array): void {
    if (!equalBytes(sent, back)) throw failed('spdm.echo', `${message}: another RequesterContext came back`);
  }

  /** GET_MEASUREMENTS, signed by a slot or not, all or one. */
  *measurements(wanted: MeasurementRequest = {}): Flow<MeasurementResult> {
    const { connection, options } = this;
    const { index = 0xff, slot, raw = false, session } = wanted;
    const signed = slot !== undefined;
    const request = encode(GetMeasurements(connection.context()), {
      ...{ version: connection.version, code: REQUEST.GET_MEASUREMENTS, param2: index },
      param1: (signed ? SIGN : 0) | (raw && connection.version >= 0x12 ? 2 : 0),
      nonce: signed ? options.random(32) : zeros(0),
      slot: slot ?? 0,
      requesterContext: connection.version >= 0x13 ? options.random(8) : zeros(0),
    });
    const log = session?.log ?? connection.measurements;
    const before = connection.measurementTranscript(request, zeros(0), log);
    const response = yield* this.link.exchange(request, session);
    const { value } = decode(Measurements(connection.context(request)), response);
    const blocks = value && readBlocks(value.record, value.blocks);
    if (!value || !blocks) throw failed('spdm.message', 'MEASUREMENTS: the record is not its blocks');
    const unsigned = response.subarray(0, response.length - value.signature.length);
    const from = request.length - (connection.version >= 0x13 ? 8 : 0);
    this.checkContext('MEASUREMENTS', request.subarray(from), value.requesterContext);
    if (signed) this.verify(slot, 'measurements', concat(before, unsigned), value.signature, 'MEASUREMENTS');
    return { blocks, record: concat(request, unsigned), signature: value.signature };
  }
}
