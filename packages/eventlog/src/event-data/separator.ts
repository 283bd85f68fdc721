/** Separators between boot phases. Source: TCG PC Client Platform Firmware Profile 1.06 §10.4.1, EV_SEPARATOR. */
import { toHex } from '@tsm/core';
import { field, struct, u32le } from '@tsm/core/layout';
import type { Meaning, Reading } from './reading.ts';
import { readText } from './text-like.ts';
import { titleText } from './text.ts';

export const SEPARATOR = struct('EV_SEPARATOR', 'TCG PC Client Platform Firmware Profile 1.06 §10.4.1', {
  value: field(u32le, '0 or 0xffffffff: no error; 1: error'),
});

/** Value whose digest is extended where the boot phase ended with an error; the data may then be anything. */
export const SEPARATOR_ERROR = 1;

/** Does the data say that the boot phase ended without an error? */
export function isPlainSeparator(data: Uint8Array): boolean {
  return data.length === 4 && (data[0] === 0 || data[0] === 0xff) && data.every((byte) => byte === data[0]);
}

export function readSeparator(reading: Reading): Meaning | undefined {
  const { data } = reading;
  if (data.length !== 4) {
    const text = readText(reading);
    return {
      kind: 'separator',
      title: titleText(`separator with error: ${text.title}`),
      fields: { ...text.fields, error: true },
    };
  }
  const separator = reading.read(SEPARATOR);
  if (!separator) return undefined;
  const error = !isPlainSeparator(data);
  return {
    kind: 'separator',
    title: `separator ${toHex(data)}${error ? ' with error' : ''}`,
    fields: { ...separator, error },
  };
}
