/** How sessions, streams and interfaces went in a run, by what their messages say. */
import { decode } from '@tsm/core/layout';
import {
  IDE_KM,
  IdeKmKeyProgAck,
  IdeKmKeySet,
  KP_STATUS,
  PCI_PROTOCOL,
  TDI_EVENTS,
  TDI_STATES,
  TDI_TRANSITIONS,
  TDISP_REQUEST,
  TdispHeader,
  VendorDefinedRequest,
  type ObservedMessage,
  type TdispRequestName,
} from '@tsm/pci-tdisp';
import type { TraceChange, TraceLane } from '../protocol/devices.ts';

type Kind = TraceLane['kind'];

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** `0000:01:00.0` of a FUNCTION_ID (PCIe 6.1 §11.3.1): requester id, and the segment where it is said to be valid. */
function addressOf(functionId: number): string {
  const segment = (functionId >>> 24) & 1 ? (functionId >>> 16) & 0xff : 0;
  const [bus, device, number] = [(functionId >>> 8) & 0xff, (functionId >>> 3) & 0x1f, functionId & 7];
  return `${hex(segment, 4)}:${hex(bus, 2)}:${hex(device, 2)}.${String(number)}`;
}

/** A key by its port, and the byte that names its place: key set, direction, sub-stream. */
const keyOf = (port: number, place: number): number => (port << 8) | place;
/** Both directions of all three sub-streams, in key set 0: a stream is secure when each has a key in use. */
const PLACES = [0x00, 0x02, 0x10, 0x12, 0x20, 0x22];

/** Lanes in the order in which they are first heard of. */
export class Lanes {
  private readonly lanes = new Map<string, { kind: Kind; changes: TraceChange[] }>();
  /** Halves of the session id that is being made. */
  private requesterHalf = 0;
  private shaking: string | undefined;
  /** Request of PCI-SIG that waits for its answer. */
  private asked: Uint8Array | undefined;
  /** Sub-streams by stream: which have keys, and which were started. */
  private readonly streams = new Map<number, { keys: Set<number>; going: Set<number> }>();

  /** From this packet on it is in the state; `step`: where that is known of the device itself. */
  note(kind: Kind, name: string, packet: number, state: string, step?: number): void {
    const lane = this.lanes.get(name) ?? { kind, changes: [] };
    this.lanes.set(name, lane);
    if (lane.changes.at(-1)?.state === state) return;
    lane.changes.push({ packet, state, ...(step === undefined ? {} : { step }) });
  }

  stateOf(name: string): string | undefined {
    return this.lanes.get(name)?.changes.at(-1)?.state;
  }

  get all(): TraceLane[] {
    const order: readonly Kind[] = ['session', 'stream', 'interface'];
    return order.flatMap((wanted) =>
      [...this.lanes].flatMap(([name, { kind, changes }]) =>
        kind === wanted ? [{ kind, name, changes }] : [],
      ),
    );
  }

  take(observed: ObservedMessage): void {
    const message = { ...observed, ...observed.whole };
    const { name, bytes } = message;
    if (name === 'KEY_EXCHANGE' || name === 'PSK_EXCHANGE') this.requesterHalf = u16(bytes, 4);
    else if (name === 'VENDOR_DEFINED_REQUEST') this.asked = bytes;
    else if (name === 'VENDOR_DEFINED_RESPONSE') this.answered(message);
    else this.session(message);
  }

  private session({ name, packet, bytes, session }: ObservedMessage): void {
    const say = (id: string | null | undefined, state: string): void => {
      if (typeof id === 'string') this.note('session', `session ${id}`, packet, state);
    };
    if (name === 'KEY_EXCHANGE_RSP' || name === 'PSK_EXCHANGE_RSP') {
      this.shaking = `0x${hex(u16(bytes, 4), 4)}${hex(this.requesterHalf, 4)}`;
      say(this.shaking, 'handshake');
    } else if (name === 'FINISH_RSP' || name === 'PSK_FINISH_RSP')
      say(session ?? this.shaking, 'established');
    else if (name === 'END_SESSION_ACK') {
      say(session, 'ended');
      const { from, to = '' } = TDI_EVENTS['session-ended'];
      for (const { kind, name: address, changes } of this.all)
        if (kind === 'interface' && from.some((state) => state === changes.at(-1)?.state))
          this.note('interface', address, packet, to);
    }
  }

  private answered({ packet, bytes }: ObservedMessage): void {
    const [request, response] = [this.asked, bytes].map(
      (message) => message && decode(VendorDefinedRequest, message).value?.payload,
    );
    this.asked = undefined;
    if (!request || !response || request[0] !== response[0]) return;
    const [protocol] = request;
    if (protocol === PCI_PROTOCOL.TDISP) this.tdisp(packet, request.subarray(1), response.subarray(1));
    if (protocol === PCI_PROTOCOL.IDE_KM) this.ideKm(packet, request.subarray(1), response.subarray(1));
  }

  private tdisp(packet: number, request: Uint8Array, response: Uint8Array): void {
    const { value } = decode(TdispHeader, response);
    const [, code = 0] = request;
    // A TDISP_ERROR changes nothing.
    if (!value || value.messageType !== (code & 0x7f)) return;
    const name = (Object.keys(TDISP_REQUEST) as TdispRequestName[]).find(
      (one) => TDISP_REQUEST[one] === code,
    );
    const told = name === 'GET_DEVICE_INTERFACE_STATE' ? TDI_STATES[response[16] ?? 0xff] : undefined;
    const state = told ?? (name && TDI_TRANSITIONS[name].to);
    if (state) this.note('interface', addressOf(value.functionId), packet, state);
  }

  private ideKm(packet: number, request: Uint8Array, response: Uint8Array): void {
    const [asked] = request;
    const [answer] = response;
    const acked = asked === IDE_KM.KEY_PROG && answer === IDE_KM.KP_ACK;
    const { value } = acked ? decode(IdeKmKeyProgAck, response) : decode(IdeKmKeySet, response);
    if (!value || (!acked && answer !== IDE_KM.K_GOSTOP_ACK)) return;
    const { streamId, portIndex, subStream } = value;
    const { keys, going } = this.streamOf(streamId);
    const key = keyOf(portIndex, subStream);
    if (acked) {
      if ('status' in value && value.status !== KP_STATUS.SUCCESS) return;
      keys.add(key);
    } else if (asked === IDE_KM.K_SET_GO) going.add(key);
    else for (const set of [keys, going]) set.delete(key);
    const ports = new Set([...keys].map((one) => one >> 8));
    // Of the two key sets one is enough: the other is the one before, or the one to come.
    const runs = (place: number): boolean => going.has(place) || going.has(place | 1);
    const secure =
      ports.size > 0 && [...ports].every((port) => PLACES.every((one) => runs(keyOf(port, one))));
    const open = asked === IDE_KM.K_SET_STOP ? 'insecure' : 'keys programmed';
    this.note('stream', `stream ${String(streamId)}`, packet, secure ? 'secure' : open);
  }

  private streamOf(id: number): { keys: Set<number>; going: Set<number> } {
    const found = this.streams.get(id) ?? { keys: new Set(), going: new Set() };
    this.streams.set(id, found);
    return found;
  }
}
