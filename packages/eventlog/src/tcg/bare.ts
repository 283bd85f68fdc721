/**
 * The file of the attestation agent before it is appended to a CCEL: crypto-agile records without a Spec ID header, each a
 * tagged event with one digest of a known algorithm. Source: CoCo guest-components, attestation-agent, TCG 2 event log.
 */
import { ALGORITHMS, algorithmOfTcgId, type Issue } from '@tsm/core';
import { decodeContent } from '../event-data/decode.ts';
import { AAEL_TAG, hasTag } from '../event-data/event-tag.ts';
import { eventTypeName } from '../event-types.ts';
import type { EventDigest, EventLog } from '../log.ts';
import { RecordList, SILENT, tailAt, type LogRecord, type Note } from '../records/record-log.ts';
import { EV_NO_ACTION, MAX_REGISTER } from './walk.ts';

const EV_EVENT_TAG = 6;
/** More digests than algorithms are no record. */
const MAX_DIGESTS = 16;

interface Bare {
  readonly end: number;
  readonly register: number;
  readonly type: number;
  readonly digests: readonly EventDigest[];
  readonly data: Uint8Array;
}

/** The digests from `at`, and where they end; undefined where one is cut or of an unknown algorithm. */
function digestsAt(bytes: Uint8Array, at: number, count: number, view: DataView) {
  const digests: EventDigest[] = [];
  let offset = at;
  for (let i = 0; i < count; i++) {
    const tcgId = offset + 2 <= bytes.length ? view.getUint16(offset, true) : 0;
    const algorithm = algorithmOfTcgId(tcgId);
    if (!algorithm) return undefined;
    const end = offset + 2 + ALGORITHMS[algorithm].size;
    if (end > bytes.length) return undefined;
    digests.push({ tcgId, algorithm, digest: bytes.subarray(offset + 2, end), offset: offset + 2 });
    offset = end;
  }
  return { digests, end: offset };
}

function bareAt(bytes: Uint8Array, at: number, note: Note): Bare | undefined {
  const cut = (what: string): undefined => {
    note('record.truncated', { what }, '', at, bytes.length - at);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (at + 12 > bytes.length) {
    cut('the head of an event');
    return;
  }
  const count = view.getUint32(at + 8, true);
  const found = count <= MAX_DIGESTS ? digestsAt(bytes, at + 12, count, view) : undefined;
  if (!found || found.end + 4 > bytes.length) {
    cut('the digests of an event');
    return;
  }
  const dataAt = found.end + 4;
  const end = dataAt + view.getUint32(found.end, true);
  if (end > bytes.length) {
    cut('the data of an event');
    return;
  }
  const [register, type] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
  return { end, register, type, digests: found.digests, data: bytes.subarray(dataAt, end) };
}

/** Does this begin with an event of the attestation agent, without a header before it? */
export function isBareAael(bytes: Uint8Array): boolean {
  const first = bytes[4] === EV_EVENT_TAG ? bareAt(bytes, 0, SILENT) : undefined;
  return first?.type === EV_EVENT_TAG && first.register <= MAX_REGISTER && hasTag(first.data, AAEL_TAG);
}

/** Decodes the file; registers are those of a CCEL. */
export function decodeBareAael(bytes: Uint8Array, before: readonly Issue[] = []): EventLog {
  const list = new RecordList();
  let at = 0;
  while (at < bytes.length) {
    const found = bareAt(bytes, at, list.note);
    if (!found) break;
    const { register } = found;
    if (register > MAX_REGISTER)
      list.note('log.register-range', { register, max: MAX_REGISTER }, 'pcrIndex', at, 4);
    list.push(at, found.end, found.digests);
    at = found.end;
  }
  const read = (start: number, _end: number, number: number): LogRecord | undefined => {
    const found = bareAt(bytes, start, SILENT);
    if (!found) return undefined;
    const { end, type, data, ...rest } = found;
    const dataOffset = end - data.length;
    const place = { offset: dataOffset, path: `events[${String(number)}].event` };
    return {
      ...{ ...rest, type, typeName: eventTypeName(type), data, dataOffset },
      measured: type !== EV_NO_ACTION && rest.register <= MAX_REGISTER,
      content: () => decodeContent(type, data, place),
    };
  };
  return list.log({ format: 'ccel', bytes, numbering: 'ccMr', tail: tailAt(bytes, at), read }, before);
}
