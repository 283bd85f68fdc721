/** Images that firmware started: UEFI_IMAGE_LOAD_EVENT. Source: TCG PC Client Platform Firmware Profile 1.06 §10.2. */
import { bytes, field, struct, u64le } from '@tsm/core/layout';
import { readDevicePath } from './device-path/device-path.ts';
import type { Meaning, Reading } from './reading.ts';
import { hexNumber, titleText } from './text.ts';

export const UEFI_IMAGE_LOAD_EVENT = struct(
  'UEFI_IMAGE_LOAD_EVENT',
  'TCG PC Client Platform Firmware Profile 1.06 §10.2',
  {
    imageLocationInMemory: field(u64le, 'Address of the image'),
    imageLengthInMemory: field(u64le, 'Length of the image in bytes'),
    imageLinkTimeAddress: field(u64le, 'Address that the image was linked for'),
    lengthOfDevicePath: field(u64le, 'Length of the device path in bytes'),
    devicePath: field(bytes('lengthOfDevicePath'), 'Where the image came from'),
  },
);

export function readImageLoad(reading: Reading): Meaning | undefined {
  const image = reading.read(UEFI_IMAGE_LOAD_EVENT);
  if (!image) return undefined;
  const path = reading.inside('devicePath', () => readDevicePath(reading));
  const from = path?.file ?? path?.text ?? '';
  const size = `${String(image.imageLengthInMemory)} bytes at ${hexNumber(image.imageLocationInMemory)}`;
  return {
    kind: 'image-load',
    title: titleText(from === '' ? `image of ${size}, no path` : from),
    fields: { ...image, devicePath: path },
  };
}
