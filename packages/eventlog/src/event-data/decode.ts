/** Event data of any type: the reader of each kind, and the one entry. Never throws on data. */
import { eventType, type ContentKind } from '../event-types.ts';
import type { EventContent } from './content.ts';
import { readDeviceSecurity } from './device-security.ts';
import { readEventTag } from './event-tag.ts';
import { readGpt } from './gpt.ts';
import { readHandoffTables, readHandoffTables2 } from './handoff-tables.ts';
import { readImageLoad } from './image-load.ts';
import { readIpl } from './ipl.ts';
import { readNoAction } from './no-action.ts';
import { readPostCode, readPostCode2 } from './platform-blob.ts';
import { Reading, type Reader } from './reading.ts';
import { readSeparator } from './separator.ts';
import { readConfigFlags, readNonHostInfo, readOpaque, readText, readVersion } from './text-like.ts';
import { hexTitle } from './text.ts';
import { readVariable, readVariableAuthority } from './uefi-variable.ts';

const READERS: Readonly<Record<ContentKind, Reader>> = {
  opaque: readOpaque,
  text: readText,
  'post-code': readPostCode,
  'post-code2': readPostCode2,
  'no-action': readNoAction,
  separator: readSeparator,
  'event-tag': readEventTag,
  version: readVersion,
  'config-flags': readConfigFlags,
  'nonhost-info': readNonHostInfo,
  ipl: readIpl,
  variable: readVariable,
  authority: readVariableAuthority,
  'image-load': readImageLoad,
  gpt: readGpt,
  'handoff-tables': readHandoffTables,
  'handoff-tables2': readHandoffTables2,
  'device-security': readDeviceSecurity,
};

/**
 * The data of an event of this type (TCG event type id). `place` is where the data stands in the log: issues and tree
 * count their offsets from there, and their paths start with it. Data cut short gives the fields that are there, a
 * title that says so, and an issue; an unknown type gives the kind `opaque`.
 */
export function decodeContent(
  type: number,
  data: Uint8Array,
  place: { offset: number; path: string },
): EventContent {
  const kind = eventType(type)?.content ?? 'opaque';
  const reading = new Reading(data, place.path);
  const meaning = READERS[kind](reading) ?? {
    kind,
    title: `damaged: ${hexTitle(data)}`,
    fields: reading.partial,
  };
  return reading.content(meaning, place.offset);
}
