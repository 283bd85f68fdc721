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
  /** Whether the stream protects: its link is not broken. */
  readonly secure: boolean;
  /** TSM of the guest that locked it. */
  readonly locked: string | null;
  readonly accepted: boolean;
  readonly state: TdiState;
}

const KINDS: Readonly<Record<number, string>> = { 0x12: 'accelerator', 0x02: 'network' };

/** What a function is, in words: by the class of its class code. */
export function deviceKind({ classCode, physical }: Pick<DeviceState, 'classCode' | 'physical'>): string {
  const kind = KINDS[classCode >> 16] ?? `class ${classCode.toString(16)}`;
  return physical === null ? kind : `${kind} (VF)`;
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

  /** What can be done to a function as it is now. */
  verbsOf(address: string): DeviceVerb[] {
    const device = this.function(address);
    const { connected, secure, locked, accepted, state } = this.stateOf(device);
    const first = this.host.pci.tsms.isPf0(device);
    const can: Readonly<Record<DeviceVerb, boolean>> = {
      connect: first && connected === null,
      disconnect: first && connected !== null,
      lock: connected !== null && secure && locked === null,
      accept: locked !== null && !accepted && state === 'CONFIG_LOCKED',
      unlock: locked !== null,
      'break-link': this.fleet.host.streamOf(address) !== undefined,
      remove: true,
    };
    return DEVICE_VERBS.filter((verb) => can[verb]);
  }

  /** Refusals are those of the kernel: a TsmError with an errno name. */
  apply(verb: DeviceVerb, address: string): void {
    const device = this.function(address);
    const host = this.host.pci.tsms;
    const guest = this.guest.pci.tsms;
    switch (verb) {
      case 'connect':
        this.needFile(device, verb);
        host.connect(address, HOST);
        return;
      case 'disconnect':
        this.needFile(device, verb);
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
    const dsm = host?.dsm ?? null;
    const stream = dsm === null ? undefined : this.fleet.host.streamOf(dsm);
    const protector = dsm === null ? undefined : this.fleet.devices.get(dsm)?.model.ide;
    return {
      ...{ address, vendor, device, classCode, physical: physical ?? null },
      connected: host?.tsm.name ?? null,
      ...{ dsm, stream: stream ?? null },
      secure: stream !== undefined && protector?.isSecure(stream) === true,
      locked: guest?.tsm.name ?? null,
      accepted: guest?.accepted === true,
      state: models.find((one) => one !== undefined)?.state ?? 'CONFIG_UNLOCKED',
    };
  }

  /** Only function 0 of a device has the files that the host writes to. */
  private needFile(device: PciFunction, name: 'connect' | 'disconnect'): void {
    if (this.host.pci.tsms.isPf0(device)) return;
    throw new TsmError('ENOENT', `${device.address} has no tsm/${name}: function 0 of the device has it`);
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
