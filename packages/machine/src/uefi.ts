/** UEFI structures of the sample boot, written with the same tables that read them. */
import { concat, guidBytes, utf16Bytes, utf8Bytes } from '@tsm/core';
import { encode } from '@tsm/core/layout';
import {
  DEVICE_PATH_HEADER,
  EFI_LOAD_OPTION,
  EFI_SIGNATURE_DATA,
  EFI_SIGNATURE_LIST,
  TCG_TAGGED_EVENT,
  UEFI_GPT_DATA,
  UEFI_HANDOFF_TABLE_POINTERS2,
  UEFI_IMAGE_LOAD_EVENT,
  UEFI_PLATFORM_FIRMWARE_BLOB2,
  UEFI_VARIABLE_DATA,
} from '@tsm/eventlog/layouts';

const CERT_X509 = 'a5c059a1-94e4-4aa7-87b5-ab155c2bf072';
const HOB_LIST = '7739f24c-93d7-11d4-9a3a-0090273fc14d';
const EFI_SYSTEM_PARTITION = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b';
const LINUX_DATA = '0fc63daf-8483-4772-8e79-3d69d8477de4';

function node(type: number, subType: number, data: Uint8Array): Uint8Array {
  return concat(encode(DEVICE_PATH_HEADER, { type, subType, length: data.length + 4 }), data);
}

function number(value: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff);
}

const END_OF_PATH = node(0x7f, 0xff, new Uint8Array(0));

/** `PciRoot(0x0)/Pci(0x3,0x0)/HD(1,GPT,…)/FILE`. */
export function diskPath(partition: string, file: string): Uint8Array {
  const guid = guidBytes(partition) ?? new Uint8Array(16);
  const disk = concat(number(1, 4), number(2048, 8), number(0x64000, 8), guid, Uint8Array.of(2, 2));
  return concat(
    node(2, 1, concat(number(0x0a0341d0, 4), number(0, 4))),
    node(1, 1, Uint8Array.of(0, 3)),
    node(4, 1, disk),
    node(4, 4, utf16Bytes(`${file}\0`)),
    END_OF_PATH,
  );
}

export function variable(vendor: string, name: string, data: Uint8Array): Uint8Array {
  return encode(UEFI_VARIABLE_DATA, {
    variableName: vendor,
    unicodeNameLength: BigInt(name.length),
    variableDataLength: BigInt(data.length),
    unicodeName: name,
    variableData: data,
  });
}

export function signature(owner: string, certificate: Uint8Array): Uint8Array {
  return encode(EFI_SIGNATURE_DATA, { signatureOwner: owner, signatureData: certificate });
}

export function signatureList(owner: string, certificate: Uint8Array): Uint8Array {
  const data = signature(owner, certificate);
  const head = {
    signatureType: CERT_X509,
    signatureListSize: 28 + data.length,
    signatureHeaderSize: 0,
    signatureSize: data.length,
  };
  return concat(encode(EFI_SIGNATURE_LIST, head), data);
}

export function loadOption(description: string, path: Uint8Array): Uint8Array {
  return concat(
    encode(EFI_LOAD_OPTION, { attributes: 1, filePathListLength: path.length }),
    utf16Bytes(`${description}\0`),
    path,
  );
}

export function imageLoad(path: Uint8Array, size: number): Uint8Array {
  return encode(UEFI_IMAGE_LOAD_EVENT, {
    imageLocationInMemory: 0x7d00_0000n,
    imageLengthInMemory: BigInt(size),
    imageLinkTimeAddress: 0n,
    lengthOfDevicePath: BigInt(path.length),
    devicePath: path,
  });
}

/** A firmware volume; the description counts its NUL, as EDK II has it. */
export function firmwareBlob(description: string, base: bigint, length: bigint): Uint8Array {
  const text = `${description}\0`;
  return encode(UEFI_PLATFORM_FIRMWARE_BLOB2, {
    blobDescriptionSize: text.length,
    blobDescription: text,
    blobBase: base,
    blobLength: length,
  });
}

/** The TD hand-off block. */
export function handoffTable(address: bigint): Uint8Array {
  const text = 'TdxTable\0';
  return encode(UEFI_HANDOFF_TABLE_POINTERS2, {
    tableDescriptionSize: text.length,
    tableDescription: text,
    numberOfTables: 1n,
    tableEntry: [{ vendorGuid: HOB_LIST, vendorTable: address }],
  });
}

export function taggedEvent(tag: number, text: string): Uint8Array {
  const data = utf8Bytes(text);
  return encode(TCG_TAGGED_EVENT, {
    taggedEventId: tag,
    taggedEventDataSize: data.length,
    taggedEventData: data,
  });
}

/** A disk with an EFI system partition and a root file system. */
export function partitionTable(disk: string, esp: string, root: string): Uint8Array {
  const name = (text: string): string => text.padEnd(36, '\0');
  const header = {
    ...{
      signature: 'EFI PART',
      revision: 0x10000,
      headerSize: 92,
      headerCrc32: 0x5d1c_42a7,
      reserved: 0,
      myLba: 1n,
    },
    ...{
      alternateLba: 0x3f_ffffn,
      firstUsableLba: 34n,
      lastUsableLba: 0x3f_ffden,
      diskGuid: disk,
      partitionEntryLba: 2n,
    },
    ...{ numberOfPartitionEntries: 128, sizeOfPartitionEntry: 128, partitionEntryArrayCrc32: 0x8a6e_1f03 },
  };
  const partitions = [
    {
      partitionTypeGuid: EFI_SYSTEM_PARTITION,
      uniquePartitionGuid: esp,
      startingLba: 2048n,
      endingLba: 0x6_47ffn,
    },
    {
      partitionTypeGuid: LINUX_DATA,
      uniquePartitionGuid: root,
      startingLba: 0x6_4800n,
      endingLba: 0x3f_ffden,
    },
  ].map((one, i) => ({ ...one, attributes: 0n, partitionName: name(i === 0 ? 'esp' : 'root') }));
  return encode(UEFI_GPT_DATA, { header, numberOfPartitions: 2n, partitions });
}
