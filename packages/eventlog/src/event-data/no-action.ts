/**
 * Events that extend nothing (EV_NO_ACTION), told apart by the 16-byte signature that they start with.
 * Source: TCG PC Client Platform Firmware Profile 1.06 §10.4.5; TCG PC Client Specific Implementation 1.21.
 */
import { ALGORITHMS, algorithmOfTcgId, utf8Text } from '@tsm/core';
import { ascii, bytes, enumOf, field, guid, struct, u16le, u32le, u8, type Layout } from '@tsm/core/layout';
import { SPEC_ID_EVENT } from '../tcg/layout.ts';
import type { Meaning, Reading } from './reading.ts';
import { cText, hexNumber, hexTitle, titleText } from './text.ts';
import { readText } from './text-like.ts';

const SPEC = 'TCG PC Client Platform Firmware Profile 1.06 §10.4.5';
const SIGNATURE_SIZE = 16;
const signature = field(ascii(SIGNATURE_SIZE), 'What the event is, padded with NULs');

/** Header of a SHA-1 log: `Spec ID Event00` for BIOS, `Spec ID Event02` for UEFI. */
export const SPEC_ID_EVENT_SHA1 = struct(
  'TCG_PCClientSpecIDEventStruct',
  'TCG EFI Platform Specification 1.22',
  {
    signature,
    platformClass: field(u32le, '0 client, 1 server'),
    specVersionMinor: field(u8, 'Minor version of the specification'),
    specVersionMajor: field(u8, 'Major version of the specification'),
    specErrata: field(u8, 'Errata level of the specification'),
    uintnSize: field(u8, 'Size of UINTN: 1 for 32 bits, 2 for 64 bits; reserved for BIOS'),
    vendorInfoSize: field(u8, 'Size of the vendor bytes'),
    vendorInfo: field(bytes('vendorInfoSize'), 'Vendor bytes'),
  },
);

export const STARTUP_LOCALITY = struct('TCG_EfiStartupLocalityEvent', SPEC, {
  signature,
  startupLocality: field(u8, 'Locality of TPM2_Startup: the value that PCR 0 starts from'),
});

const PLATFORM_ROWS = {
  signature,
  platformManufacturerId: field(u32le, 'IANA enterprise number of the platform manufacturer'),
  referenceManifestGuid: field(guid, 'GUID of the reference integrity manifest'),
};

const PLATFORM_TEXT_ROWS = {
  ...PLATFORM_ROWS,
  platformManufacturerStrSize: field(u8, 'Length of the manufacturer'),
  platformManufacturerStr: field(
    ascii('platformManufacturerStrSize'),
    'Manufacturer of the platform, with a NUL',
  ),
  platformModelSize: field(u8, 'Length of the model'),
  platformModel: field(ascii('platformModelSize'), 'Model of the platform, with a NUL'),
  platformVersionSize: field(u8, 'Length of the version'),
  platformVersion: field(ascii('platformVersionSize'), 'Version of the platform, with a NUL'),
  firmwareManufacturerStrSize: field(u8, 'Length of the firmware manufacturer'),
  firmwareManufacturerStr: field(
    ascii('firmwareManufacturerStrSize'),
    'Manufacturer of the firmware, with a NUL',
  ),
  firmwareManufacturerId: field(u32le, 'IANA enterprise number of the firmware manufacturer'),
  firmwareVersionSize: field(u8, 'Length of the firmware version'),
  firmwareVersion: field(ascii('firmwareVersionSize'), 'Version of the firmware, with a NUL'),
};

const LOCATOR = enumOf(u32le, [
  { value: 0, name: 'raw' },
  { value: 1, name: 'URI' },
  { value: 2, name: 'device path' },
  { value: 3, name: 'UEFI variable' },
]);

