/**
 * Event data that is mostly text: actions, versions, configuration of the platform, facts on a non-host platform.
 * Source: TCG PC Client Platform Firmware Profile 1.06 §10.4.1; td-shim; QEMU fw_cfg; Google Compute Engine.
 */
import { guidText } from '@tsm/core';
import { ascii, bytes, decode, enumOf, field, struct, u32le, u8 } from '@tsm/core/layout';
import type { Meaning, Reading } from './reading.ts';
import { cText, findText, hexTitle, titleText } from './text.ts';

/** td-shim's form of EV_PLATFORM_CONFIG_FLAGS. */
export const TD_SHIM_CONFIG = struct(
  'TdShimPlatformConfigInfoHeader',
  'confidential-containers/td-shim, event log',
  {
    descriptor: field(ascii(16), 'What it is, padded with NULs: `td_hob`, `td_payload_info`'),
    infoLength: field(u32le, 'Length of the content in bytes'),
    info: field(bytes('infoLength'), 'Content, as measured'),
  },
);
const TD_SHIM_HEADER = 20;

const GCE_TECHNOLOGIES = [
  { value: 0, name: 'none' },
  { value: 1, name: 'AMD SEV' },
  { value: 2, name: 'AMD SEV-ES' },
  { value: 3, name: 'Intel TDX' },
  { value: 4, name: 'AMD SEV-SNP' },
];

/** Google Compute Engine's form of EV_NONHOST_INFO. */
export const GCE_NON_HOST_INFO = struct('GCE NonHostInfo', 'google/go-eventlog, GCE firmware events', {
  signature: field(ascii(16), '"GCE NonHostInfo" and a NUL'),
  technology: field(enumOf(u8, GCE_TECHNOLOGIES), 'Confidential computing technology of the host'),
  reserved: field(bytes(15), 'Reserved'),
});

/** Bytes without a structure: shown in hexadecimal. */
export function readOpaque(reading: Reading): Meaning {
  return { kind: 'opaque', title: hexTitle(reading.data), fields: { data: reading.data } };
}

/** The data as text, or undefined when it is none. Bytes after the text's NUL become a field of their own. */
export function textMeaning(reading: Reading): Meaning | undefined {
  const found = findText(reading.rest());
  if (!found) return undefined;
  const { text, encoding, length } = found;
  reading.leaf('text', length, encoding === 'utf-8' ? 'Text' : 'UTF-16 text', text);
  if (reading.left > 0)
    reading.leaf('padding', reading.left, 'Bytes after the end of the text', reading.rest());
  return { kind: 'text', title: titleText(text), fields: { text, encoding } };
}

/** Text, or bytes. */
export function readText(reading: Reading): Meaning {
  return textMeaning(reading) ?? readOpaque(reading);
}

/** Version of the S-CRTM: text, or a GUID. */
export function readVersion(reading: Reading): Meaning {
  const text = textMeaning(reading);
  if (text) return { ...text, kind: 'version' };
  if (reading.left !== 16) return { ...readOpaque(reading), kind: 'version' };
  const guid = guidText(reading.data);
  reading.leaf('guid', 16, 'GUID of the version', guid);
  return { kind: 'version', title: guid, fields: { guid } };
}

function tdShimConfig(reading: Reading): Meaning | undefined {
  if (reading.left < TD_SHIM_HEADER) return undefined;
  const { value, length } = decode(TD_SHIM_CONFIG, reading.data);
  if (!value || length !== reading.data.length) return undefined;
  reading.read(TD_SHIM_CONFIG);
  const descriptor = value.descriptor.replace(/\0.*$/s, '');
  const text = findText(value.info)?.text;
  return {
    kind: 'config-flags',
    title: titleText(`${descriptor} ${text ?? hexTitle(value.info)}`),
    fields: { ...value, descriptor, ...(text === undefined ? {} : { text }) },
  };
}

/** Configuration of the platform: td-shim's form, a name such as `ACPI DATA`, or what the vendor likes. */
export function readConfigFlags(reading: Reading): Meaning {
  return tdShimConfig(reading) ?? { ...readText(reading), kind: 'config-flags' };
}

/** Facts on a non-host platform; Google Compute Engine says which confidential computing technology it uses. */
export function readNonHostInfo(reading: Reading): Meaning | undefined {
  if (!cText(reading.data.subarray(0, 16)).startsWith('GCE NonHostInfo')) return readText(reading);
  const info = reading.read(GCE_NON_HOST_INFO);
  if (!info) return undefined;
  const known = GCE_TECHNOLOGIES.find((one) => one.value === info.technology);
  const technologyName = known?.name ?? String(info.technology);
  return {
    kind: 'gce-non-host-info',
    title: `GCE, confidential computing: ${technologyName}`,
    fields: { ...info, technologyName },
  };
}
