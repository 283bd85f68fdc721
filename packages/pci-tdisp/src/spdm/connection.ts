/** What both ends of a connection know from its messages alone: negotiated values, certificate chains, transcripts. */
import { concat, concatAll, type Issue, type Node } from '@tsm/core';
import { decode } from '@tsm/core/layout';
import { SPDM_ISSUES } from '../issues.ts';
import type { HashAlgorithm } from './algorithms.ts';
import { hasCapability } from './capabilities.ts';
import { messageName, REQUEST, versionText } from './codes.ts';
import type { SpdmCrypto } from './crypto.ts';
import { NO_CONTEXT, type MessageContext } from './layout/context.ts';
import { layoutOf, type MessageHeader } from './layout/index.ts';
import {
  clearHandshake,
  requesterAbilities,
  responderAbilities,
  suiteOf,
  type Abilities,
  type Suite,
} from './negotiated.ts';
import { PeerChains } from './peer-chains.ts';

/** A message as it stands in the bytes of a transport. */
export interface DecodedMessage {
  readonly name: string;
  readonly code: number;
  /** Undefined when the layout could not be read to its end. */
  readonly value: MessageHeader | undefined;
  /** The message without padding. */
  readonly bytes: Uint8Array;
  readonly tree: Node | undefined;
  readonly issues: readonly Issue[];
}

/** Requests that end the collection of messages for a CHALLENGE (DSP0274, M1/M2). */
const DROPS_B: ReadonlySet<number> = new Set([
  REQUEST.GET_MEASUREMENTS,
  REQUEST.KEY_EXCHANGE,
  REQUEST.FINISH,
  REQUEST.PSK_EXCHANGE,
  REQUEST.PSK_FINISH,
  REQUEST.HEARTBEAT,
  REQUEST.KEY_UPDATE,
  REQUEST.GET_ENCAPSULATED_REQUEST,
  REQUEST.DELIVER_ENCAPSULATED_RESPONSE,
  REQUEST.END_SESSION,
]);

/** Chunks do not count: the message that they carry does. */
const NO_TRANSCRIPT: ReadonlySet<number> = new Set([REQUEST.CHUNK_SEND, REQUEST.CHUNK_GET]);

/** GET_MEASUREMENTS and MEASUREMENTS since the last signature, of a connection or of one session. */
export class MeasurementLog {
  parts: Uint8Array[] = [];
}

export class Connection {
  /** SPDMVersion of messages from GET_CAPABILITIES on. */
  version = 0x10;
  requester: Abilities | undefined;
  responder: Abilities | undefined;
  suite: Suite | undefined;
  /** Certificate chains of the responder. */
  peer = new PeerChains();
  readonly measurements = new MeasurementLog();
  private readonly crypto: SpdmCrypto;
  private a: Uint8Array[] = [];
  private b: Uint8Array[] = [];
  private d: Uint8Array = new Uint8Array(0);

  constructor(crypto: SpdmCrypto) {
    this.crypto = crypto;
  }

  /** Which messages of the negotiation were exchanged: 0 none to 3 all. */
  get negotiated(): 0 | 1 | 2 | 3 {
    if (this.suite) return 3;
    if (this.requester) return 2;
    return this.a.length > 0 ? 1 : 0;
  }

  get clearHandshake(): boolean {
    return this.requester !== undefined && this.responder !== undefined
      ? clearHandshake(this.requester, this.responder)
      : false;
  }

  /** Did both sides say they can? */
  both(name: Parameters<typeof hasCapability>[1]): boolean {
    return hasCapability((this.requester?.flags ?? 0) & (this.responder?.flags ?? 0), name);
  }

  /** What a layout needs to know, for a request or for the response to `request`. */
  context(request?: Uint8Array): MessageContext {
    const { suite } = this;
    const [, , requestParam1 = 0, requestParam2 = 0] = request ?? [];
    return {
      ...NO_CONTEXT,
      version: this.version,
      hashSize: suite?.hash?.size ?? 0,
      signatureSize: suite?.asym?.size ?? 0,
      requesterSignatureSize: suite?.requesterAsym?.size ?? 0,
      exchangeSize: suite?.dhe?.size ?? 0,
      multiKey: suite?.multiKey ?? false,
      clearHandshake: this.clearHandshake,
      requestParam1,
      requestParam2,
    };
  }

