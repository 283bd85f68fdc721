/** TSM class devices and what they are connected to (drivers/virt/coco/tsm-core.c, drivers/pci/tsm.c). */
import type { DevsecTsm, IdeStreams, LinkTsm, PciFunction } from '@tsm/core';
import { errno } from '../errno.ts';
import { functionOf, type PciBus } from './bus.ts';
import { parseBool, parseTsmName, sameLine } from './parse.ts';

/** What a driver registers: operations of a link TSM, or of a devsec TSM, and where the class device hangs. */
export interface TsmDriver {
  readonly link?: LinkTsm;
  readonly devsec?: DevsecTsm;
  /** Path of the parent below `/sys/devices`. Default `virtual`. */
  readonly parent?: string;
}

export interface ClassDevice extends TsmDriver {
  /** `tsm0`. */
  readonly name: string;
}

/** Of a function that a TSM looks after (struct pci_tsm). */
export interface TsmContext {
  readonly tsm: ClassDevice;
  /** Address of the device security manager: the function 0 that was connected. */
  readonly dsm: string;
  /** The TVM that has the interface. */
  tvm?: string;
  accepted?: boolean;
}

/** Scopes of guest requests that the kernel lets through: information, change of state. */
const MAX_SCOPE = 1;

export class TsmCore {
  private readonly bus: PciBus;
  private readonly ide: IdeStreams;
  private readonly listeners = new Set<(device: ClassDevice) => () => void>();
  private readonly undo = new Map<ClassDevice, (() => void)[]>();
  private readonly tsms = new Map<number, ClassDevice>();
  private readonly contexts = new Map<string, TsmContext>();

  constructor(bus: PciBus, ide: IdeStreams) {
    this.bus = bus;
    this.ide = ide;
    bus.onRemove((device) => this.removed(device));
  }

  /** By number. */
  get devices(): readonly ClassDevice[] {
    return [...this.tsms].sort(([a], [b]) => a - b).map(([, device]) => device);
  }

  get linkCount(): number {
    return this.devices.filter(({ link }) => link).length;
  }

  get devsecCount(): number {
    return this.devices.filter(({ devsec }) => devsec).length;
  }

  contextOf(address: string): TsmContext | undefined {
    return this.contexts.get(address);
  }

  /** tsm_register: the lowest free number. `EINVAL` with both operations, or neither. */
  register(driver: TsmDriver | null): ClassDevice {
    if (!driver) throw errno('EINVAL', 'expected a driver, got none');
    if (!driver.link === !driver.devsec)
      throw errno('EINVAL', 'expected the operations of a link TSM, or those of a devsec TSM');
    let number = 0;
    while (this.tsms.has(number)) number++;
    const device = { ...driver, name: `tsm${String(number)}` };
    this.tsms.set(number, device);
    this.undo.set(
      device,
      [...this.listeners].map((tell) => tell(device)),
    );
    return device;
  }

  /** Called once a TSM is ready to be used (uevent `change`); what it returns is called when the TSM is gone. */
  onRegister(listener: (device: ClassDevice) => () => void): void {
    this.listeners.add(listener);
  }

  /** Its devices are given up first, the last that was enumerated first. */
  unregister(device: ClassDevice): void {
    for (const { address } of [...this.bus.functions].reverse()) {
      const context = this.contexts.get(address);
      if (context?.tsm !== device) continue;
      if (device.devsec) this.drop(address);
      else if (context.dsm === address) this.teardown(address);
    }
    for (const [number, one] of this.tsms) if (one === device) this.tsms.delete(number);
    for (const undo of this.undo.get(device) ?? []) undo();
    this.undo.delete(device);
  }

  /** Function 0 of a device that IDE or TDISP is for: it is the one that gets connected (`is_pci_tsm_pf0`). */
  isPf0({ address, kind, physical, streams, tee }: PciFunction): boolean {
    const fits = kind === 'endpoint' || kind === 'upstream-port' || kind === 'root-complex-endpoint';
    return functionOf(address) === 0 && physical === undefined && fits && (streams > 0 || tee);
  }

  /** A write to `tsm/connect`. */
  connect(address: string, text: string): void {
    const number = parseTsmName(text);
    const device = this.device(address);
    if (this.contexts.has(address)) throw errno('EBUSY', `${address} has a TSM already`);
    const tsm = this.tsms.get(number);
    if (!tsm?.link) throw errno('ENXIO', `tsm${String(number)} is no TSM of the host`);
    if (!tsm.link.probe(device)) throw errno('ENXIO', `${tsm.name} cannot look after ${address}`);
    this.contexts.set(address, { tsm, dsm: address });
    try {
      tsm.link.connect(device, this.ide);
    } catch (error) {
      this.contexts.delete(address);
      throw error;
    }
    if (!device.tee) return;
    for (const one of this.bus.dependents(device))
      if (!this.contexts.has(one.address) && tsm.link.probe(one))
        this.contexts.set(one.address, { tsm, dsm: address });
  }

