/**
 * Canonical Event Logs of any encoding: numbering of registers, order of record numbers, start values.
 * Source: TCG Canonical Event Log Format 1.1; record numbers count by register in the specification, by log in go-eventlog.
 */
import { ALGORITHMS, latin1Text, type Issue } from '@tsm/core';
import type { EventLog, LogFormat, Tail } from '../log.ts';
import { pcrStart, RecordList, SILENT, tailAt, type LogRecord, type Note } from '../records/record-log.ts';
import { EV_NO_ACTION, MAX_REGISTER } from '../tcg/walk.ts';
import { celDigests, celEvent, isRegister } from './event.ts';
import type { CelIndexKind, ReadCel } from './model.ts';
import { readTlvRecord } from './tlv.ts';

const LOCALITY = 'StartupLocality\0';

/** The locality that a record says the TPM was started from. */
function localityOf({ index, contentType, content }: ReadCel): number | undefined {
  const { type, data } = content;
  if (contentType !== 'pcclient_std' || type !== EV_NO_ACTION || index.value !== 0) return undefined;
  if (data.length !== LOCALITY.length + 1) return undefined;
  return latin1Text(data.subarray(0, LOCALITY.length)) === LOCALITY ? data.at(-1) : undefined;
}

/** Reads a record again. */
type Again = (start: number, end: number) => ReadCel | undefined;

/** Collects records in the order of the log. */
export class CelList {
  readonly list = new RecordList();
  private kind: CelIndexKind | undefined;
  private locality: number | undefined;
  private last: number | undefined;
  private readonly lastOf = new Map<number, number>();

  private get numbering(): 'pcr' | 'ccMr' {
    return this.kind === 'ccmr' ? 'ccMr' : 'pcr';
  }

  /** Adds a record; `start` and `end` are its range, or that of its first and last part. */
  add(start: number, end: number, record: ReadCel): void {
    const { note } = this.list;
    const place = [start, end - start] as const;
    this.kind ??= record.index.kind;
    this.locality ??= localityOf(record);
    this.checkIndex(record, note, place);
    this.checkOrder(record, note, place);
    this.checkDigests(record, note, place);
    this.list.push(start, end, celDigests(record));
  }

  log(format: LogFormat, bytes: Uint8Array, tail: Tail, again: Again, before: readonly Issue[]): EventLog {
    const { numbering, locality } = this;
    const read = (start: number, end: number, number: number): LogRecord | undefined => {
      const record = again(start, end);
      return record && celEvent(record, numbering, [start, end, number]);
    };
    if (numbering === 'ccMr') return this.list.log({ format, bytes, numbering, tail, read }, before);
    const start: EventLog['start'] = (register, algorithm) => pcrStart(register, algorithm, locality);
    return this.list.log({ format, bytes, numbering, tail, read, start }, before);
  }

  private checkIndex({ index }: ReadCel, note: Note, place: readonly [number, number]): void {
    const same = (index.kind === 'ccmr') === (this.kind === 'ccmr');
    if (!same) note('cel.mixed-index', { first: this.kind ?? '', here: index.kind }, 'index', ...place);
    else if (!isRegister({ index }, this.numbering))
      note('log.register-range', { register: index.value, max: MAX_REGISTER }, 'index', ...place);
  }

  /** Numbers grow by one for each register, or over the whole log; some writers begin with 1. */
  private checkOrder({ recnum, index }: ReadCel, note: Note, place: readonly [number, number]): void {
    if (recnum === undefined) return;
    const before = this.lastOf.get(index.value);
    const next = this.last === undefined ? recnum <= 1 : recnum === this.last + 1;
    const nextOf = before === undefined ? recnum === 0 : recnum === before + 1;
    if (!next && !nextOf) note('cel.recnum', { got: recnum }, 'recnum', ...place);
    this.last = recnum;
    this.lastOf.set(index.value, recnum);
  }

  private checkDigests(
    { digests, digestOffsets }: ReadCel,
    note: Note,
    place: readonly [number, number],
  ): void {
    const stored = celDigests({ digests, digestOffsets });
    for (const { tcgId, algorithm, digest } of stored) {
      const known = Object.values(ALGORITHMS).find((one) => one.tcgId === tcgId);
      if (algorithm !== undefined) continue;
      if (!known) note('record.unknown-algorithm', { name: `0x${tcgId.toString(16)}` }, 'digests', ...place);
      else
        note(
          'record.digest-size',
          { algorithm: known.name, expected: known.size, got: digest.length },
          'digests',
          ...place,
        );
    }
    if (stored.length === digests.length) return;
    const second = digests.find(({ tcgId }, i) => digests.findIndex((one) => one.tcgId === tcgId) < i);
    note(
      'record.duplicate-digest',
      { algorithm: `0x${(second?.tcgId ?? 0).toString(16)}` },
      'digests',
      ...place,
    );
  }
}

/** Decodes a log in TLV encoding. */
export function decodeCelTlv(bytes: Uint8Array, before: readonly Issue[] = []): EventLog {
  const records = new CelList();
  let at = 0;
  while (at < bytes.length) {
    const found = readTlvRecord(bytes, at, records.list.note);
    if (!found) break;
    records.add(at, found.end, found.record);
    at = found.end;
  }
  const again: Again = (start) => readTlvRecord(bytes, start, SILENT)?.record;
  return records.log('cel-tlv', bytes, tailAt(bytes, at), again, before);
}
