/** Hardware, ACPI and BIOS boot nodes of device paths. Source: UEFI 2.10 §10.3.2, §10.3.3, §10.3.6 and §10.6. */
import { utf8Text } from '@tsm/core';
import { field, rest, struct, u16le, u32le, u8 } from '@tsm/core/layout';
import { hexNumber as hex } from '../text.ts';
import { ADDRESS_RANGE, kind, SPEC, upper, vendor, vendorLayout, type NodeKind } from './node.ts';

/** Names that the text form has for PNP ids. */
const PNP: Readonly<Record<string, string>> = {
  PNP0A03: 'PciRoot',
  PNP0A08: 'PcieRoot',
  PNP0604: 'Floppy',
  PNP0301: 'Keyboard',
  PNP0501: 'Serial',
  PNP0401: 'ParallelPort',
};

/** `PNP0A03` of a compressed EISA id; the number in hex for another vendor. */
const eisa = (id: number): string =>
  (id & 0xffff) === 0x41d0 ? `PNP${upper((id >>> 16).toString(16).padStart(4, '0'))}` : hex(id);

export const HARDWARE_NODES: readonly NodeKind[] = [
  kind(
    1,
    1,
    struct('PCI_DEVICE_PATH', `${SPEC}.2`, {
      function: field(u8, 'Function'),
      device: field(u8, 'Device'),
    }),
    (v) => `Pci(${hex(v.device)},${hex(v.function)})`,
  ),
  kind(
    1,
    3,
    struct('MEMMAP_DEVICE_PATH', `${SPEC}.2`, {
      memoryType: field(u32le, 'EFI_MEMORY_TYPE'),
      ...ADDRESS_RANGE,
    }),
    (v) => `MemoryMapped(${hex(v.memoryType)},${hex(v.startingAddress)},${hex(v.endingAddress)})`,
  ),
  kind(1, 4, vendorLayout('VENDOR_DEVICE_PATH', '.2'), vendor('VenHw')),
  kind(
    1,
    5,
    struct('CONTROLLER_DEVICE_PATH', `${SPEC}.2`, { controllerNumber: field(u32le, 'Number') }),
    (v) => `Ctrl(${hex(v.controllerNumber)})`,
  ),
  kind(
    2,
    1,
    struct('ACPI_HID_DEVICE_PATH', `${SPEC}.3`, {
      hid: field(u32le, 'Compressed EISA id'),
      uid: field(u32le, 'Unique id'),
    }),
    ({ hid, uid }) => {
      const id = eisa(hid);
      const name = PNP[id];
      return name === undefined ? `Acpi(${id},${hex(uid)})` : `${name}(${hex(uid)})`;
    },
  ),
  kind(
    2,
    2,
    struct('ACPI_EXTENDED_HID_DEVICE_PATH', `${SPEC}.3`, {
      hid: field(u32le, 'Compressed EISA id'),
      uid: field(u32le, 'Unique id'),
      cid: field(u32le, 'Compressed EISA id that it is compatible with'),
      strings: field(rest, 'HID, UID and CID as text, each with a NUL'),
    }),
    ({ hid, uid, cid, strings }) => {
      const [hidText = '', uidText = '', cidText = ''] = utf8Text(strings).split('\0');
      return `AcpiEx(${hidText || eisa(hid)},${cidText || eisa(cid)},${uidText || hex(uid)})`;
    },
  ),
  kind(
    2,
    3,
    struct('ACPI_ADR_DEVICE_PATH', `${SPEC}.3`, {
      adr: field(u32le, '_ADR'),
      more: field(rest, 'More _ADR values'),
    }),
    (v) => `AcpiAdr(${hex(v.adr)})`,
  ),
  kind(
    5,
    1,
    struct('BBS_BBS_DEVICE_PATH', `${SPEC}.6`, {
      deviceType: field(u16le, '1 floppy, 2 hard disk, 3 CD-ROM, 4 PCMCIA, 5 USB, 6 network'),
      statusFlag: field(u16le, 'Status flags'),
      description: field(rest, 'Description, with a NUL'),
    }),
    (v) => {
      const type = ['', 'Floppy', 'HD', 'CDROM', 'PCMCIA', 'USB', 'Network'][v.deviceType] ?? '';
      return `BBS(${type || hex(v.deviceType)},${utf8Text(v.description).replace(/\0.*$/s, '')},${hex(v.statusFlag)})`;
    },
  ),
];
