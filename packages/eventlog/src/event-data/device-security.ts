/**
 * Measurements of devices over SPDM: TCG_DEVICE_SECURITY_EVENT_DATA, both versions.
 * Source: TCG PC Client Platform Firmware Profile 1.06 §10.2; DMTF DSP0274 1.3 (measurement block).
 */
import { ascii, bytes, enumOf, field, rest, struct, u16le, u32le, u64le, u8 } from '@tsm/core/layout';
import { readDevicePath } from './device-path/device-path.ts';
import type { Meaning, Reading } from './reading.ts';
import { cText, hexTitle, titleText } from './text.ts';
import { readText } from './text-like.ts';

const SPEC = 'TCG PC Client Platform Firmware Profile 1.06 §10.2';
const signature = field(ascii(16), '"SPDM Device Sec" and a NUL, or "SPDM Device Sec2"');
const deviceType = field(
  enumOf(u32le, [
    { value: 0, name: 'none' },
    { value: 1, name: 'PCI' },
    { value: 2, name: 'USB' },
  ]),
  'Kind of device, and so of the device context',
);

export const DEVICE_SECURITY_HEADER = struct('TCG_DEVICE_SECURITY_EVENT_DATA_HEADER', SPEC, {
  signature,
  version: field(u16le, 'Version, 1'),
  length: field(u16le, 'Length of the event data'),
  spdmHashAlgo: field(u32le, 'MeasurementHashAlgo of SPDM'),
  deviceType,
});

export const DEVICE_SECURITY_HEADER2 = struct('TCG_DEVICE_SECURITY_EVENT_DATA_HEADER2', SPEC, {
  signature,
  version: field(u16le, 'Version, 2'),
  authState: field(
    enumOf(u8, [
      { value: 0, name: 'success' },
      { value: 1, name: 'no authority' },
      { value: 2, name: 'no binding' },
      { value: 3, name: 'failed: no signature' },
      { value: 4, name: 'failed: invalid' },
      { value: 0xff, name: 'no SPDM' },
    ]),
    'State of the authentication',
  ),
  reserved: field(u8, 'Reserved'),
  length: field(u32le, 'Length of the event data'),
  deviceType,
  subHeaderType: field(u32le, '0 measurement block, 1 certificate chain'),
  subHeaderLength: field(u32le, 'Length of the sub-header and what it leads'),
  subHeaderUid: field(u64le, 'Binds two events of one device together'),
});

export const SPDM_MEASUREMENT_SUB_HEADER = struct(
  'TCG_DEVICE_SECURITY_EVENT_DATA_SUB_HEADER_SPDM_MEASUREMENT_BLOCK',
  SPEC,
  {
    spdmVersion: field(u16le, 'Version of SPDM'),
    measurementBlockCount: field(u8, 'Number of measurement blocks'),
    reserved: field(u8, 'Reserved'),
    measurementHashAlgo: field(u32le, 'MeasurementHashAlgo of SPDM'),
  },
);

export const SPDM_CERT_CHAIN_SUB_HEADER = struct(
  'TCG_DEVICE_SECURITY_EVENT_DATA_SUB_HEADER_SPDM_CERT_CHAIN',
  SPEC,
  {
    spdmVersion: field(u16le, 'Version of SPDM'),
    slotId: field(u8, 'Slot of the chain'),
    reserved: field(u8, 'Reserved'),
    hashAlgo: field(u32le, 'BaseHashAlgo of SPDM'),
    certChain: field(rest, 'SPDM certificate chain'),
  },
);

export const SPDM_MEASUREMENT_BLOCK = struct(
  'SPDM_MEASUREMENT_BLOCK',
  'DMTF DSP0274 1.3, measurement block',
  {
    index: field(u8, 'Index of the measurement'),
    measurementSpecification: field(u8, '1 for DMTF'),
    measurementSize: field(u16le, 'Length of the measurement'),
    measurement: field(bytes('measurementSize'), 'Measurement'),
  },
);

export const DEVICE_PATH_LENGTH = struct('TCG_DEVICE_SECURITY_DEVICE_PATH', SPEC, {
  devicePathLength: field(u64le, 'Length of the device path'),
  devicePath: field(bytes('devicePathLength'), 'Device path'),
});

