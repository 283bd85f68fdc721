/** Media nodes of device paths: partitions, files, firmware volumes. Source: UEFI 2.10 §10.3.5 and §10.6. */
import { guidText, toHex } from '@tsm/core';
import { bytes, field, guid, rest, struct, u16le, u32le, u64le, u8 } from '@tsm/core/layout';
import { hexNumber as hex, wideText } from '../text.ts';
import { ADDRESS_RANGE, kind, SPEC, upper, vendor, vendorLayout, type NodeKind } from './node.ts';

const HD = struct('HARDDRIVE_DEVICE_PATH', `${SPEC}.5`, {
  partitionNumber: field(u32le, 'Number of the partition, from 1'),
  partitionStart: field(u64le, 'First block'),
  partitionSize: field(u64le, 'Number of blocks'),
  signature: field(bytes(16), 'Signature of the partition'),
  partitionFormat: field(u8, '1 MBR, 2 GPT'),
  signatureType: field(u8, '0 none, 1 MBR, 2 GUID'),
});

const GUID_ONLY = struct('EFI_GUID', 'UEFI 2.10 appendix A', { guid: field(guid, 'GUID') });
const mbr = (signature: Uint8Array): string => `0x${toHex(signature.subarray(0, 4).toReversed())}`;

export const MEDIA_NODES: readonly NodeKind[] = [
  kind(4, 1, HD, (v) => {
    const number = String(v.partitionNumber);
    const range = `${hex(v.partitionStart)},${hex(v.partitionSize)}`;
    if (v.signatureType === 2) return `HD(${number},GPT,${upper(guidText(v.signature))},${range})`;
    return v.signatureType === 1
      ? `HD(${number},MBR,${mbr(v.signature)},${range})`
      : `HD(${number},${hex(v.partitionFormat)},0,${range})`;
  }),
  kind(
    4,
    2,
    struct('CDROM_DEVICE_PATH', `${SPEC}.5`, {
      bootEntry: field(u32le, 'Boot entry'),
      partitionStart: field(u64le, 'First block'),
      partitionSize: field(u64le, 'Number of blocks'),
    }),
    (v) => `CDROM(${hex(v.bootEntry)},${hex(v.partitionStart)},${hex(v.partitionSize)})`,
  ),
  kind(4, 3, vendorLayout('VENDOR_DEFINED_MEDIA_DEVICE_PATH', '.5'), vendor('VenMedia')),
  kind(
    4,
    4,
    struct('FILEPATH_DEVICE_PATH', `${SPEC}.5`, { pathName: field(rest, 'UTF-16 path, with a NUL') }),
    (v) => `File(${wideText(v.pathName)})`,
  ),
  kind(
    4,
    5,
    { ...GUID_ONLY, name: 'MEDIA_PROTOCOL_DEVICE_PATH', spec: `${SPEC}.5` },
    (v) => `Media(${upper(v.guid)})`,
  ),
  kind(
    4,
    6,
    { ...GUID_ONLY, name: 'MEDIA_FW_VOL_FILEPATH_DEVICE_PATH', spec: `${SPEC}.5` },
    (v) => `FvFile(${upper(v.guid)})`,
  ),
  kind(
    4,
    7,
    { ...GUID_ONLY, name: 'MEDIA_FW_VOL_DEVICE_PATH', spec: `${SPEC}.5` },
    (v) => `Fv(${upper(v.guid)})`,
  ),
  kind(
    4,
    8,
    struct('MEDIA_RELATIVE_OFFSET_RANGE_DEVICE_PATH', `${SPEC}.5`, {
      reserved: field(u32le, 'Reserved'),
      ...ADDRESS_RANGE,
    }),
    (v) => `Offset(${hex(v.startingAddress)},${hex(v.endingAddress)})`,
  ),
  kind(
    4,
    9,
    struct('MEDIA_RAM_DISK_DEVICE_PATH', `${SPEC}.5`, {
      ...ADDRESS_RANGE,
      diskType: field(guid, 'Type of the disk'),
      instance: field(u16le, 'Instance'),
    }),
    (v) =>
      `RamDisk(${hex(v.startingAddress)},${hex(v.endingAddress)},${hex(v.instance)},${upper(v.diskType)})`,
  ),
];
