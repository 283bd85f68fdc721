/** The bus in sysfs: host bridges, devices by their place, links by address, and the class of TSMs. */
import type { PciFunction } from '@tsm/core';
import { directory, link, type DirectoryNode, type LinkNode, type Node, type Planted } from '../node.ts';
import { identity, lineFile } from './attributes.ts';
import type { PciBus } from './bus.ts';
import type { IdeCore } from './ide.ts';
import type { ClassDevice, TsmCore } from './tsm-core.ts';

const PCI_DEVICES = '/sys/bus/pci/devices';
const TSM_CLASS = '/sys/class/tsm';

/** What a profile adds to a function; asked for at each look. */
export type Extra = (device: PciFunction) => () => [string, Node][];

function dynamic(entries: () => Iterable<readonly [string, Node]>): DirectoryNode {
  return { kind: 'directory', mode: 0o755, entries: () => new Map(entries()) };
}

/** The same link for the same target: a node is an inode. */
function linkTable(): (target: string) => LinkNode {
  const known = new Map<string, LinkNode>();
  return (target) => {
    const node = known.get(target) ?? link(target);
    known.set(target, node);
    return node;
  };
}

/** A host bridge, with the streams of IDE where the profile has them. */
function bridgeDirectory(
  [bus, ide]: readonly [PciBus, IdeCore],
  name: string,
  nodeOf: (device: PciFunction) => Node,
  streams: boolean,
): DirectoryNode {
  const left = lineFile(0o444, () => String(ide.available(name)));
  const linkTo = linkTable();
  const onRoot = (): PciFunction[] =>
    bus.functions.filter((one) => one.parent === undefined && bus.hostBridge(one) === name);
  return dynamic(() => [
    ...onRoot().map((one) => [one.address, nodeOf(one)] as const),
    ...(streams && ide.pool(name) > 0 ? [['available_secure_streams', left] as const] : []),
    ...(streams ? ide.registered(name) : []).flatMap((stream) => {
      const device = bus.find(stream.endpoint);
      const target = device && bus.path(device).slice(name.length + 1);
      return target === undefined ? [] : [[stream.name, linkTo(target)] as const];
    }),
  ]);
}

/** `/sys/devices/pciDDDD:BB/…` and `/sys/bus/pci/devices`. A host bridge is there from its first function on. */
export function placeBus(
  root: Planted,
  [bus, ide]: readonly [PciBus, IdeCore],
  extra: Extra,
  streams: boolean,
): void {
  const nodes = new WeakMap<PciFunction, Node>();
  const make = (device: PciFunction): Node => {
    const own = identity(device);
    const more = extra(device);
    const below = (): PciFunction[] => bus.functions.filter((one) => one.parent === device.address);
    return dynamic(() => [...own, ...more(), ...below().map((one) => [one.address, nodeOf(one)] as const)]);
  };
  const nodeOf = (device: PciFunction): Node => {
    const node = nodes.get(device) ?? make(device);
    nodes.set(device, node);
    return node;
  };
  const linkTo = linkTable();
  root.place(
    PCI_DEVICES,
    dynamic(() => bus.functions.map((one) => [one.address, linkTo(`../../../devices/${bus.path(one)}`)])),
  );
  const placed = new Set<string>();
  bus.onAdd((device) => {
    const name = bus.hostBridge(device);
    if (placed.has(name)) return;
    placed.add(name);
    root.place(`/sys/devices/${name}`, bridgeDirectory([bus, ide], name, nodeOf, streams));
  });
}

/** `/sys/class/tsm`: a link for each TSM to the directory below its parent. */
export function placeClass(root: Planted, core: TsmCore, withMode: boolean): void {
  const pathOf = ({ parent = 'virtual', name }: ClassDevice): string => `${parent}/tsm/${name}`;
  const linkTo = linkTable();
  root.place(
    TSM_CLASS,
    dynamic(() => core.devices.map((one) => [one.name, linkTo(`../../devices/${pathOf(one)}`)])),
  );
  core.onRegister((device) => {
    const mode = lineFile(0o444, () => (device.link ? 'link' : 'devsec'));
    return root.place(`/sys/devices/${pathOf(device)}`, directory(withMode ? [['pci_mode', mode]] : []));
  });
}
