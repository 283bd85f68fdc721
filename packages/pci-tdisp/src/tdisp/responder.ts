/** TDISP on the device (DSM): every request by the transition table, for many interfaces, inside the session that has them. */
import { equalBytes, isFilledWith } from '@tsm/core';
import { decode, encode, type Infer, type Layout } from '@tsm/core/layout';
import type { SessionBinding } from '../tsm/binding.ts';
import {
  LOCK_FLAG,
  nameOf,
  responseCode,
  TDI_STATES,
  TDISP_ERROR,
  TDISP_ERROR_CODE,
  TDISP_REQUEST,
  TDISP_VERSION,
  type TdispErrorName,
  type TdispRequestName,
} from './codes.ts';
import { Tdi, type TdiConfiguration } from './interface.ts';
import * as messages from './messages.ts';
import { follow, TDI_TRANSITIONS, type TdiEvent } from './states.ts';

export interface TdispOptions {
  readonly interfaces: readonly TdiConfiguration[];
  readonly binding: SessionBinding;
  /** Whether an IDE stream is in the secure state. */
  readonly isSecure: (stream: number) => boolean;
  /** As many random bytes as asked; fewer where there is no entropy left. */
  readonly random: (length: number) => Uint8Array;
  /** Bits of {@link LOCK_FLAG} that are taken. Default: all. */
  readonly lockFlags?: number;
  readonly addressWidth?: number;
  /** Most bytes of the report in one response. Default 1024. */
  readonly portion?: number;
  /** Answers a vendor's message: what comes after the vendor id, either way. Default: none is known. */
  readonly vdm?: (vendorId: Uint8Array, data: Uint8Array) => Uint8Array | undefined;
}

/** What a request comes to: its response's fields after the header, or why not. */
type Answer = Readonly<Record<string, unknown>> | TdispErrorName;
type Handlers = Readonly<Record<TdispRequestName, (tdi: Tdi, request: never) => Answer>>;

const ALL_FLAGS = Object.values(LOCK_FLAG).reduce((mask, bit) => mask | (1 << bit), 0);
const NONCE_SIZE = 32;

export class TdispResponder {
  private readonly options: TdispOptions;
  private readonly byId: ReadonlyMap<number, Tdi>;
  private readonly handlers: Handlers;

  constructor(options: TdispOptions) {
    this.options = options;
    this.byId = new Map(options.interfaces.map((one) => [one.functionId, new Tdi(one)]));
    this.handlers = {
      GET_TDISP_VERSION: () => ({ count: 1, versions: Uint8Array.of(TDISP_VERSION) }),
      GET_TDISP_CAPABILITIES: () => this.capabilities(),
      LOCK_INTERFACE: (tdi, request: Infer<typeof messages.TdispLock>) => this.lock(tdi, request),
      GET_DEVICE_INTERFACE_REPORT: (tdi, request: Infer<typeof messages.TdispGetReport>) =>
        this.report(tdi, request),
      GET_DEVICE_INTERFACE_STATE: ({ state }) => ({ state: TDI_STATES.indexOf(state) }),
      START_INTERFACE: (tdi, request: Infer<typeof messages.TdispStart>) => this.start(tdi, request),
      STOP_INTERFACE: () => ({}),
      BIND_P2P_STREAM: (tdi, request: Infer<typeof messages.TdispP2p>) => this.bind(tdi, request),
      UNBIND_P2P_STREAM: (tdi, { streamId }: Infer<typeof messages.TdispP2p>) =>
        tdi.p2pStreams.delete(streamId) ? {} : 'INVALID_REQUEST',
      SET_MMIO_ATTRIBUTE: (tdi, { range }: Infer<typeof messages.TdispSetMmio>) =>
        tdi.setAttributes(range) ? {} : 'INVALID_REQUEST',
      VDM: (_tdi, request: Infer<typeof messages.TdispVdm>) => this.vendor(request),
    };
    options.binding.onEnd(() => this.happen('session-ended'));
  }

  get interfaces(): readonly Tdi[] {
    return [...this.byId.values()];
  }

  interface(functionId: number): Tdi | undefined {
    return this.byId.get(functionId);
  }

  /** To one interface, or to all. */
  happen(event: TdiEvent, functionId?: number): void {
    for (const [id, tdi] of this.byId) if (functionId === undefined || id === functionId) tdi.happen(event);
  }

  /** A stream went out of the secure state: what uses it goes to ERROR. */
  streamLost(stream: number): void {
    for (const tdi of this.byId.values())
      if (tdi.lock?.streamId === stream || tdi.p2pStreams.has(stream)) tdi.happen('link-insecure');
  }