  /** Reads a message: a request, or with `request` the response to it. What follows it in `bytes` is padding. */
  read(bytes: Uint8Array, request?: Uint8Array): DecodedMessage {
    const [version = 0, code = 0] = bytes;
    const name = messageName(code);
    const place = (offset: number, length: number) => ({ path: name, offset, length });
    const none = { name, code, value: undefined, bytes, tree: undefined };
    if (bytes.length < 4) {
      const args = { found: `${String(bytes.length)} bytes, fewer than its header` };
      return { ...none, issues: [SPDM_ISSUES.make('spdm.message', place(0, bytes.length), args)] };
    }
    const context = { ...this.context(request), version: this.versionOf(request ?? bytes) };
    const layout = layoutOf(code, context);
    if (!layout) {
      const found = `0x${code.toString(16)}`;
      return { ...none, issues: [SPDM_ISSUES.make('spdm.code', place(1, 1), { found })] };
    }
    const { value, tree, length, issues } = decode(layout, bytes);
    const wrong =
      version === context.version || code === 0x7f
        ? []
        : [
            SPDM_ISSUES.make('spdm.version', place(0, 1), {
              found: versionText(version),
              expected: versionText(context.version),
            }),
          ];
    return {
      name,
      code,
      value,
      bytes: value ? bytes.subarray(0, length) : bytes,
      tree,
      issues: [...wrong, ...issues],
    };
  }

  /** The version that a request and its response must speak: GET_CAPABILITIES is the first in the one it chooses. */
  private versionOf([version = 0, code = 0]: Uint8Array): number {
    if (code === REQUEST.GET_VERSION) return 0x10;
    return code === REQUEST.GET_CAPABILITIES && this.negotiated > 0 ? version : this.version;
  }

  /** Forgets everything, as GET_VERSION makes both sides do. */
  reset(): void {
    this.version = 0x10;
    this.requester = this.responder = this.suite = undefined;
    this.peer = new PeerChains();
    this.measurements.parts = [];
    this.a = [];
    this.b = [];
    this.d = new Uint8Array(0);
  }

  /**
   * Takes in a request and its good response, both whole and without padding. `log` is that of the session they went
   * through; without one they were in the clear.
   */
  note(request: Uint8Array, response: Uint8Array, log?: MeasurementLog): void {
    const code = request[1] ?? 0;
    if (NO_TRANSCRIPT.has(code)) return;
    if (code !== REQUEST.GET_MEASUREMENTS) (log ?? this.measurements).parts = [];
    if (DROPS_B.has(code)) this.b = [];
    switch (code) {
      case REQUEST.GET_VERSION:
        this.reset();
        this.a = [request, response];
        break;
      case REQUEST.GET_CAPABILITIES:
        this.version = request[0] ?? 0;
        this.requester = requesterAbilities(request);
        this.responder = responderAbilities(request, response);
        this.a = [...this.a.slice(0, 2), request, response];
        break;
      case REQUEST.NEGOTIATE_ALGORITHMS:
        this.suite = suiteOf(request, response, this.requester, this.responder);
        this.a = [...this.a.slice(0, 4), request, response];
        break;
      case REQUEST.GET_DIGESTS:
        this.peer.noteDigests(response, this.context());
        if (!log) {
          this.b = [request, response];
          if (this.suite?.multiKey) this.d = response;
        }
        break;
      case REQUEST.GET_CERTIFICATE:
        this.peer.noteCertificate(request, response, this.context(request));
        if (!log) this.b.push(request, response);
        break;
      case REQUEST.CHALLENGE:
        this.b = [];
        break;
      case REQUEST.GET_MEASUREMENTS:
        this.noteMeasurements(request, response, log ?? this.measurements);
        break;
      default:
    }
  }

  private noteMeasurements(request: Uint8Array, response: Uint8Array, log: MeasurementLog): void {
    if (((request[2] ?? 0) & 1) === 1) log.parts = [];
    else log.parts.push(request, response);
  }

  /** All of the negotiation. */
  get messageA(): Uint8Array {
    return concatAll(this.a);
  }

  get hash(): HashAlgorithm | undefined {
    return this.suite?.hash;
  }

  digestOf(bytes: Uint8Array): Uint8Array {
    const { hash } = this;
    if (!hash) throw new TypeError('connection: no hash is negotiated');
    return this.crypto.hash(hash.name, bytes);
  }

  /** M1/M2 of a CHALLENGE; the response is without its signature. */
  challengeTranscript(request: Uint8Array, response: Uint8Array): Uint8Array {
    return concat(...this.a, ...this.b, request, response);
  }

  /** L1/L2 of a signed GET_MEASUREMENTS; the response is without its signature. */
  measurementTranscript(request: Uint8Array, response: Uint8Array, log = this.measurements): Uint8Array {
    const first = this.version >= 0x12 ? this.a : [];
    return concat(...first, ...log.parts, request, response);
  }

  /** Hash of a slot's certificate chain, by the chain itself or by DIGESTS; undefined when neither was seen. */
  chainHash(slot: number): Uint8Array | undefined {
    const chain = this.peer.chains.get(slot);
    return chain ? this.digestOf(chain) : this.peer.digests.get(slot);
  }

  /** The negotiation and, with several keys, DIGESTS. */
  get beforeChain(): Uint8Array {
    return concat(...this.a, this.d);
  }

  /** What every transcript of a session begins with; a slot has a DHE session, undefined a PSK session. */
  sessionPrefix(slot: number | undefined): Uint8Array | undefined {
    if (slot === undefined) return this.messageA;
    const chain = this.chainHash(slot);
    return chain && concat(this.beforeChain, chain);
  }
}
