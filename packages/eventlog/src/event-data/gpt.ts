/** The GUID partition table: UEFI_GPT_DATA. Source: TCG PC Client Platform Firmware Profile 1.06 §10.2; UEFI 2.10 §5.3. */
import { array, ascii, field, guid, struct, u32le, u64le, utf16 } from '@tsm/core/layout';
import type { Meaning, Reading } from './reading.ts';
import { counted, titleText } from './text.ts';

const SIGNATURE = 'EFI PART';

export const EFI_PARTITION_TABLE_HEADER = struct('EFI_PARTITION_TABLE_HEADER', 'UEFI 2.10 §5.3.2', {
  signature: field(ascii(8), '"EFI PART"'),
  revision: field(u32le, 'Revision, 0x00010000'),
  headerSize: field(u32le, 'Size of the header in bytes'),
  headerCrc32: field(u32le, 'CRC-32 of the header'),
  reserved: field(u32le, 'Reserved'),
  myLba: field(u64le, 'Block of this header'),
  alternateLba: field(u64le, 'Block of the other header'),
  firstUsableLba: field(u64le, 'First block for partitions'),
  lastUsableLba: field(u64le, 'Last block for partitions'),
  diskGuid: field(guid, 'GUID of the disk'),
  partitionEntryLba: field(u64le, 'First block of the entries'),
  numberOfPartitionEntries: field(u32le, 'Entries on the disk, used or not'),
  sizeOfPartitionEntry: field(u32le, 'Size of an entry in bytes'),
  partitionEntryArrayCrc32: field(u32le, 'CRC-32 of the entries'),
});

export const EFI_PARTITION_ENTRY = struct('EFI_PARTITION_ENTRY', 'UEFI 2.10 §5.3.3', {
  partitionTypeGuid: field(guid, 'Type of the partition'),
  uniquePartitionGuid: field(guid, 'GUID of the partition'),
  startingLba: field(u64le, 'First block'),
  endingLba: field(u64le, 'Last block'),
  attributes: field(u64le, 'Attributes'),
  partitionName: field(utf16(36), 'Name, padded with NULs'),
});

export const UEFI_GPT_DATA = struct('UEFI_GPT_DATA', 'TCG PC Client Platform Firmware Profile 1.06 §10.2', {
  header: field(EFI_PARTITION_TABLE_HEADER, 'Header of the table'),
  numberOfPartitions: field(u64le, 'Number of entries that follow'),
  partitions: field(array(EFI_PARTITION_ENTRY, 'numberOfPartitions'), 'Entries that are used'),
});

export function readGpt(reading: Reading): Meaning | undefined {
  const gpt = reading.read(UEFI_GPT_DATA);
  if (!gpt) return undefined;
  const { header, partitions } = gpt;
  if (header.signature !== SIGNATURE) {
    reading.issue(
      'event.signature',
      { expected: SIGNATURE, found: JSON.stringify(header.signature) },
      SIGNATURE.length,
      0,
    );
  }
  return {
    kind: 'gpt',
    title: titleText(`GPT disk ${header.diskGuid}, ${counted(partitions.length, 'partition')}`),
    fields: {
      ...gpt,
      partitions: partitions.map((one) => ({
        ...one,
        partitionName: one.partitionName.replace(/\0.*$/s, ''),
      })),
    },
  };
}
