/** Events as an IMA list: entries of templates alone, with the hash of one bank. */
import { latin1Bytes, latin1Text } from '@tsm/core';
import { encodeImaAscii, type ImaEvent } from '../ima/ascii.ts';
import { encodeImaBinary } from '../ima/binary.ts';
import { isKnownTemplate, textOfData } from '../ima/template.ts';
import type { Draft, Refusal } from './model.ts';
import { refusal } from './refusal.ts';
import { extendsNothing, type Selection } from './selection.ts';
import type { SourceEvent } from './source.ts';

/** The fields of an entry as text, whichever way round its lengths are written; else what stands for them. */
function fieldsText(template: string, data: Uint8Array): string {
  const known = isKnownTemplate(template);
  const text = known ? (textOfData(template, data) ?? textOfData(template, data, false)) : undefined;
  return text ?? latin1Text(data);
}

/** The entry in a line: its own data where the encoder understands them, else its text. */
function lineEntry(entry: ImaEvent): ImaEvent {
  const { template, data } = entry;
  if (!isKnownTemplate(template) || textOfData(template, data) !== undefined) return entry;
  return { ...entry, data: latin1Bytes(fieldsText(template, data)) };
}

function entryOf({ place, content, extends: [step], violation }: SourceEvent): ImaEvent {
  const digest = step?.digest ?? new Uint8Array(0);
  return {
    register: place.kind === 'ccmr' ? place.value - 1 : place.value,
    template: content.name ?? '',
    hash: violation ? new Uint8Array(digest.length) : digest,
    data: content.data,
  };
}

export function toIma({ events, format }: Selection): Draft | Refusal {
  const kept = events.filter((one) => !extendsNothing(one));
  const other = kept.find(({ contentType }) => contentType !== 'ima_template');
  if (other) {
    const { number, typeName } = other.event;
    const holds = 'entries of IMA templates';
    return refusal('convert.event-kind', { format, holds, event: number, type: typeName });
  }
  const entries = kept.map(entryOf);
  const from = kept.map(({ event }) => event.number);
  if (format === 'ima-binary') return { bytes: encodeImaBinary(entries), from };
  const broken = entries.findIndex(({ template, data }) =>
    /[\n\0]/.test(`${template}${fieldsText(template, data)}`),
  );
  if (broken >= 0) return refusal('convert.not-a-line', { format, event: from[broken] ?? 0 });
  return { bytes: encodeImaAscii(entries.map(lineEntry)), from };
}
