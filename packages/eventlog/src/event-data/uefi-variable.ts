/**
 * UEFI variables in events: UEFI_VARIABLE_DATA, boot options and boot order, Secure Boot databases and authorities.
 * Source: TCG PC Client Platform Firmware Profile 1.06 §10.2; UEFI 2.10 §3.1.3 (EFI_LOAD_OPTION), §3.3, §32.
 */
import { bytes, field, guid, struct, u16le, u32le, u64le, utf16 } from '@tsm/core/layout';
import { readDevicePaths } from './device-path/device-path.ts';
import type { Meaning, Reading } from './reading.ts';
import {
  EFI_SIGNATURE_DATA,
  looksLikeCertificate,
  readSignatureLists,
  signatureSummary,
} from './signatures.ts';
import { findText, hexTitle, titleText, wideEnd, wideText } from './text.ts';

const SPEC = 'TCG PC Client Platform Firmware Profile 1.06 §10.2';

const HEADER_ROWS = {
  variableName: field(guid, 'GUID of the name space'),
  unicodeNameLength: field(u64le, 'Length of the name in UTF-16 code units'),
  variableDataLength: field(u64le, 'Length of the data in bytes'),
};

/** The fixed part of {@link UEFI_VARIABLE_DATA}. */
export const UEFI_VARIABLE_HEADER = struct('UEFI_VARIABLE_DATA header', SPEC, HEADER_ROWS);

export const UEFI_VARIABLE_DATA = struct('UEFI_VARIABLE_DATA', SPEC, {
  ...HEADER_ROWS,
  unicodeName: field(utf16('unicodeNameLength'), 'Name'),
  variableData: field(bytes('variableDataLength'), 'Data'),
});

export const EFI_LOAD_OPTION = struct('EFI_LOAD_OPTION', 'UEFI 2.10 §3.1.3', {
  attributes: field(u32le, 'Bit 0 active, bit 1 force reconnect, bit 3 hidden, bits 8–12 category'),
  filePathListLength: field(u16le, 'Length of the device paths in bytes'),
});

const BOOT_NUMBER = struct('BootNumber', 'UEFI 2.10 §3.3', {
  number: field(u16le, 'Number of a boot option'),
});

/** Real machines have a dozen. */
const MAX_BOOT_OPTIONS = 1024;

/** What the data of a variable says: words after the name, and fields beside those of the variable. */
interface Value {
  readonly words: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

function readLoadOption(reading: Reading): Value | undefined {
  const head = reading.read(EFI_LOAD_OPTION);
  if (!head) return undefined;
  const units = wideEnd(reading.rest());
  if (units < 0) {
    reading.issue('event.load-option', {});
    return undefined;
  }
  const description = wideText(reading.rest());
  reading.leaf('description', 2 * units + 2, 'Description, with a NUL', description);
  const paths = reading.window('filePathList', head.filePathListLength, 'Device paths', () =>
    readDevicePaths(reading),
  );
  if (!paths) return undefined;
  const optionalData = reading.rest();
  if (optionalData.length > 0)
    reading.leaf('optionalData', optionalData.length, 'Data for the loaded image', optionalData);
  return {
    words: `"${description}" ${paths[0]?.file ?? paths[0]?.text ?? ''}`.trimEnd(),
    fields: { option: { ...head, description, devicePaths: paths, optionalData } },
  };
}

const bootName = (number: number): string => number.toString(16).toUpperCase().padStart(4, '0');

function readBootNumbers(reading: Reading): Value {
  const order: number[] = [];
  while (reading.left >= 2) {
    if (order.length === MAX_BOOT_OPTIONS) {
      reading.issue('event.too-many', { what: 'boot options', max: MAX_BOOT_OPTIONS });
      reading.skip();
      break;
    }
    const one = reading.child(`[${String(order.length)}]`, 'Boot option', () => reading.read(BOOT_NUMBER));
    if (one) order.push(one.number);
  }
  return { words: `= ${order.map(bootName).join(', ')}`, fields: { order } };
}

function readDatabase(reading: Reading): Value {
  const lists = readSignatureLists(reading);
  return { words: `: ${signatureSummary(lists)}`, fields: { signatureLists: lists } };
}

function readPlain(reading: Reading): Value {
  const data = reading.rest();
  const text = data.length > 1 ? findText(data) : undefined;
  return { words: `= ${text?.text.trimEnd() ?? hexTitle(data)}`, fields: text ? { text: text.text } : {} };
}

/** Variables whose data has a structure of its own, by name. */
const STRUCTURES: readonly {
  readonly name: RegExp;
  readonly read: (reading: Reading) => Value | undefined;
}[] = [
  { name: /^(Boot|Driver|SysPrep|PlatformRecovery)[0-9A-F]{4}$/i, read: readLoadOption },
  { name: /^(BootOrder|DriverOrder|SysPrepOrder|BootNext|BootCurrent)$/, read: readBootNumbers },
  { name: /^(PK|KEK|db|dbx|dbt|dbr|devdb)(Default)?$/, read: readDatabase },
];

/** Key or hash that vouched for an image: with its owner in `db`, a bare certificate where shim or old GCE wrote it. */
function readAuthority(reading: Reading): Value {
  const data = reading.rest();
  if (looksLikeCertificate(data))
    return { words: `: X.509 certificate, ${String(data.length)} bytes`, fields: { certificate: data } };
  const owned = looksLikeCertificate(data.subarray(16));
  if (!owned && (data.length !== 16 + 32 || findText(data))) return readPlain(reading);
  const signature = reading.read(EFI_SIGNATURE_DATA);
  const what = owned ? `X.509 certificate, ${String(data.length - 16)} bytes` : 'SHA-256 hash';
  return { words: `: ${what}`, fields: { signature } };
}

function readWith(
  kind: string,
  reading: Reading,
  pick: (name: string) => (reading: Reading) => Value | undefined,
): Meaning | undefined {
  const variable = reading.read(UEFI_VARIABLE_DATA);
  if (!variable) return undefined;
  const { unicodeName: name, variableData: data } = variable;
  const value =
    data.length === 0 ? undefined : reading.inside('variableData', () => withoutGap(reading, pick(name)));
  const words = value?.words ?? `= ${hexTitle(data)}`;
  return {
    kind,
    title: titleText(`${name}${words.startsWith(':') ? '' : ' '}${words}`),
    fields: { ...variable, ...value?.fields },
  };
}

/** Data that `read` leaves as it is has no structure: nothing of it is "left over". */
function withoutGap(reading: Reading, read: (reading: Reading) => Value | undefined): Value | undefined {
  const before = reading.left;
  const value = read(reading);
  if (reading.left === before) reading.pass();
  return value;
}

/** UEFI_VARIABLE_DATA of configuration and boot variables. */
export function readVariable(reading: Reading): Meaning | undefined {
  return readWith(
    'uefi-variable',
    reading,
    (name) => STRUCTURES.find((one) => one.name.test(name))?.read ?? readPlain,
  );
}

/** UEFI_VARIABLE_DATA of the entry that vouched for an image. */
export function readVariableAuthority(reading: Reading): Meaning | undefined {
  return readWith('uefi-variable-authority', reading, () => readAuthority);
}