  /** A write to `tsm/disconnect`. */
  disconnect(address: string, text: string): void {
    const context = this.contexts.get(address);
    if (!context?.tsm.link) throw errno('ENXIO', `${address} is not connected`);
    if (!sameLine(text, context.tsm.name))
      throw errno('EINVAL', `${address} is connected to ${context.tsm.name}`);
    this.teardown(address);
  }

  /** Gives an interface to a TVM. */
  bind(address: string, tvm: string | null, id: number): void {
    if (tvm === null) throw errno('EINVAL', 'expected a TVM, got none');
    const context = this.contexts.get(address);
    if (!context) throw errno('EINVAL', `${address} is not connected`);
    const { link } = context.tsm;
    if (!link) throw errno('ENXIO', `${context.tsm.name} is no TSM of the host`);
    if (context.tvm === tvm) return;
    if (context.tvm !== undefined) throw errno('EBUSY', `${address} is bound to ${context.tvm}`);
    link.bind(this.device(address), tvm, id);
    context.tvm = tvm;
  }

  /** Silent when it is not bound. */
  unbind(address: string): void {
    const context = this.contexts.get(address);
    if (context?.tvm === undefined) return;
    context.tsm.link?.unbind(this.device(address));
    delete context.tvm;
  }

  guestRequest(address: string, scope: number, request: Uint8Array): Uint8Array {
    if (scope > MAX_SCOPE) throw errno('EINVAL', `scope ${String(scope)}: expected 0 or 1`);
    const context = this.contexts.get(address);
    if (!context?.tsm.link || context.tvm === undefined) throw errno('ENXIO', `${address} is not bound`);
    return context.tsm.link.guestRequest(this.device(address), scope, request);
  }

  /** A write to `tsm/lock`. */
  lock(address: string, text: string): void {
    const number = parseTsmName(text);
    const device = this.device(address);
    if (this.contexts.has(address)) throw errno('EBUSY', `${address} has a TSM already`);
    const tsm = this.tsms.get(number);
    if (!tsm?.devsec) throw errno('ENXIO', `tsm${String(number)} is no TSM of the guest`);
    this.refuseBound(address);
    tsm.devsec.lock(device);
    this.contexts.set(address, { tsm, dsm: address, accepted: false });
  }

  /** A write to `tsm/unlock`. */
  unlock(address: string, text: string): void {
    const { tsm } = this.locked(address);
    if (!sameLine(text, tsm.name)) throw errno('EINVAL', `${address} is locked by ${tsm.name}`);
    this.refuseBound(address);
    this.drop(address);
  }

  /** A write to `tsm/accept`. */
  accept(address: string, text: string): void {
    if (!parseBool(text)) throw errno('EINVAL', 'expected 1: unlock is the way back');
    const context = this.locked(address);
    this.refuseBound(address);
    context.tsm.devsec?.accept(this.device(address));
    context.accepted = true;
  }

  private device(address: string): PciFunction {
    const device = this.bus.find(address);
    if (!device) throw errno('ENODEV', `there is no function ${address}`);
    return device;
  }

  private locked(address: string): TsmContext {
    const context = this.contexts.get(address);
    if (!context?.tsm.devsec) throw errno('EINVAL', `${address} is not locked`);
    return context;
  }

  private refuseBound(address: string): void {
    const driver = this.bus.driverOf(address);
    if (driver !== undefined) throw errno('EBUSY', `the driver ${driver} has ${address}`);
  }

  private drop(address: string): void {
    const context = this.contexts.get(address);
    context?.tsm.devsec?.unlock(this.device(address));
    this.contexts.delete(address);
  }

  /** Unbinds every interface behind a function 0, then gives up their contexts, then its own. */
  private teardown(address: string): void {
    const own = [...this.bus.functions]
      .reverse()
      .filter((one) => this.contexts.get(one.address)?.dsm === address);
    for (const one of own) this.unbind(one.address);
    for (const one of own) if (one.address !== address) this.contexts.delete(one.address);
    const context = this.contexts.get(address);
    this.contexts.delete(address);
    context?.tsm.link?.disconnect(this.device(address), this.ide);
  }

  private removed({ address }: PciFunction): void {
    const context = this.contexts.get(address);
    if (!context) return;
    if (context.tsm.devsec) this.drop(address);
    else if (context.dsm === address) this.teardown(address);
    else {
      this.unbind(address);
      this.contexts.delete(address);
    }
  }
}
