/** Data of firmware events and what they are made from. Spec: UEFI 2.10; TCG PC Client Platform Firmware Profile 1.06 §10. */
import {
  array,
  ascii,
  bytes,
  field,
  guid,
  prefixed,
  rest,
  struct,
  u16le,
  u32le,
  u64le,
  u8,
  utf16,
} from '@tsm/core/layout';

const PFP = 'TCG PC Client Platform Firmware Profile 1.06';

export const UefiVariableData = struct('UefiVariableData', `${PFP} §10.2.6`, {
  variableName: field(guid, 'Vendor GUID of the variable'),
  nameLength: field(u64le, 'Length of the name in characters'),
  dataLength: field(u64le, 'Length of the data in bytes'),
  unicodeName: field(utf16('nameLength'), 'Name without NUL'),
  variableData: field(bytes('dataLength'), 'Content; nothing for a variable that is absent'),
});

export const HandoffTable = struct('HandoffTable', 'UEFI 2.10 §4.6, EFI_CONFIGURATION_TABLE', {
  vendorGuid: field(guid, 'What the table is'),
  vendorTable: field(u64le, 'Address of the table'),
});

export const HandoffTablePointers2 = struct('HandoffTablePointers2', `${PFP} §10.2.5`, {
  description: field(prefixed(u8, rest), 'Text of the firmware'),
  numberOfTables: field(u64le, 'How many tables'),
  tableEntry: field(array(HandoffTable, 'numberOfTables'), 'The tables'),
});

export const PlatformFirmwareBlob2 = struct('PlatformFirmwareBlob2', `${PFP} §10.2.4`, {
  description: field(prefixed(u8, rest), 'Text of the firmware'),
  base: field(u64le, 'Address of the blob'),
  length: field(u64le, 'Size of the blob'),
});

export const ImageLoadEvent = struct('ImageLoadEvent', `${PFP} §10.2.3`, {
  imageLocation: field(u64le, 'Where the image was loaded; zero in a prediction'),
  imageLength: field(u64le, 'Size of the image'),
  linkTimeAddress: field(u64le, 'Where it was linked to'),
  devicePathLength: field(u64le, 'Length of the device path'),
  devicePath: field(bytes('devicePathLength'), 'Where it came from'),
});

export const TaggedEvent = struct('TaggedEvent', `${PFP} §10.2.7`, {
  id: field(u32le, 'What the event is, chosen by who logs it'),
  size: field(u32le, 'Size of the data'),
  data: field(bytes('size'), 'Text with NUL'),
});

export const FwCfgEvent = struct('FwCfgEvent', 'edk2 OvmfPkg/Library/QemuFwCfgLib/QemuFwCfgCacheInit.c', {
  title: field(ascii(12), 'QEMU FW CFG, NUL-terminated'),
  file: field(ascii(56), 'Name of the fw_cfg item, NUL-padded'),
});

export const TdShimEvent = struct(
  'TdShimEvent',
  'td-shim cc-measurement/src/log.rs, TdShimPlatformConfigInfoHeader',
  {
    descriptor: field(ascii(16), 'What was measured, NUL-padded'),
    size: field(u32le, 'Size of the data'),
    data: field(bytes('size'), 'What was measured'),
  },
);

export const DevicePathHeader = struct('DevicePathHeader', 'UEFI 2.10 §10.2', {
  type: field(u8, 'Kind of device'),
  subType: field(u8, 'Kind within the type'),
  length: field(u16le, 'Size of the node in bytes, header included'),
});

export const LoadOption = struct('LoadOption', 'UEFI 2.10 §3.1.3, EFI_LOAD_OPTION', {
  attributes: field(u32le, 'Active, hidden, category'),
  filePathListLength: field(u16le, 'Length of the device path'),
  rest: field(rest, 'Description in UTF-16LE with NUL, device path, optional data'),
});
