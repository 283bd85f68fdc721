/** The plain records of a Canonical Event Log that was decoded, as its encoders take them. Source: the formats' own readers. */
import type { EventLog, LogFormat } from '../log.ts';
import { parseRange } from '../records/json.ts';
import { SILENT } from '../records/record-log.ts';
import { readCborRecord } from './cbor.ts';
import { readCelJson } from './json.ts';
import type { CelRecord, ReadCel } from './model.ts';
import { readTlvRecord } from './tlv.ts';

type Read = (bytes: Uint8Array, start: number, end: number) => ReadCel | undefined;

const json: Read = (bytes, start, end) =>
  readCelJson(parseRange(bytes, start, end), SILENT, [start, end - start]);

const READERS: Partial<Record<LogFormat, Read>> = {
  'cel-tlv': (bytes, start) => readTlvRecord(bytes, start, SILENT)?.record,
  'cel-json': json,
  'cel-cbor': (bytes, start, end) => readCborRecord(bytes, start, end, SILENT),
  'systemd-json': json,
};

/** The records of a log in any CEL encoding, systemd's included; none for a log of another format. */
export function celRecords(log: EventLog): CelRecord[] {
  const read = READERS[log.format];
  if (!read) return [];
  return [...log].flatMap(({ offset, length }) => {
    const found = read(log.bytes, offset, offset + length);
    if (!found) return [];
    const { recnum, index, digests, contentType, content } = found;
    return [{ ...(recnum === undefined ? {} : { recnum }), index, digests, contentType, content }];
  });
}
