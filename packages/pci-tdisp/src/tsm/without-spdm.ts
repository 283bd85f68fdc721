/** Devices that answer without SPDM: for looking at what stands on a session. Nothing is authenticated. */
import { TsmError } from '@tsm/core';
import type { DeviceModel } from './device.ts';
import type { OpenDevice } from './connection.ts';

/** Opens sessions, numbered from 1, straight into models by address. `ENODEV` for an address without one. */
export function openWithoutSpdm(models: ReadonlyMap<string, DeviceModel>): OpenDevice {
  let next = 1;
  return ({ address }) => {
    const device = models.get(address);
    if (!device) throw new TsmError('ENODEV', `there is no device at ${address}`);
    const id = next++;
    let alive = true;
    const session = {
      id,
      get alive() {
        return alive;
      },
      send(protocol: number, payload: Uint8Array): Uint8Array {
        // A device that was taken out answers nothing.
        const answer =
          alive && models.get(address) === device ? device.handler(protocol)?.(payload, id) : undefined;
        if (!answer) throw new TsmError('spdm.error', 'the device refused the request, or is gone');
        return answer;
      },
    };
    const close = (): void => {
      alive = false;
      device.sessionEnded(id);
    };
    return { session, chains: new Map(), vca: new Uint8Array(0), measure: () => new Uint8Array(0), close };
  };
}
