/** Attributes of a function in sysfs: its ids, `tsm/` and `authenticated`, and who sees them (drivers/pci/tsm.c). */
import { utf8Text, type PciFunction } from '@tsm/core';
import { sysfsText } from '../files/sysfs.ts';
import type { DirectoryNode, FileNode, Node } from '../node.ts';
import type { PciView } from '../profiles.ts';
import type { TsmCore } from './tsm-core.ts';

interface Attribute {
  readonly name: string;
  readonly mode: number;
  readonly visible: (core: TsmCore, device: PciFunction) => boolean;
  readonly show?: (core: TsmCore, address: string) => string;
  readonly store?: (core: TsmCore, address: string, text: string) => void;
}

/** Behind a function 0 that was connected, and can do TDISP. */
const hasTeeContext = (core: TsmCore, { address, tee }: PciFunction): boolean => {
  const context = core.contextOf(address);
  return context?.tsm.link !== undefined && (tee || context.dsm !== address);
};
const isPf0 = (core: TsmCore, device: PciFunction): boolean => core.linkCount > 0 && core.isPf0(device);
const inGroup = (core: TsmCore, device: PciFunction): boolean =>
  core.linkCount > 0 && (core.isPf0(device) || core.contextOf(device.address)?.tsm.link !== undefined);
const canLock = (core: TsmCore, { tee }: PciFunction): boolean => core.devsecCount > 0 && tee;

const linkName = (core: TsmCore, address: string): string => {
  const tsm = core.contextOf(address)?.tsm;
  return tsm?.link ? tsm.name : '';
};

/** In `tsm/`, since Linux 6.19. */
const LINK: readonly Attribute[] = [
  {
    ...{ name: 'connect', mode: 0o644, visible: isPf0, show: linkName },
    store: (core, address, text) => core.connect(address, text),
  },
  {
    ...{ name: 'disconnect', mode: 0o200, visible: isPf0 },
    store: (core, address, text) => core.disconnect(address, text),
  },
  {
    ...{ name: 'dsm', mode: 0o444 },
    visible: (core, device) => isPf0(core, device) || hasTeeContext(core, device),
    show: (core, address) => {
      const context = core.contextOf(address);
      return context?.tsm.link ? context.dsm : '';
    },
  },
  {
    ...{ name: 'bound', mode: 0o444 },
    visible: (core, device) => (isPf0(core, device) && device.tee) || hasTeeContext(core, device),
    show: (core, address) => (core.contextOf(address)?.tvm === undefined ? '' : linkName(core, address)),
  },
];

/** In `tsm/`, as proposed for the guest. */
const DEVSEC: readonly Attribute[] = [
  {
    ...{ name: 'lock', mode: 0o644, visible: canLock },
    show: (core, address) => {
      const tsm = core.contextOf(address)?.tsm;
      return tsm?.devsec ? tsm.name : '';
    },
    store: (core, address, text) => core.lock(address, text),
  },
  {
    ...{ name: 'unlock', mode: 0o200, visible: canLock },
    store: (core, address, text) => core.unlock(address, text),
  },
  {
    ...{ name: 'accept', mode: 0o644, visible: canLock },
    show: (core, address) => (core.contextOf(address)?.accepted === true ? '1' : '0'),
    store: (core, address, text) => core.accept(address, text),
  },
];

/** Of the device itself: an alias of `tsm/connect` that nobody writes. */
const AUTHENTICATED: Attribute = { name: 'authenticated', mode: 0o444, visible: inGroup, show: linkName };

/** A text attribute: one line when it is read, one write at a time. */
export function lineFile(mode: number, show?: () => string, store?: (text: string) => void): FileNode {
  return sysfsText(
    mode,
    show && (() => `${show()}\n`),
    store && ((bytes: Uint8Array) => store(utf8Text(bytes))),
  );
}

const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`;

/** `vendor`, `device` and `class` (Documentation/ABI/testing/sysfs-bus-pci). */
export function identity({ vendor, device, classCode }: PciFunction): [string, Node][] {
  const rows = [
    ['vendor', hex(vendor, 4)],
    ['device', hex(device, 4)],
    ['class', hex(classCode, 6)],
  ] as const;
  return rows.map(([name, text]) => [name, lineFile(0o444, () => text)]);
}

/** What a function shows, of what is visible at that moment: a group without a visible file is not there. */
export function tsmAttributes(core: TsmCore, device: PciFunction, view: PciView): () => [string, Node][] {
  const { address } = device;
  const fileOf = ({ mode, show, store }: Attribute): FileNode =>
    lineFile(
      mode,
      show && (() => show(core, address)),
      store && ((text: string) => store(core, address, text)),
    );
  const rows = view === 'devsec' ? [...LINK, ...DEVSEC] : LINK;
  const files = rows.map((row) => ({ row, file: fileOf(row) }));
  const authenticated = fileOf(AUTHENTICATED);
  const shown = (): [string, Node][] =>
    files.flatMap(({ row, file }): [string, Node][] => (row.visible(core, device) ? [[row.name, file]] : []));
  const group: DirectoryNode = { kind: 'directory', mode: 0o755, entries: () => new Map(shown()) };
  return () => [
    ...(shown().length > 0 ? ([['tsm', group]] satisfies [string, Node][]) : []),
    ...(AUTHENTICATED.visible(core, device)
      ? ([['authenticated', authenticated]] satisfies [string, Node][])
      : []),
  ];
}
