/** Event data as TD firmware and the Linux EFI stub log them, and what they are about. Spec: TCG PC Client Platform Firmware Profile 1.06 §10. */
import { concat, guidBytes, latin1Bytes, utf16Bytes, utf8Bytes } from '@tsm/core';
import { encode } from '@tsm/core/layout';
import {
  DevicePathHeader,
  FwCfgEvent,
  HandoffTablePointers2,
  ImageLoadEvent,
  LoadOption,
  PlatformFirmwareBlob2,
  TaggedEvent,
  TdShimEvent,
  UefiVariableData,
} from '../layout/uefi.ts';

/** TCG event types that TD firmware, boot loaders and kernels use. */
export const EVENT = {
  SEPARATOR: 0x4,
  EVENT_TAG: 0x6,
  PLATFORM_CONFIG_FLAGS: 0xa,
  IPL: 0xd,
  VARIABLE_DRIVER_CONFIG: 0x8000_0001,
  VARIABLE_BOOT: 0x8000_0002,
  BOOT_SERVICES_APPLICATION: 0x8000_0003,
  GPT: 0x8000_0006,
  ACTION: 0x8000_0007,
  PLATFORM_FIRMWARE_BLOB2: 0x8000_000a,
  HANDOFF_TABLES2: 0x8000_000b,
  VARIABLE_AUTHORITY: 0x8000_00e0,
} as const;

/** Vendor GUIDs of the variables that firmware measures. */
export const GLOBAL_VARIABLE = '8be4df61-93ca-11d2-aa0d-00e098032b8c';
export const IMAGE_SECURITY = 'd719b2cb-3d3a-4596-a3bc-dad00e67656f';

/** Name of the table that the TD HOB is logged as. */
const TD_TABLE = { text: 'TdxTable\0', guid: '93bb96af-b9f2-4eb8-9462-e0ba74564236' };
/** OVMF leaves the GUID of the firmware volume open. */
const VOLUME = 'Fv(XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX)\0';
/** Where OVMF shows the files that QEMU boots directly (edk2 QEMU_KERNEL_LOADER_FS_MEDIA_GUID). */
const KERNEL_MEDIA = '1428f772-b64a-441e-b8c3-9ebdd7f893c7';

function pathNode(type: number, subType: number, data: Uint8Array): Uint8Array {
  return concat(encode(DevicePathHeader, { type, subType, length: 4 + data.length }), data);
}

const pathEnd = (): Uint8Array => pathNode(0x7f, 0xff, new Uint8Array(0));

function guid(text: string): Uint8Array {
  return guidBytes(text) ?? new Uint8Array(16);
}

export function tdHobEvent(address: bigint): Uint8Array {
  return encode(HandoffTablePointers2, {
    description: latin1Bytes(TD_TABLE.text),
    numberOfTables: 1n,
    tableEntry: [{ vendorGuid: TD_TABLE.guid, vendorTable: address }],
  });
}

/** `description`: text with NUL, default that of OVMF for its variable store. */
export function blobEvent(base: bigint, length: bigint, description = VOLUME): Uint8Array {
  return encode(PlatformFirmwareBlob2, { description: latin1Bytes(description), base, length });
}

/** Name of a fw_cfg item; at most 55 characters. */
export function fwCfgEvent(file: string): Uint8Array {
  return encode(FwCfgEvent, { title: 'QEMU FW CFG\0', file: file.padEnd(56, '\0') });
}

/** UEFI_VARIABLE_DATA. No data: the variable is absent. */
export function variableData(vendor: string, name: string, data: Uint8Array): Uint8Array {
  return encode(UefiVariableData, {
    variableName: vendor,
    nameLength: BigInt(name.length),
    dataLength: BigInt(data.length),
    unicodeName: name,
    variableData: data,
  });
}

/** Boot#### data for a file of a firmware volume. */
export function volumeFileOption(
  attributes: number,
  title: string,
  volume: string,
  file: string,
): Uint8Array {
  const path = concat(pathNode(4, 7, guid(volume)), pathNode(4, 6, guid(file)), pathEnd());
  const rest = concat(utf16Bytes(`${title}\0`), path);
  return encode(LoadOption, { attributes, filePathListLength: path.length, rest });
}

/** EFI_IMAGE_LOAD_EVENT without the addresses, which a prediction cannot know. */
export function imageEvent(length: number, devicePath: Uint8Array): Uint8Array {
  return encode(ImageLoadEvent, {
    imageLocation: 0n,
    imageLength: BigInt(length),
    linkTimeAddress: 0n,
    devicePathLength: BigInt(devicePath.length),
    devicePath,
  });
}

/** Device path of the kernel that QEMU boots directly. */
export function kernelPath(): Uint8Array {
  return concat(pathNode(4, 3, guid(KERNEL_MEDIA)), pathNode(4, 4, utf16Bytes('kernel\0')), pathEnd());
}

/** Event of the Linux EFI stub. */
export function stubEvent(id: number, text: string): Uint8Array {
  const data = utf8Bytes(`${text}\0`);
  return encode(TaggedEvent, { id, size: data.length, data });
}

/** Event of td-shim; `descriptor`: text, at most 16 characters. */
export function tdShimEvent(descriptor: string, data: Uint8Array): Uint8Array {
  return encode(TdShimEvent, { descriptor: descriptor.padEnd(16, '\0'), size: data.length, data });
}
