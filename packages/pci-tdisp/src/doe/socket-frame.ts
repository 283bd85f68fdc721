/** Frames of SPDM emulators on a socket: bytes only, the socket is the host's. Source: DMTF/spdm-emu, command.h. */
import { concat } from '@tsm/core';
import { encode, decode, bytes, field, struct, u32be } from '@tsm/core/layout';

const SPEC = 'DMTF/spdm-emu, spdm_emu_common/command.h';

export const SOCKET_COMMAND = {
  NORMAL: 0x0001,
  TEST: 0xdead,
  CONTINUE: 0xfffd,
  SHUTDOWN: 0xfffe,
  UNKNOWN: 0xffff,
} as const;

/** Transport type of PCI DOE. */
export const SOCKET_PCI_DOE = 2;

const HEADER = 12;
/** More than any frame that carries one data object; a peer that announces more is not one. */
const PAYLOAD_MAX = 0x100000;

export const SocketFrame = struct('SocketFrame', SPEC, {
  command: field(u32be, 'What the frame asks for'),
  transportType: field(u32be, 'Transport of the payload; 2 is PCI DOE'),
  size: field(u32be, 'Bytes of the payload'),
  payload: field(bytes('size'), 'For command 1 one DOE data object'),
});

export interface Frame {
  readonly command: number;
  readonly transportType: number;
  readonly payload: Uint8Array;
}

export function encodeFrame(command: number, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  return encode(SocketFrame, { command, transportType: SOCKET_PCI_DOE, size: payload.length, payload });
}

/** Cuts what arrives in any portions into frames. */
export class FrameStream {
  private held: Uint8Array = new Uint8Array(0);

  /** The frames that are complete now; `undefined` when the peer does not speak this protocol: close the socket. */
  push(arrived: Uint8Array): Frame[] | undefined {
    this.held = concat(this.held, arrived);
    const frames: Frame[] = [];
    while (this.held.length >= HEADER) {
      const { value, length } = decode(SocketFrame, this.held);
      const size = new DataView(this.held.buffer, this.held.byteOffset).getUint32(8);
      if (size > PAYLOAD_MAX) return undefined;
      if (!value) break;
      const { command, transportType, payload } = value;
      frames.push({ command, transportType, payload: payload.slice() });
      this.held = this.held.subarray(length);
    }
    return frames;
  }
}
