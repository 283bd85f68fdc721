/**
 * Firmware in memory, and codes of the platform: UEFI_PLATFORM_FIRMWARE_BLOB, its second version, or text in their place.
 * Source: TCG PC Client Platform Firmware Profile 1.06 §10.2 and §10.4.1 (EV_POST_CODE, EV_S_CRTM_CONTENTS).
 */
import { ascii, field, struct, u64le, u8, type Layout } from '@tsm/core/layout';
import type { Meaning, Reading } from './reading.ts';
import { hexNumber, titleText } from './text.ts';
import { readText, textMeaning } from './text-like.ts';

const SPEC = 'TCG PC Client Platform Firmware Profile 1.06 §10.2';

const BLOB_ROWS = {
  blobBase: field(u64le, 'Physical address of the blob'),
  blobLength: field(u64le, 'Length of the blob in bytes'),
};

export const UEFI_PLATFORM_FIRMWARE_BLOB = struct('UEFI_PLATFORM_FIRMWARE_BLOB', SPEC, BLOB_ROWS);

export const UEFI_PLATFORM_FIRMWARE_BLOB2 = struct('UEFI_PLATFORM_FIRMWARE_BLOB2', SPEC, {
  blobDescriptionSize: field(u8, 'Length of the description in bytes'),
  blobDescription: field(ascii('blobDescriptionSize'), 'Description; some firmware counts a NUL in it'),
  ...BLOB_ROWS,
});

interface Blob {
  readonly blobBase: bigint;
  readonly blobLength: bigint;
  readonly blobDescription?: string;
}

function readAs(reading: Reading, layout: Layout<Blob>): Meaning | undefined {
  const blob = reading.read(layout);
  if (!blob) return undefined;
  const description = blob.blobDescription?.replace(/\0.*$/s, '');
  const range = `${String(blob.blobLength)} bytes at ${hexNumber(blob.blobBase)}`;
  return {
    kind: 'firmware-blob',
    title: titleText(description === undefined ? range : `${description}, ${range}`),
    fields: description === undefined ? { ...blob } : { ...blob, blobDescription: description },
  };
}

/** Base and length, or text such as `ACPI DATA`. */
export function readPostCode(reading: Reading): Meaning | undefined {
  return (
    textMeaning(reading) ??
    (reading.left >= 16 ? readAs(reading, UEFI_PLATFORM_FIRMWARE_BLOB) : readText(reading))
  );
}

/** Description, base and length, or text. */
export function readPostCode2(reading: Reading): Meaning | undefined {
  const [descriptionSize = 0] = reading.data;
  const fits = reading.left === 17 + descriptionSize;
  return (fits ? undefined : textMeaning(reading)) ?? readAs(reading, UEFI_PLATFORM_FIRMWARE_BLOB2);
}
