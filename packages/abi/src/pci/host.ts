/** The PCI half of a kernel: its bus, its IDE streams, and the TSMs in the way of the profile. */
import type { Planted } from '../node.ts';
import type { PciView } from '../profiles.ts';
import { tsmAttributes } from './attributes.ts';
import { PciBus } from './bus.ts';
import { IdeCore } from './ide.ts';
import { singletonAttributes, placeSingleton } from './rfc-2024-sysfs.ts';
import { SingletonTsm, type NativeCma } from './rfc-2024.ts';
import { placeBus, placeClass } from './sysfs.ts';
import { TsmCore } from './tsm-core.ts';

export interface PciHost {
  readonly bus: PciBus;
  readonly ide: IdeCore;
  /** Class devices, since Linux 6.19. */
  readonly tsms: TsmCore;
  /** The one TSM of the posting of 2024. */
  readonly singleton: SingletonTsm;
}

/** Places what the profile shows. What it does not show can be used all the same, and is seen nowhere. */
export function placePci(root: Planted, view: PciView, cma?: NativeCma): PciHost {
  const bus = new PciBus();
  const ide = new IdeCore(bus);
  const tsms = new TsmCore(bus, ide);
  const singleton = new SingletonTsm(bus, ide, cma);
  if (view === 'rfc-2024') {
    placeSingleton(root, singleton);
    placeBus(root, [bus, ide], singletonAttributes(singleton), false);
  } else if (view !== 'none') {
    placeClass(root, tsms, view === 'devsec');
    placeBus(root, [bus, ide], (device) => tsmAttributes(tsms, device, view), true);
  }
  return { bus, ide, tsms, singleton };
}
