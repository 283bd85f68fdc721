/** SEV-TIO over one device without SPDM, with firmware that keeps a list of its commands and fails on request. */
import { TsmError } from '@tsm/core';
import { DeviceModel } from '../tsm/device.ts';
import { openWithoutSpdm } from '../tsm/without-spdm.ts';
import { HostTsm } from './host.ts';

export interface FirmwareFaults {
  /** It asks for a secured message over the mailbox for plain ones. */
  readonly wrongMailbox?: boolean;
  /** It refuses to disconnect unless it is forced. */
  readonly failOrderly?: boolean;
}

/** `address`: of the device that can be connected. */
export function faultySevTio(faults: FirmwareFaults, address = '0000:01:00.0') {
  const { wrongMailbox = false, failOrderly = false } = faults;
  const commands: string[] = [];
  const random = (length: number): Uint8Array => new Uint8Array(length).fill(7);
  const port = { devFunc: 0, bus: 1, segment: 0, registers: new Uint8Array(8), streams: 1 };
  const models = new Map([[address, new DeviceModel({ ports: [port], interfaces: [], random })]]);
  const link = new HostTsm({
    ...{ platform: 'sev-tio', open: openWithoutSpdm(models), random },
    firmware(command) {
      commands.push(command);
      if (wrongMailbox && command === 'DEV_CONNECT')
        throw new TsmError('EFAULT', 'a secured message for the mailbox of plain ones');
      if (failOrderly && command === 'DEV_DISCONNECT')
        throw new TsmError('EIO', 'the device does not let go');
    },
  });
  return { link, commands };
}
