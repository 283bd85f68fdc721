/** A requester and a responder with a wire between them that records, and that a test may disturb. */
import { utf8Bytes } from '@tsm/core';
import {
  drive,
  REQUESTER_CAPABILITIES,
  Requester,
  Responder,
  RESPONDER_CAPABILITIES,
  type Flow,
  type RequesterOptions,
  type ResponderOptions,
  type SpdmMeasurement,
} from '../../src/index.ts';
import { nodeSpdmCrypto } from '../../../host/src/device/crypto.ts';
import { bytesFrom, identityOf } from './identity.ts';

/** Unless a test says otherwise: the fast one. */
const crypto = nodeSpdmCrypto();

export const MEASUREMENTS: readonly SpdmMeasurement[] = [
  { index: 1, type: 0, value: utf8Bytes('rom') },
  { index: 2, type: 1, value: utf8Bytes('firmware') },
  { index: 3, type: 3, value: utf8Bytes('configuration') },
  { index: 0x10, type: 7, value: Uint8Array.of(1, 2, 3, 4), raw: true },
];

export const PSK = { hint: utf8Bytes('hint'), key: utf8Bytes('a key that both sides have') };

/** What happens to the n-th object on its way; a result of undefined is a lost object. */
export type Disturb = (object: Uint8Array, n: number) => Uint8Array | undefined;

export interface Pair {
  readonly requester: Requester;
  readonly responder: Responder;
  /** Every object, in order, as it was sent. */
  readonly wire: Uint8Array[];
  readonly transport: (object: Uint8Array) => Uint8Array | undefined;
  readonly run: <T>(flow: Flow<T>) => T;
}

export interface PairOptions {
  readonly requester?: Partial<RequesterOptions>;
  readonly responder?: Partial<ResponderOptions>;
  readonly version?: number;
  readonly clear?: boolean;
  readonly asym?: string;
  readonly hash?: string;
  readonly disturb?: Disturb;
}

export function pairOf(options: PairOptions = {}): Pair {
  const { asym = 'ecdsa-p256', hash = 'sha256', clear = false, version, disturb } = options;
  const clearly = clear ? (['HANDSHAKE_IN_THE_CLEAR'] as const) : [];
  const responder = new Responder({
    crypto,
    random: bytesFrom(1),
    slots: new Map([[0, identityOf(asym)]]),
    capabilities: [...RESPONDER_CAPABILITIES, 'PSK_WITH_CONTEXT', ...clearly],
    measurements: () => MEASUREMENTS,
    psks: [PSK],
    heartbeatPeriod: 10,
    algorithms: { hashes: [hash] },
    ...options.responder,
  });
  const requester = new Requester({
    crypto,
    random: bytesFrom(2),
    capabilities: [...REQUESTER_CAPABILITIES, ...clearly],
    ...(version === undefined ? {} : { versions: [version] }),
    ...options.requester,
  });
  const wire: Uint8Array[] = [];
  const pass = (object: Uint8Array): Uint8Array | undefined => {
    wire.push(object);
    return disturb ? disturb(object, wire.length - 1) : object;
  };
  const transport = (object: Uint8Array): Uint8Array | undefined => {
    const arrived = pass(object);
    const answer = arrived && responder.respond(arrived);
    return answer && pass(answer);
  };
  return { requester, responder, wire, transport, run: (flow) => drive(flow, transport) };
}
