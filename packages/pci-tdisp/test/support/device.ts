/** A device model without SPDM: requests of a session go straight to it. */
import { TsmError } from '@tsm/core';
import { DeviceModel, type DeviceOptions, type SpdmSession } from '@tsm/pci-tdisp';

export const FUNCTION = 0x0100;
export const OTHER_FUNCTION = 0x0101;

/** Bytes that count up, so that no two answers are the same. */
export function counter(): (length: number) => Uint8Array {
  let next = 1;
  return (length) => Uint8Array.from({ length }, () => next++ & 0xff);
}

export function testDevice(options: Partial<DeviceOptions> = {}): DeviceModel {
  const range = { firstPage: 0x1000n, pages: 4, attributes: 0, rangeId: 0 };
  const ranges = [range, { ...range, firstPage: 0x2000n, rangeId: 1, attributes: 8 }];
  const tdi = { interfaceInfo: 2, ranges, deviceInfo: new TextEncoder().encode('test device') };
  return new DeviceModel({
    ports: [{ devFunc: 0, bus: 1, segment: 0, registers: new Uint8Array(16), streams: 2 }],
    interfaces: [
      { ...tdi, functionId: FUNCTION },
      { ...tdi, functionId: OTHER_FUNCTION },
    ],
    random: counter(),
    ...options,
  });
}

/** What the last request of a session was answered with. */
export interface DirectSession extends SpdmSession {
  last: Uint8Array | undefined;
}

export function directSession(device: DeviceModel, id = 0x1_0001): DirectSession {
  const session: DirectSession = {
    ...{ id, alive: true, last: undefined },
    send(protocol, payload) {
      session.last = device.handler(protocol)?.(payload, id);
      if (!session.last) throw new TsmError('spdm.error', 'ERROR(InvalidRequest)');
      return session.last;
    },
  };
  return session;
}
