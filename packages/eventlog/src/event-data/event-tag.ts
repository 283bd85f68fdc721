/**
 * Tagged events: TCG_PCClientTaggedEvent, with the tags of the CoCo attestation agent (AAEL) and of the Linux EFI stub.
 * Source: TCG PC Client Platform Firmware Profile 1.06 §10.2; Linux drivers/firmware/efi/libstub; CoCo guest-components.
 */
import { bytes, field, struct, u32le } from '@tsm/core/layout';
import type { Meaning, Reading } from './reading.ts';
import { cText, findText, hexNumber, hexTitle, titleText } from './text.ts';
import { readText } from './text-like.ts';

export const TCG_TAGGED_EVENT = struct(
  'TCG_PCClientTaggedEvent',
  'TCG PC Client Platform Firmware Profile 1.06 §10.2',
  {
    taggedEventId: field(u32le, 'Tag'),
    taggedEventDataSize: field(u32le, 'Length of the data in bytes'),
    taggedEventData: field(bytes('taggedEventDataSize'), 'Data'),
  },
);
const HEADER_SIZE = 8;

/** `AAEL`, the tag of the attestation agent's events. */
export const AAEL_TAG = 0x4141454c;

/** Names of tags. */
const TAG_NAMES: ReadonlyMap<number, string> = new Map([
  [AAEL_TAG, 'AAEL'],
  [0x8f3b22ec, 'Linux initrd'],
  [0x8f3b22ed, 'Linux load options'],
]);

/** `domain operation content`: parted at the first two spaces; the content may hold more. */
export function splitAael(text: string): { domain: string; operation: string; content: string } {
  const [, domain = text, operation = '', content = ''] = /^([^ ]*) ([^ ]*) (.*)$/s.exec(text) ?? [];
  return { domain, operation, content };
}

/** Does the data name this tag? Cheap: nothing is decoded. */
export function hasTag(data: Uint8Array, tag: number): boolean {
  return (
    data.length >= HEADER_SIZE && [0, 8, 16, 24].every((shift, i) => data[i] === ((tag >>> shift) & 0xff))
  );
}

export function readEventTag(reading: Reading): Meaning | undefined {
  // Some Linux kernels log the description alone, without a tag before it.
  if (
    findText(reading.data)?.length === reading.data.length &&
    ![...TAG_NAMES.keys()].some((tag) => hasTag(reading.data, tag))
  ) {
    return { ...readText(reading), kind: 'event-tag' };
  }
  const event = reading.read(TCG_TAGGED_EVENT);
  if (!event) return undefined;
  const { taggedEventId: tag, taggedEventData: data } = event;
  const tagName = TAG_NAMES.get(tag) ?? hexNumber(tag);
  const text = tag === AAEL_TAG ? cText(data) : findText(data)?.text;
  const known = tag === AAEL_TAG ? splitAael(text ?? '') : {};
  const words =
    text === undefined
      ? `${tagName} ${hexTitle(data)}`
      : tag === AAEL_TAG || !TAG_NAMES.has(tag)
        ? `${tagName} ${text}`
        : text;
  return {
    kind: 'event-tag',
    title: titleText(words),
    fields: { ...event, tagName, ...(text === undefined ? {} : { text }), ...known },
  };
}
