/**
 * The measurement log of systemd in user space, a JSON text sequence: each record is the byte 0x1E, an object and a line
 * feed. Source: systemd, `/run/log/systemd/tpm2-measure.log` and pcrlock; `rtmr` as in the draft `cc-measure.log`.
 */
import { concat, concatAll, utf8Bytes, type Issue } from '@tsm/core';
import { celObject, isCelObject, readCelJson } from '../cel/json.ts';
import { CelList } from '../cel/log.ts';
import type { CelRecord, ReadCel } from '../cel/model.ts';
import type { EventLog } from '../log.ts';
import { forEachValue, noteItem, parseRange, RS } from '../records/json.ts';
import { SILENT, tailAt } from '../records/record-log.ts';

/** Where the record that begins at `start` ends: at the next separator. */
function endOf(bytes: Uint8Array, start: number): number {
  const next = bytes.indexOf(RS, start);
  return next < 0 ? bytes.length : next;
}

/** The end without the white space that ends a record. */
function trimmed(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && (bytes[at - 1] === 10 || bytes[at - 1] === 13 || bytes[at - 1] === 32)) at--;
  return at;
}

export function isSystemdLog(bytes: Uint8Array): boolean {
  if (bytes[0] !== RS) return false;
  const end = endOf(bytes, 1);
  return isCelObject(parseRange(bytes, 1, end)) || bytes[1] === 123;
}

/** Decodes the log. Records with NUL bytes are left out, as systemd does. */
export function decodeSystemdLog(bytes: Uint8Array, before: readonly Issue[] = []): EventLog {
  const records = new CelList();
  for (let at = bytes[0] === RS ? 1 : 0; at < bytes.length;) {
    const end = endOf(bytes, at);
    const to = trimmed(bytes, at, end);
    if (to > at) addRecord(bytes, at, to, records);
    at = end + 1;
  }
  const again = (start: number, end: number): ReadCel | undefined =>
    readCelJson(parseRange(bytes, start, end), SILENT, [start, end - start]);
  return records.log('systemd-json', bytes, tailAt(bytes, bytes.length), again, before);
}

function addRecord(bytes: Uint8Array, start: number, end: number, records: CelList): void {
  const { note } = records.list;
  const range = bytes.subarray(start, end);
  if (range.includes(0)) {
    note('systemd.nul-record', {}, '', start, end - start);
    return;
  }
  const value = range.length > 0 ? parseRange(bytes, start, end) : undefined;
  if (value === undefined) {
    forEachValue(range, (item) => {
      const problem = item.problem ?? 'syntax';
      noteItem(note, { ...item, start, end, problem });
      return false;
    });
    return;
  }
  const record = readCelJson(value, note, [start, end - start]);
  if (record) records.add(start, end, record);
}

/** Writes a log. systemd numbers no records: give none. */
export function encodeSystemdLog(records: readonly CelRecord[]): Uint8Array {
  return concatAll(
    records.map((record) =>
      concat(Uint8Array.of(RS), utf8Bytes(`${JSON.stringify(celObject(record, true))}\n`)),
    ),
  );
}
