/** The GUID partition table. Spec: UEFI 2.10 §5.3. */
import { ascii, bytes, field, guid, reserved, struct, u32le, u64le, utf16 } from '@tsm/core/layout';

export const GptHeader = struct('GptHeader', 'UEFI 2.10 §5.3.2', {
  signature: field(ascii(8), 'EFI PART'),
  revision: field(u32le, '0x00010000'),
  headerSize: field(u32le, '92'),
  headerCrc32: field(u32le, 'CRC-32 of the header'),
  reserved: field(reserved(4), 'Zero'),
  myLba: field(u64le, 'Where this header is'),
  alternateLba: field(u64le, 'Where the other header is'),
  firstUsableLba: field(u64le, 'First block for partitions'),
  lastUsableLba: field(u64le, 'Last block for partitions'),
  diskGuid: field(guid, 'The disk'),
  partitionEntryLba: field(u64le, 'Where the entries start'),
  numberOfPartitionEntries: field(u32le, 'Rows of the table'),
  sizeOfPartitionEntry: field(u32le, 'Size of a row in bytes'),
  partitionEntryArrayCrc32: field(u32le, 'CRC-32 of the rows'),
});

export const GptEntry = struct('GptEntry', 'UEFI 2.10 §5.3.3', {
  typeGuid: field(guid, 'Kind of partition; zero in a row that is not used'),
  uniqueGuid: field(guid, 'The partition'),
  startingLba: field(u64le, 'First block'),
  endingLba: field(u64le, 'Last block'),
  attributes: field(bytes(8), 'Attributes'),
  name: field(utf16(36), 'Name, NUL-padded'),
});
