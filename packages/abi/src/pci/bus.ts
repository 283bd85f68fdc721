/** The PCI bus: host bridges, functions in the order of enumeration, drivers bound to them, hot-plug. */
import { TsmError, type PciFunction } from '@tsm/core';
import { errno } from '../errno.ts';

const ADDRESS = /^[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$/;

/** A function, and the driver that is bound to it. */
interface Slot {
  readonly device: PciFunction;
  driver: string | undefined;
}

/** Function number 0 to 7 of an address. */
export const functionOf = (address: string): number => Number(address.at(-1));
/** `0000:01:00` of `0000:01:00.1`. */
const slotOf = (address: string): string => address.slice(0, -2);

export class PciBus {
  private readonly slots = new Map<string, Slot>();
  private readonly arriving = new Set<(device: PciFunction) => void>();
  private readonly leaving = new Set<(device: PciFunction) => void>();

  /** In the order of enumeration. */
  get functions(): readonly PciFunction[] {
    return [...this.slots.keys()].sort().flatMap((address) => this.find(address) ?? []);
  }

  find(address: string): PciFunction | undefined {
    return this.slots.get(address)?.device;
  }

  /** A function appears. `EEXIST` when its address is taken; a RangeError for an address, or a port above, that is none. */
  add(device: PciFunction): void {
    const { address, parent, physical } = device;
    if (!ADDRESS.test(address)) throw new RangeError(`expected an address as 0000:01:00.0, got ${address}`);
    for (const other of [parent, physical])
      if (other !== undefined && !this.slots.has(other))
        throw new RangeError(`${address}: there is no ${other}`);
    if (this.slots.has(address)) throw errno('EEXIST', `there is a function at ${address}`);
    this.slots.set(address, { device, driver: undefined });
    for (const tell of this.arriving) tell(device);
  }

  /** A function goes, those below it and its virtual ones first; what hangs on them is told. `ENODEV`. */
  remove(address: string): void {
    const device = this.need(address);
    for (const inner of [...this.functions].reverse())
      if (inner.parent === address || inner.physical === address) this.remove(inner.address);
    for (const tell of this.leaving) tell(device);
    this.slots.delete(address);
  }

  /** Called for each function that appears. */
  onAdd(listener: (device: PciFunction) => void): void {
    this.arriving.add(listener);
  }

  /** Called for each function that goes, while it is still there. */
  onRemove(listener: (device: PciFunction) => void): void {
    this.leaving.add(listener);
  }

  /** Binds a driver, or none. `ENODEV`. */
  setDriver(address: string, driver: string | undefined): void {
    this.need(address);
    const slot = this.slots.get(address);
    if (slot) slot.driver = driver;
  }

  driverOf(address: string): string | undefined {
    return this.slots.get(address)?.driver;
  }

  /** What a function 0 answers for: other functions of its slot, virtual functions, and what a switch has below. */
  dependents({ address, kind }: PciFunction): readonly PciFunction[] {
    const own = this.functions.filter(
      (one) => one.address !== address && slotOf(one.address) === slotOf(address),
    );
    const physical = new Set([address, ...own.map((one) => one.address)]);
    const virtual = this.functions.filter((one) => one.physical !== undefined && physical.has(one.physical));
    const below = kind === 'upstream-port' ? this.functions.filter((one) => this.isBelow(one, address)) : [];
    return [...new Set([...own, ...virtual, ...below])];
  }

  /** The root port that a function hangs on; undefined for one on a root bus. */
  rootPort(device: PciFunction): PciFunction | undefined {
    let at: PciFunction | undefined = device;
    while (at && at.kind !== 'root-port') at = at.parent === undefined ? undefined : this.find(at.parent);
    return at;
  }

  /** `pci0000:00`: the host bridge that a function hangs on. */
  hostBridge(device: PciFunction): string {
    let top = device;
    for (
      let at: PciFunction | undefined = device;
      at;
      at = at.parent === undefined ? undefined : this.find(at.parent)
    )
      top = at;
    return `pci${top.address.slice(0, 7)}`;
  }

  /** Below `/sys/devices`: `pci0000:00/0000:00:01.0/0000:01:00.0`. */
  path(device: PciFunction): string {
    const names: string[] = [];
    for (
      let at: PciFunction | undefined = device;
      at;
      at = at.parent === undefined ? undefined : this.find(at.parent)
    )
      names.unshift(at.address);
    return [this.hostBridge(device), ...names].join('/');
  }

  private isBelow(device: PciFunction, address: string): boolean {
    const { parent } = device;
    if (parent === undefined) return false;
    const above = this.find(parent);
    return parent === address || (above !== undefined && this.isBelow(above, address));
  }

  private need(address: string): PciFunction {
    const device = this.find(address);
    if (!device) throw new TsmError('ENODEV', `there is no function ${address}`);
    return device;
  }
}
