/**
 * The IMA measurement list as text: one entry a line. Source: linux-integrity/ima-doc, event-log-format; Linux,
 * `/sys/kernel/security/ima/ascii_runtime_measurements`.
 */
import { fromHex, latin1Bytes, latin1Text, toHex, type AlgorithmName, type Issue } from '@tsm/core';
import type { EventLog } from '../log.ts';
import { RecordList, tailAt, type LogRecord } from '../records/record-log.ts';
import { forEachLine, lineEnd } from '../text/line.ts';
import { banksOf, HASHES, imaRecord, noteEntry, type Entry, type ImaOptions, type Reading } from './entry.ts';
import { dataOfText, isKnownTemplate, textOfData } from './template.ts';

const LINE = /^ {0,3}(\d{1,4}) ([0-9a-fA-F]+) ([!-~]{1,64})(?: (.*))?$/s;
/** A line is looked at this far when it is recognised. */
const LOOK_AT = 256;
/** The kernel writes no entry that is longer. */
const MAX_LINE = 262_144;

/** One entry to write. */
export interface ImaEvent {
  /** Number in the list's own numbering: a PCR, or the number of an RTMR. */
  readonly register: number;
  readonly template: string;
  /** Template hash; zeros for a violation. */
  readonly hash: Uint8Array;
  /** Template data; for a template that is not known here, its text or its bytes. */
  readonly data: Uint8Array;
}

/** Does this begin with a line of an IMA list? */
export function isImaAscii(bytes: Uint8Array): boolean {
  const head = latin1Text(bytes.subarray(0, Math.min(lineEnd(bytes.subarray(0, LOOK_AT), 0), LOOK_AT)));
  const [, , hash = ''] = LINE.exec(head) ?? [];
  return HASHES.has(hash.length / 2);
}

function entryAt(bytes: Uint8Array, start: number, end: number): Entry | undefined {
  if (end - start > MAX_LINE) return undefined;
  const text = latin1Text(bytes.subarray(start, end));
  const [, register, hex = '', template = '', rest = ''] = LINE.exec(text) ?? [];
  const hash = fromHex(hex);
  if (register === undefined || !hash || !HASHES.has(hash.length)) return undefined;
  const found = dataOfText(template, rest);
  return {
    register: Number(register),
    template,
    hash,
    hashOffset: -1,
    data: found.length > 0 ? found : [latin1Bytes(rest)],
    dataOffset: found.length > 0 ? -1 : end - rest.length,
    exact: found.length > 0,
    little: true,
  };
}

/** Decodes the list. `bank`: a bank to replay beside that of the list. */
export function decodeImaAscii(
  bytes: Uint8Array,
  { rule = 'template-data', numbering }: ImaOptions = {},
  bank?: AlgorithmName,
  before: readonly Issue[] = [],
): EventLog {
  const list = new RecordList();
  let reading: Reading | undefined;
  const readingOf = ({ register }: Entry): Reading => {
    const rtmr = numbering === 'rtmr' || (numbering === undefined && register < 4);
    return { numbering: rtmr ? 'ccMr' : 'pcr', rule, bank };
  };
  forEachLine(bytes, (start, end) => {
    if (start === end) return;
    const { note } = list;
    const entry = entryAt(bytes, start, end);
    if (!entry) {
      note('record.syntax', { what: 'a line of an IMA list' }, '', start, end - start);
      return;
    }
    reading ??= readingOf(entry);
    noteEntry(entry, reading, note, start, end);
    list.push(start, end, banksOf(entry, reading));
  });
  const again = (start: number, end: number): LogRecord | undefined => {
    const entry = entryAt(bytes, start, end);
    return entry && imaRecord(entry, reading ?? readingOf(entry));
  };
  const parts = { format: 'ima-ascii', bytes, tail: tailAt(bytes, bytes.length) } as const;
  return list.log({ ...parts, numbering: reading?.numbering ?? 'pcr', read: again }, before);
}

/** Writes a list as the kernel does. */
export function encodeImaAscii(events: readonly ImaEvent[]): Uint8Array {
  const lines = events.map(({ register, template, hash, data }) => {
    const fields = (isKnownTemplate(template) ? textOfData(template, data) : undefined) ?? latin1Text(data);
    return `${String(register).padStart(2)} ${toHex(hash)} ${template} ${fields}\n`;
  });
  return latin1Bytes(lines.join(''));
}

/** The entries of an IMA list that was decoded, as its encoders take them; none for a log of another format. */
export function imaEvents(log: EventLog): ImaEvent[] {
  if (log.format !== 'ima-ascii' && log.format !== 'ima-binary') return [];
  return [...log].map(({ register, typeName: template, digests, data }) => ({
    register: log.numbering === 'ccMr' ? register - 1 : register,
    ...{ template, hash: digests[0]?.digest ?? new Uint8Array(0), data },
  }));
}
