/** The devices of a machine between two kernels: the host's connects them, the guest's locks and accepts them. */
import { createGuest, type Guest } from '@tsm/abi';
import { TsmError, type PciFunction, type TdiState } from '@tsm/core';
import {
  createFleet,
  functionAt,
  functionIdOf,
  PLATFORMS,
  type Fleet,
  type FleetOptions,
  type PlatformName,
} from '@tsm/pci-tdisp';

/** How the fleet came to be; all else follows from what was done. */
export interface MadeFleet {
  readonly platform: PlatformName;
  readonly seed: Uint8Array;
  readonly now: Date;
}

/** What may be done to a device. */
export const DEVICE_VERBS = [
  'connect',
  'disconnect',
  'lock',
  'accept',
  'unlock',
  'break-link',
  'remove',
] as const;
export type DeviceVerb = (typeof DEVICE_VERBS)[number];

/** Follows what is said; with cryptography to follow it with. */
export type Watching = Pick<FleetOptions, 'crypto' | 'onObject' | 'onPhase' | 'firmware'>;

export interface DeviceState {
  readonly address: string;
  readonly vendor: number;
  readonly device: number;
  readonly classCode: number;
  /** Of a virtual function. */
  readonly physical: string | null;
  /** TSM of the host, and the function 0 that was connected. */
  readonly connected: string | null;
  readonly dsm: string | null;
  /** Id of the IDE stream. */
  readonly stream: number | null;
  /** TSM of the guest that locked it. */
  readonly locked: string | null;
  readonly accepted: boolean;
  readonly state: TdiState;
}

const HOST = 'tsm0';
const GUEST = 'tsm0';
const MACHINE = 'machine';

export class MachineDevices {
  readonly made: MadeFleet;
  readonly fleet: Fleet;
  /** Kernel of the host, and that of the confidential VM. */
  readonly host: Guest;
  readonly guest: Guest;

  constructor(made: MadeFleet, watching: Watching = {}) {
    this.made = made;
    this.fleet = createFleet({ ...made, ...watching });
    this.host = createGuest({ profile: 'devsec-2026' });
    this.guest = createGuest({ profile: 'devsec-2026' });
    for (const one of this.fleet.bus) for (const { pci } of [this.host, this.guest]) pci.bus.add(one);
    this.host.pci.tsms.register({ link: this.fleet.host, parent: PLATFORMS[made.platform].parent });
    this.guest.pci.tsms.register({ devsec: this.fleet.guest });
  }

  /** Functions that are there, without ports. */
  get functions(): readonly PciFunction[] {
    return this.host.pci.bus.functions.filter(({ kind }) => kind !== 'root-port');
  }

  /** A function that is there; `ENODEV` names those that are. */
  function(address: string): PciFunction {
    return functionAt({ bus: this.functions }, address);
  }

  /** Refusals are those of the kernel: a TsmError with an errno name. */
  apply(verb: DeviceVerb, address: string): void {
    const device = this.function(address);
    const host = this.host.pci.tsms;
    const guest = this.guest.pci.tsms;
    switch (verb) {
      case 'connect':
        if (!host.isPf0(device))
          throw new TsmError('ENOENT', `${address} has no tsm/connect: connect function 0 of the device`);
        host.connect(address, HOST);
        return;
      case 'disconnect':
        this.release(device);
        host.disconnect(address, HOST);
        return;
      case 'lock':
        host.bind(address, MACHINE, functionIdOf(address));
        guest.lock(address, GUEST);
        return;
      case 'accept':
        guest.accept(address, '1');
        return;
      case 'unlock':
        guest.unlock(address, GUEST);
        host.unbind(address);
        return;
      case 'break-link':
        this.breakLink(address);
        return;
      case 'remove':
        this.fleet.devices.delete(address);
        this.guest.pci.bus.remove(address);
        this.host.pci.bus.remove(address);
        return;
    }
  }

  stateOf({ address, vendor, device, classCode, physical }: PciFunction): DeviceState {
    const host = this.host.pci.tsms.contextOf(address);
    const guest = this.guest.pci.tsms.contextOf(address);
    const id = functionIdOf(address);
    const models = [...this.fleet.devices.values()].map(({ model }) => model.tdisp.interface(id));
    return {
      ...{ address, vendor, device, classCode, physical: physical ?? null },
      connected: host?.tsm.name ?? null,
      dsm: host?.dsm ?? null,
      stream: this.fleet.host.streamOf(host?.dsm ?? '') ?? null,
      locked: guest?.tsm.name ?? null,
      accepted: guest?.accepted === true,
      state: models.find((one) => one !== undefined)?.state ?? 'CONFIG_UNLOCKED',
    };
  }

  /** The guest loses what it had of a device that the host takes back. */
  private release({ address }: PciFunction): void {
    for (const one of this.functions)
      if (
        this.host.pci.tsms.contextOf(one.address)?.dsm === address &&
        this.guest.pci.tsms.contextOf(one.address)
      )
        this.guest.pci.tsms.unlock(one.address, GUEST);
  }

  private breakLink(address: string): void {
    const stream = this.fleet.host.linkLost(address);
    if (stream === undefined) throw new TsmError('ENXIO', `${address} has no stream: connect it first`);
    this.fleet.devices.get(address)?.model.linkLost(stream);
  }
}
