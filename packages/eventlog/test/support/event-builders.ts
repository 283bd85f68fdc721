/** Encoders of the larger structures, for the fixtures. */
import { concat } from '@tsm/core';
import { encode } from '@tsm/core/layout';
import * as security from '../../src/event-data/device-security.ts';
import { TCG_TAGGED_EVENT } from '../../src/event-data/event-tag.ts';
import { UEFI_GPT_DATA } from '../../src/event-data/gpt.ts';
import { UEFI_IMAGE_LOAD_EVENT } from '../../src/event-data/image-load.ts';
import { bytesOf, DISK_PATH, GUID, OWNER, text, zeros } from './event-data.ts';

/** One fixture: event type, data, and what its decode must say. */
export interface Fixture {
  readonly name: string;
  readonly type: string;
  readonly data: Uint8Array;
  readonly kind: string;
  readonly title: string;
  /** Some of the fields. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

export const imageLoad = (path: Uint8Array): Uint8Array =>
  encode(UEFI_IMAGE_LOAD_EVENT, {
    imageLocationInMemory: 0x7d00_0000n,
    imageLengthInMemory: 4096n,
    imageLinkTimeAddress: 0n,
    lengthOfDevicePath: BigInt(path.length),
    devicePath: path,
  });

const partition = (name: string) => ({
  partitionTypeGuid: GUID,
  uniquePartitionGuid: OWNER,
  startingLba: 2048n,
  endingLba: 4095n,
  attributes: 0n,
  partitionName: name.padEnd(36, '\0'),
});

export const gpt = (diskSignature: string, ...names: string[]): Uint8Array =>
  encode(UEFI_GPT_DATA, {
    header: {
      signature: diskSignature,
      revision: 0x10000,
      headerSize: 92,
      headerCrc32: 1,
      reserved: 0,
      myLba: 1n,
      alternateLba: 99n,
      firstUsableLba: 34n,
      lastUsableLba: 66n,
      diskGuid: OWNER,
      partitionEntryLba: 2n,
      numberOfPartitionEntries: 128,
      sizeOfPartitionEntry: 128,
      partitionEntryArrayCrc32: 2,
    },
    numberOfPartitions: BigInt(names.length),
    partitions: names.map(partition),
  });

const sized = (value: string): [number, string] => [value.length + 1, `${value}\0`];
export const platform = { platformManufacturerId: 11129, referenceManifestGuid: OWNER };

export function platformText() {
  const [platformManufacturerStrSize, platformManufacturerStr] = sized('Maker');
  const [platformModelSize, platformModel] = sized('Model');
  const [platformVersionSize, platformVersion] = sized('');
  const [firmwareManufacturerStrSize, firmwareManufacturerStr] = sized('Firm');
  const [firmwareVersionSize, firmwareVersion] = sized('2.7');
  const manufacturer = {
    platformManufacturerStrSize,
    platformManufacturerStr,
    platformModelSize,
    platformModel,
  };
  const version = {
    platformVersionSize,
    platformVersion,
    firmwareManufacturerStrSize,
    firmwareManufacturerStr,
  };
  return {
    ...platform,
    ...manufacturer,
    ...version,
    firmwareManufacturerId: 1,
    firmwareVersionSize,
    firmwareVersion,
  };
}

export const uri = text('https://example.com/rim');
export const tables = [{ vendorGuid: 'eb9d2d31-2d88-11d3-9a16-0090273fc14d', vendorTable: 0xf0000n }];

export const tagged = (tag: number, data: Uint8Array): Uint8Array =>
  encode(TCG_TAGGED_EVENT, { taggedEventId: tag, taggedEventDataSize: data.length, taggedEventData: data });

export const block = encode(security.SPDM_MEASUREMENT_BLOCK, {
  index: 1,
  measurementSpecification: 1,
  measurementSize: 7,
  measurement: bytesOf(0, 4, 0, 1, 2, 3, 4),
});
export const securityPath = encode(security.DEVICE_PATH_LENGTH, {
  devicePathLength: BigInt(DISK_PATH.length),
  devicePath: DISK_PATH,
});
export const pci = encode(security.DEVICE_SECURITY_PCI_CONTEXT, {
  version: 0,
  length: 16,
  vendorId: 0x10de,
  deviceId: 0x2331,
  revisionId: 1,
  classCode: zeros(3),
  subsystemVendorId: 0,
  subsystemId: 0,
});
export const usb = encode(security.DEVICE_SECURITY_USB_CONTEXT, {
  version: 0,
  length: 6,
  descriptors: bytesOf(1, 2),
});

export function security2(
  subHeaderType: number,
  subHeader: Uint8Array,
  deviceType: number,
  context: Uint8Array,
): Uint8Array {
  const header = encode(security.DEVICE_SECURITY_HEADER2, {
    signature: 'SPDM Device Sec2',
    version: 2,
    authState: 0,
    reserved: 0,
    length: 0,
    deviceType,
    subHeaderType,
    subHeaderLength: subHeader.length,
    subHeaderUid: 9n,
  });
  return concat(header, securityPath, subHeader, context);
}

export const measurementSubHeader = concat(
  encode(security.SPDM_MEASUREMENT_SUB_HEADER, {
    spdmVersion: 0x12,
    measurementBlockCount: 1,
    reserved: 0,
    measurementHashAlgo: 4,
  }),
  block,
);
export const chainSubHeader = encode(security.SPDM_CERT_CHAIN_SUB_HEADER, {
  spdmVersion: 0x12,
  slotId: 0,
  reserved: 0,
  hashAlgo: 2,
  certChain: bytesOf(1, 2, 3),
});

export const specId = {
  platformClass: 0,
  specVersionMinor: 0,
  specVersionMajor: 2,
  specErrata: 0,
  uintnSize: 2,
};
