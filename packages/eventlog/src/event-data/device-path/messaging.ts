/** Messaging nodes of device paths: disks, networks, USB. Source: UEFI 2.10 §10.3.4 and §10.6. */
import { toHex, utf8Text } from '@tsm/core';
import { bytes, field, rest, struct, u16le, u32le, u8 } from '@tsm/core/layout';
import { hexNumber as hex } from '../text.ts';
import { kind, SPEC, upper, vendor, vendorLayout, type NodeKind } from './node.ts';

const dotted = (address: Uint8Array): string => address.join('.');
const colons = (address: Uint8Array): string => (toHex(address).match(/.{4}/g) ?? []).join(':');
const protocol = (id: number): string => ({ 6: 'TCP', 17: 'UDP' })[id] ?? hex(id);

const IP_ROWS = {
  localPort: field(u16le, 'Local port'),
  remotePort: field(u16le, 'Remote port'),
  protocol: field(u16le, 'Protocol number of IP'),
};

export const MESSAGING_NODES: readonly NodeKind[] = [
  kind(
    3,
    1,
    struct('ATAPI_DEVICE_PATH', `${SPEC}.4`, {
      primarySecondary: field(u8, '0 primary, 1 secondary'),
      slaveMaster: field(u8, '0 master, 1 slave'),
      lun: field(u16le, 'Logical unit'),
    }),
    (v) =>
      `Ata(${v.primarySecondary === 0 ? 'Primary' : 'Secondary'},${v.slaveMaster === 0 ? 'Master' : 'Slave'},${hex(v.lun)})`,
  ),
  kind(
    3,
    2,
    struct('SCSI_DEVICE_PATH', `${SPEC}.4`, {
      target: field(u16le, 'Target'),
      lun: field(u16le, 'Logical unit'),
    }),
    (v) => `Scsi(${hex(v.target)},${hex(v.lun)})`,
  ),
  kind(
    3,
    5,
    struct('USB_DEVICE_PATH', `${SPEC}.4`, {
      parentPort: field(u8, 'Port'),
      interface: field(u8, 'Interface'),
    }),
    (v) => `USB(${hex(v.parentPort)},${hex(v.interface)})`,
  ),
  kind(3, 10, vendorLayout('VENDOR_DEFINED_MESSAGING_DEVICE_PATH', '.4'), vendor('VenMsg')),
  kind(
    3,
    11,
    struct('MAC_ADDR_DEVICE_PATH', `${SPEC}.4`, {
      address: field(bytes(32), 'Address, padded with zeros'),
      interfaceType: field(u8, 'Type of the interface (RFC 3232)'),
    }),
    // Ethernet addresses have 6 bytes; the others fill the field.
    (v) =>
      `MAC(${toHex(v.interfaceType <= 1 ? v.address.subarray(0, 6) : v.address)},${hex(v.interfaceType)})`,
  ),
  kind(
    3,
    12,
    struct('IPv4_DEVICE_PATH', `${SPEC}.4`, {
      localAddress: field(bytes(4), 'Local address'),
      remoteAddress: field(bytes(4), 'Remote address'),
      ...IP_ROWS,
      static: field(u8, '0 DHCP, 1 static'),
      gateway: field(rest, 'Gateway and subnet mask; not in older nodes'),
    }),
    (v) => {
      const more =
        v.gateway.length === 8 ? `,${dotted(v.gateway.subarray(0, 4))},${dotted(v.gateway.subarray(4))}` : '';
      const origin = v.static === 0 ? 'DHCP' : 'Static';
      return `IPv4(${dotted(v.remoteAddress)},${protocol(v.protocol)},${origin},${dotted(v.localAddress)}${more})`;
    },
  ),
  kind(
    3,
    13,
    struct('IPv6_DEVICE_PATH', `${SPEC}.4`, {
      localAddress: field(bytes(16), 'Local address'),
      remoteAddress: field(bytes(16), 'Remote address'),
      ...IP_ROWS,
      origin: field(u8, '0 manual, 1 stateless, 2 stateful'),
      gateway: field(rest, 'Prefix length and gateway; not in older nodes'),
    }),
    (v) => {
      const origin = ['Static', 'StatelessAutoConfigure', 'StatefulAutoConfigure'][v.origin] ?? hex(v.origin);
      return `IPv6(${colons(v.remoteAddress)},${protocol(v.protocol)},${origin},${colons(v.localAddress)})`;
    },
  ),
  kind(
    3,
    15,
    struct('USB_CLASS_DEVICE_PATH', `${SPEC}.4`, {
      vendorId: field(u16le, 'Vendor'),
      productId: field(u16le, 'Product'),
      deviceClass: field(u8, 'Class'),
      deviceSubClass: field(u8, 'Sub-class'),
      deviceProtocol: field(u8, 'Protocol'),
    }),
    (v) =>
      `UsbClass(${[v.vendorId, v.productId, v.deviceClass, v.deviceSubClass, v.deviceProtocol].map(hex).join(',')})`,
  ),
  kind(
    3,
    17,
    struct('DEVICE_LOGICAL_UNIT_DEVICE_PATH', `${SPEC}.4`, { lun: field(u8, 'Logical unit') }),
    (v) => `Unit(${hex(v.lun)})`,
  ),
  kind(
    3,
    18,
    struct('SATA_DEVICE_PATH', `${SPEC}.4`, {
      hbaPort: field(u16le, 'Port of the host adapter'),
      portMultiplierPort: field(u16le, 'Port of the multiplier; 0xffff for none'),
      lun: field(u16le, 'Logical unit'),
    }),
    (v) => `Sata(${hex(v.hbaPort)},${hex(v.portMultiplierPort)},${hex(v.lun)})`,
  ),
  kind(
    3,
    23,
    struct('NVME_NAMESPACE_DEVICE_PATH', `${SPEC}.4`, {
      namespaceId: field(u32le, 'Namespace'),
      eui64: field(bytes(8), 'IEEE EUI-64, least significant byte first'),
    }),
    (v) => `NVMe(${hex(v.namespaceId)},${(upper(toHex(v.eui64.toReversed())).match(/../g) ?? []).join('-')})`,
  ),
  kind(
    3,
    24,
    struct('URI_DEVICE_PATH', `${SPEC}.4`, { uri: field(rest, 'URI') }),
    (v) => `Uri(${utf8Text(v.uri)})`,
  ),
  kind(
    3,
    25,
    struct('UFS_DEVICE_PATH', `${SPEC}.4`, {
      target: field(u8, 'Target'),
      lun: field(u8, 'Logical unit'),
    }),
    (v) => `UFS(${hex(v.target)},${hex(v.lun)})`,
  ),
  kind(
    3,
    26,
    struct('SD_DEVICE_PATH', `${SPEC}.4`, { slot: field(u8, 'Slot') }),
    (v) => `SD(${hex(v.slot)})`,
  ),
  kind(
    3,
    29,
    struct('EMMC_DEVICE_PATH', `${SPEC}.4`, { slot: field(u8, 'Slot') }),
    (v) => `eMMC(${hex(v.slot)})`,
  ),
];