export const SP800_155_EVENT = struct('TCG_Sp800_155_PlatformId_Event', SPEC, PLATFORM_ROWS);
export const SP800_155_EVENT2 = struct('TCG_Sp800_155_PlatformId_Event2', SPEC, PLATFORM_TEXT_ROWS);
export const SP800_155_EVENT3 = struct('TCG_Sp800_155_PlatformId_Event3', SPEC, {
  ...PLATFORM_TEXT_ROWS,
  rimLocatorType: field(LOCATOR, 'How the manifest is located'),
  rimLocatorLength: field(u32le, 'Length of the location'),
  rimLocator: field(bytes('rimLocatorLength'), 'Location of the manifest'),
  platformCertLocatorType: field(LOCATOR, 'How the platform certificate is located'),
  platformCertLocatorLength: field(u32le, 'Length of the location'),
  platformCertLocator: field(bytes('platformCertLocatorLength'), 'Location of the platform certificate'),
});

export const HCRTM_COMPONENT = struct('TCG_HCRTMComponentEvent', SPEC, {
  signature,
  componentDescriptionSize: field(u8, 'Length of the description'),
  componentDescription: field(ascii('componentDescriptionSize'), 'Component that the H-CRTM measured'),
  measurementFormatType: field(u8, '0 digest, 1 raw digest'),
  componentMeasurementSize: field(u16le, 'Length of the measurement'),
  componentMeasurement: field(bytes('componentMeasurementSize'), 'Measurement'),
});

/** Text fields end with a NUL that their length counts. */
function withoutNuls(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const trim = (value: unknown): unknown => (typeof value === 'string' ? value.replace(/\0.*$/s, '') : value);
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, trim(value)]));
}

interface Form {
  readonly signature: string;
  readonly kind: string;
  readonly layout: Layout<unknown>;
  /** Words after the signature. */
  readonly words: (fields: Record<string, unknown>) => string;
}

function form<T>(text: string, kind: string, layout: Layout<T>, words: (value: T) => string): Form {
  return { signature: text, kind, layout, words: words as unknown as Form['words'] };
}

const platformWords = (value: { platformManufacturerStr: string; platformModel: string }): string =>
  [value.platformManufacturerStr, value.platformModel].filter((text) => text !== '').join(' ');

const algorithmName = (id: number): string => {
  const name = algorithmOfTcgId(id);
  return name === undefined ? hexNumber(id) : ALGORITHMS[name].name;
};

const FORMS: readonly Form[] = [
  form('Spec ID Event00', 'spec-id', SPEC_ID_EVENT_SHA1, () => ': SHA-1 log of BIOS'),
  form('Spec ID Event02', 'spec-id', SPEC_ID_EVENT_SHA1, () => ': SHA-1 log of UEFI'),
  form(
    'Spec ID Event03',
    'spec-id',
    SPEC_ID_EVENT,
    (v) => `: ${v.digestSizes.map((one) => algorithmName(one.algorithmId)).join(', ')}`,
  ),
  form('StartupLocality', 'startup-locality', STARTUP_LOCALITY, (v) => ` ${String(v.startupLocality)}`),
  form('SP800-155 Event', 'sp800-155', SP800_155_EVENT, (v) => ` ${v.referenceManifestGuid}`),
  form('SP800-155 Event2', 'sp800-155', SP800_155_EVENT2, (v) => `: ${platformWords(v)}`),
  form('SP800-155 Event3', 'sp800-155', SP800_155_EVENT3, (v) => {
    const where = v.rimLocatorType === 1 ? `, RIM ${utf8Text(v.rimLocator)}` : '';
    return `: ${platformWords(v)}${where}`;
  }),
  form(
    'H-CRTM CompMeas',
    'hcrtm-component',
    HCRTM_COMPONENT,
    (v) => ` ${v.componentDescription} ${hexTitle(v.componentMeasurement)}`,
  ),
];

export function readNoAction(reading: Reading): Meaning | undefined {
  const name = cText(reading.data.subarray(0, SIGNATURE_SIZE));
  const found = FORMS.find((one) => one.signature === name);
  if (!found) return { ...readText(reading), kind: 'no-action' };
  const value = reading.read(found.layout);
  if (value === undefined) return undefined;
  const fields = withoutNuls(value as Record<string, unknown>);
  return { kind: found.kind, title: titleText(`${name}${found.words(fields)}`), fields };
}