  /** Answers what follows the protocol byte; undefined for what is no message, or not in the session that has the device. */
  handle(payload: Uint8Array, sessionId: number | undefined): Uint8Array | undefined {
    if (sessionId === undefined || !this.options.binding.claim(sessionId)) return undefined;
    const { value: header } = decode(messages.TdispHeader, payload);
    if (!header) return undefined;
    const { messageType, functionId } = header;
    const name = nameOf(TDISP_REQUEST, messageType);
    if (!isRequest(name) || !this.supports(name))
      return error(functionId, 'UNSUPPORTED_REQUEST', messageType);
    if (header.version !== TDISP_VERSION) return error(functionId, 'VERSION_MISMATCH');
    const tdi = this.byId.get(functionId);
    if (!tdi || !isFilledWith(header.interfaceReserved, 0)) return error(functionId, 'INVALID_INTERFACE');
    const { request, response } = messages.TDISP_LAYOUTS[name];
    const { value, length } = decode(request, payload);
    if (!value || length !== payload.length) return error(functionId, 'INVALID_REQUEST');
    const next = follow(TDI_TRANSITIONS[name], tdi.state);
    if (next === undefined) return error(functionId, 'INVALID_INTERFACE_STATE');
    const answer = this.handlers[name](tdi, value as never);
    if (typeof answer === 'string')
      return error(functionId, answer, answer === 'UNSUPPORTED_REQUEST' ? messageType : 0);
    if (next !== tdi.state) tdi.enter(next);
    return encodeMessage(response, responseCode(messageType), functionId, answer);
  }

  /** Peer-to-peer streams come with the flag that locks for them. */
  private supports(name: TdispRequestName): boolean {
    const { lockFlags = ALL_FLAGS, vdm } = this.options;
    if (name === 'VDM') return vdm !== undefined;
    const p2p = name === 'BIND_P2P_STREAM' || name === 'UNBIND_P2P_STREAM';
    return !p2p || ((lockFlags >> LOCK_FLAG.BIND_P2P) & 1) === 1;
  }

  private capabilities(): Answer {
    const { lockFlags = ALL_FLAGS, addressWidth = 52 } = this.options;
    const requests = new Uint8Array(16);
    for (const [name, code] of Object.entries(TDISP_REQUEST)) {
      if (!this.supports(name as TdispRequestName)) continue;
      const bit = code & 0x7f;
      requests[bit >> 3] = (requests[bit >> 3] ?? 0) | (1 << (bit & 7));
    }
    return {
      ...{ dsmCapabilities: 0, requests, lockFlags, capabilitiesReserved: new Uint8Array(3), addressWidth },
      ...{ outstandingPerInterface: 1, outstanding: 1 },
    };
  }

  private lock(tdi: Tdi, request: Infer<typeof messages.TdispLock>): Answer {
    const { flags, streamId, mmioReportingOffset, p2pAddressMask } = request;
    const { lockFlags = ALL_FLAGS, isSecure, random } = this.options;
    const withP2p = ((flags >> LOCK_FLAG.BIND_P2P) & 1) === 1;
    if ((flags & ~lockFlags) !== 0 || (p2pAddressMask !== 0n && !withP2p)) return 'INVALID_REQUEST';
    if (!isSecure(streamId)) return 'INVALID_REQUEST';
    const nonce = random(NONCE_SIZE);
    if (nonce.length !== NONCE_SIZE) return 'INSUFFICIENT_ENTROPY';
    tdi.hold({ flags, streamId, mmioReportingOffset, p2pAddressMask, nonce });
    return { nonce };
  }

  private report(tdi: Tdi, { offset, length }: Infer<typeof messages.TdispGetReport>): Answer {
    const report = tdi.report();
    if (offset >= report.length || length === 0) return 'INVALID_REQUEST';
    const portion = report.subarray(offset, offset + Math.min(length, this.options.portion ?? 1024));
    const remainder = report.length - offset - portion.length;
    return { portionLength: portion.length, remainder, portion };
  }

  private start(tdi: Tdi, { nonce }: Infer<typeof messages.TdispStart>): Answer {
    const { lock } = tdi;
    if (!lock || !equalBytes(lock.nonce, nonce)) return 'INVALID_NONCE';
    // Streams may have been lost since the lock.
    if (!this.options.isSecure(lock.streamId)) return 'INVALID_REQUEST';
    return {};
  }

  private bind(tdi: Tdi, { streamId }: Infer<typeof messages.TdispP2p>): Answer {
    const { flags = 0, streamId: standard } = tdi.lock ?? {};
    const allowed = ((flags >> LOCK_FLAG.BIND_P2P) & 1) === 1 && streamId !== standard;
    if (!allowed || !this.options.isSecure(streamId) || tdi.p2pStreams.has(streamId))
      return 'INVALID_REQUEST';
    tdi.p2pStreams.add(streamId);
    return {};
  }

  private vendor(request: Infer<typeof messages.TdispVdm>): Answer {
    const { registryId, vendorIdLength, vendorId, data } = request;
    const answer = this.options.vdm?.(vendorId, data);
    return answer ? { registryId, vendorIdLength, vendorId, data: answer } : 'UNSUPPORTED_REQUEST';
  }
}

function isRequest(name: string): name is TdispRequestName {
  return Object.hasOwn(TDISP_REQUEST, name);
}

export function encodeMessage(
  layout: Layout<unknown>,
  messageType: number,
  functionId: number,
  fields: Readonly<Record<string, unknown>>,
): Uint8Array {
  return encode(layout, {
    ...{ version: TDISP_VERSION, messageType, reserved: new Uint8Array(2), functionId },
    ...{ interfaceReserved: new Uint8Array(8), ...fields },
  });
}

function error(functionId: number, name: TdispErrorName, errorData = 0): Uint8Array {
  const fields = { errorCode: TDISP_ERROR[name], errorData, extended: new Uint8Array(0) };
  return encodeMessage(messages.TdispError, TDISP_ERROR_CODE, functionId, fields);
}
