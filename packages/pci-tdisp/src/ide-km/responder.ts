/** IDE_KM on the device: takes keys for its ports, inside the one session that has them. */
import { concat, equalBytes } from '@tsm/core';
import { decode, encode, sizeOf, type Infer } from '@tsm/core/layout';
import type { SessionBinding } from '../tsm/binding.ts';
import { INITIAL_IFV, placeOfByte, PortKeys, turnWords } from './keys.ts';
import {
  IDE_KM,
  IdeKmKeyProg,
  IdeKmKeyProgAck,
  IdeKmKeySet,
  IdeKmQuery,
  IdeKmQueryResponse,
  KP_STATUS,
} from './messages.ts';

/** One port of the device: an endpoint has one, a switch has several. */
export interface IdePort {
  readonly devFunc: number;
  readonly bus: number;
  readonly segment: number;
  /** Registers of the IDE extended capability, from the capability register on. */
  readonly registers: Uint8Array;
  /** Streams that can have keys at once. */
  readonly streams: number;
}

const RESERVED_1 = new Uint8Array(1);
const RESERVED_2 = new Uint8Array(2);

export class IdeKmResponder {
  private readonly ports: readonly IdePort[];
  private readonly binding: SessionBinding;
  private readonly keys: readonly PortKeys[];

  /** At least one port; a RangeError without. */
  constructor(ports: readonly IdePort[], binding: SessionBinding) {
    if (ports.length === 0 || ports.length > 256)
      throw new RangeError(`expected 1 to 256 ports, got ${String(ports.length)}`);
    this.ports = ports;
    this.binding = binding;
    this.keys = ports.map(() => new PortKeys());
    binding.onEnd(() => {
      for (const one of this.keys) one.clear();
    });
  }

  /** Answers what follows the protocol byte; undefined for what is no request, or not in the session that has the keys. */
  handle(payload: Uint8Array, sessionId: number | undefined): Uint8Array | undefined {
    if (sessionId === undefined || !this.binding.claim(sessionId)) return undefined;
    switch (payload[0]) {
      case IDE_KM.QUERY:
        return this.query(payload);
      case IDE_KM.KEY_PROG:
        return this.program(payload);
      case IDE_KM.K_SET_GO:
        return this.goStop(payload, 'go');
      case IDE_KM.K_SET_STOP:
        return this.goStop(payload, 'stop');
      default:
        return undefined;
    }
  }

  /** Is this stream protected in every port that has keys for it, and at least in one? */
  isSecure(stream: number): boolean {
    const having = this.keys.filter(({ ids }) => ids.includes(stream));
    return having.length > 0 && having.every((keys) => keys.isSecure(stream));
  }

  /** Forgets the keys of a stream. */
  drop(stream: number): void {
    for (const keys of this.keys) keys.drop(stream);
  }

  private query(payload: Uint8Array): Uint8Array | undefined {
    const { value } = decode(IdeKmQuery, payload);
    const port = this.ports[value?.portIndex ?? 0];
    if (!value || payload.length !== sizeOf(IdeKmQuery) || !port) return undefined;
    const { devFunc, bus, segment, registers } = port;
    const maxPortIndex = this.ports.length - 1;
    return encode(IdeKmQueryResponse, {
      ...{ objectId: IDE_KM.QUERY_RESP, reserved: RESERVED_1, portIndex: value.portIndex },
      ...{ devFunc, bus, segment, maxPortIndex, registers },
    });
  }

  private program(payload: Uint8Array): Uint8Array | undefined {
    // What names the key stands in front: with those bytes a message of any length can be answered.
    const size = sizeOf(IdeKmKeyProg);
    const head = sizeOf(IdeKmKeySet);
    if (payload.length < head) return undefined;
    const padded = concat(payload, new Uint8Array(Math.max(0, size - payload.length)));
    const { value } = decode(IdeKmKeyProg, padded);
    if (!value) return undefined;
    const { streamId, subStream, portIndex } = value;
    const status = payload.length === size ? this.take(value) : KP_STATUS.INCORRECT_LENGTH;
    return encode(IdeKmKeyProgAck, {
      ...{ objectId: IDE_KM.KP_ACK, reserved: RESERVED_2, streamId, status, subStream, portIndex },
    });
  }

  private take({ streamId, subStream, portIndex, key, ifv }: Infer<typeof IdeKmKeyProg>): number {
    const port = this.ports[portIndex];
    const keys = this.keys[portIndex];
    if (!port || !keys) return KP_STATUS.UNSUPPORTED_PORT;
    const place = placeOfByte(subStream);
    const known = keys.ids.includes(streamId);
    if (!place || !equalBytes(ifv, INITIAL_IFV) || (!known && keys.ids.length >= port.streams))
      return KP_STATUS.UNSUPPORTED_VALUE;
    return keys.program(streamId, place, turnWords(key)) ? KP_STATUS.SUCCESS : KP_STATUS.UNSPECIFIED;
  }

  private goStop(payload: Uint8Array, what: 'go' | 'stop'): Uint8Array | undefined {
    const { value } = decode(IdeKmKeySet, payload);
    if (!value || payload.length !== sizeOf(IdeKmKeySet)) return undefined;
    const place = placeOfByte(value.subStream);
    if (!place || this.keys[value.portIndex]?.[what](value.streamId, place) !== true) return undefined;
    return encode(IdeKmKeySet, {
      ...{ ...value, objectId: IDE_KM.K_GOSTOP_ACK, reserved: RESERVED_2, reserved2: RESERVED_1 },
    });
  }
}