export const DEVICE_SECURITY_PCI_CONTEXT = struct('TCG_DEVICE_SECURITY_EVENT_DATA_PCI_CONTEXT', SPEC, {
  version: field(u16le, 'Version, 0'),
  length: field(u16le, 'Length of the context'),
  vendorId: field(u16le, 'Vendor'),
  deviceId: field(u16le, 'Device'),
  revisionId: field(u8, 'Revision'),
  classCode: field(bytes(3), 'Class code'),
  subsystemVendorId: field(u16le, 'Vendor of the subsystem'),
  subsystemId: field(u16le, 'Subsystem'),
});

export const DEVICE_SECURITY_USB_CONTEXT = struct('TCG_DEVICE_SECURITY_EVENT_DATA_USB_CONTEXT', SPEC, {
  version: field(u16le, 'Version, 0'),
  length: field(u16le, 'Length of the context'),
  descriptors: field(rest, 'Device, BOS and configuration descriptors'),
});

type Parts = Record<string, unknown>;

/** Device path and device context, which end both versions. */
function readDevice(reading: Reading, type: number): Parts {
  const context = { 1: DEVICE_SECURITY_PCI_CONTEXT, 2: DEVICE_SECURITY_USB_CONTEXT }[type];
  if (!context || reading.left === 0) return {};
  return {
    deviceContext: reading.child('deviceContext', 'Device context', () => reading.read<unknown>(context)),
  };
}

function readPath(reading: Reading): Parts {
  if (!reading.read(DEVICE_PATH_LENGTH)) return {};
  return { devicePath: reading.inside('devicePath', () => readDevicePath(reading)) };
}

function readBlocks(reading: Reading, count: number): Parts {
  const blocks: unknown[] = [];
  for (let i = 0; i < count && reading.left > 0; i++) {
    const block = reading.child(`measurements[${String(i)}]`, 'Measurement block', () =>
      reading.read(SPDM_MEASUREMENT_BLOCK),
    );
    if (block) blocks.push(block);
  }
  return { measurements: blocks };
}

function readSubHeader(reading: Reading, type: number): Parts {
  if (type === 1) return { ...reading.read(SPDM_CERT_CHAIN_SUB_HEADER) };
  if (type !== 0) {
    reading.pass();
    return {};
  }
  const head = reading.read(SPDM_MEASUREMENT_SUB_HEADER);
  return head ? { ...head, ...readBlocks(reading, head.measurementBlockCount) } : {};
}

function titleOf(parts: Parts): string {
  const context = parts['deviceContext'] as { vendorId?: number; deviceId?: number } | undefined;
  const id = (number: number): string => number.toString(16).padStart(4, '0');
  const device =
    context?.vendorId === undefined ? 'device' : `PCI ${id(context.vendorId)}:${id(context.deviceId ?? 0)}`;
  const [block] = (parts['measurements'] ?? []) as { index: number; measurement: Uint8Array }[];
  return `SPDM ${device}${block ? `, measurement ${String(block.index)} ${hexTitle(block.measurement)}` : ''}`;
}

function readVersion1(reading: Reading): Parts | undefined {
  const header = reading.read(DEVICE_SECURITY_HEADER);
  return (
    header && {
      ...header,
      ...readBlocks(reading, 1),
      ...readPath(reading),
      ...readDevice(reading, header.deviceType),
    }
  );
}

function readVersion2(reading: Reading): Parts | undefined {
  const header = reading.read(DEVICE_SECURITY_HEADER2);
  if (!header) return undefined;
  const path = readPath(reading);
  const sub = reading.window('subHeader', header.subHeaderLength, 'Sub-header', () =>
    readSubHeader(reading, header.subHeaderType),
  );
  return {
    ...header,
    ...path,
    subHeader: sub,
    measurements: sub?.['measurements'],
    ...readDevice(reading, header.deviceType),
  };
}

export function readDeviceSecurity(reading: Reading): Meaning | undefined {
  const name = cText(reading.data.subarray(0, 16));
  const read = { 'SPDM Device Sec': readVersion1, 'SPDM Device Sec2': readVersion2 }[name];
  if (!read) return { ...readText(reading), kind: 'device-security' };
  const parts = read(reading);
  return parts && { kind: 'device-security', title: titleText(titleOf(parts)), fields: parts };
}
