/** TCG PC Client logs (SHA-1 and crypto-agile) and the CCEL: bytes in, EventLog out. Never throws on data. */
import { latin1Text } from '@tsm/core';
import { decode } from '@tsm/core/layout';
import { eventType } from '../event-types.ts';
import { IssueList } from '../issue-list.ts';
import type { Tail } from '../log.ts';
import { SPEC_ID_EVENT, SPEC_ID_SIGNATURE, TCG_PCR_EVENT } from './layout.ts';
import { agileFormat, TcgLog } from './tcg-log.ts';
import { bankOf, EV_NO_ACTION, MAX_REGISTER, SHA1_ID, Walker, type Bank } from './walk.ts';

/** Offset of the event data in the first record. */
const HEADER_DATA = 32;
/** More banks than this is no header that any firmware writes. */
const MAX_BANKS = 16;

/** Start of the event data of a SHA-1 record as text, or '' where it does not reach. */
function signature(bytes: Uint8Array): string {
  return latin1Text(bytes.subarray(HEADER_DATA, HEADER_DATA + SPEC_ID_SIGNATURE.length));
}

/** Is this the start of a crypto-agile log? Tells by the header's signature, not by "the first EV_NO_ACTION". */
export function isAgileLog(bytes: Uint8Array): boolean {
  return bytes[4] === EV_NO_ACTION && signature(bytes) === SPEC_ID_SIGNATURE;
}

/** Is this likely the start of a SHA-1 log: a register that exists, a known event type, and data that fits? */
export function isSha1Log(bytes: Uint8Array): boolean {
  const { value } = decode(TCG_PCR_EVENT, bytes);
  return value !== undefined && value.pcrIndex <= MAX_REGISTER && eventType(value.eventType) !== undefined;
}

/** A SHA-1 log (TCG_PCR_EVENT records). */
export function decodeSha1Log(bytes: Uint8Array): TcgLog {
  const issues = new IssueList();
  const banks = [bankOf(SHA1_ID, 20)];
  const walked = new Walker(bytes, banks, issues).walk(0);
  return new TcgLog('tcg1', bytes, banks, walked, issues.issues);
}

/** A crypto-agile log (TCG_PCR_EVENT2 records after a Spec ID header). `format` overrides what the content suggests. */
export function decodeAgileLog(bytes: Uint8Array, format?: 'ccel' | 'tcg2'): TcgLog {
  const issues = new IssueList();
  const header = readHeader(bytes, issues);
  if (!header) {
    const tail: Tail = { offset: 0, length: bytes.length, kind: 'unread' };
    const nothing = { offsets: new Uint32Array(0), tail, maxRegister: 0, locality: undefined };
    return new TcgLog(format ?? 'tcg2', bytes, [], nothing, issues.issues);
  }
  const walked = new Walker(bytes, header.banks, issues).walk(header.end);
  const found = format ?? agileFormat(bytes[0] ?? 0, header.banks, walked);
  return new TcgLog(found, bytes, header.banks, walked, issues.issues);
}

/** Banks and end of the Spec ID header, or undefined with an issue. */
function readHeader(bytes: Uint8Array, list: IssueList): { banks: Bank[]; end: number } | undefined {
  const record = decode(TCG_PCR_EVENT, bytes, { path: 'events[0]' });
  const spec = decode(SPEC_ID_EVENT, bytes, {
    offset: HEADER_DATA,
    end: record.length,
    path: 'events[0].event',
  });
  const cut = record.value ? spec.issues[0] : record.issues[0];
  const digestSizes = spec.value?.digestSizes ?? [];
  const why =
    cut?.message ??
    (digestSizes.length > MAX_BANKS ? `it lists ${digestSizes.length} algorithms` : 'it lists no algorithm');
  if (digestSizes.length === 0 || digestSizes.length > MAX_BANKS) {
    const offset = cut?.offset ?? 0;
    list.add('tcg.spec-id', { why }, cut?.path ?? 'events[0]', offset, bytes.length - offset);
    return undefined;
  }
  const banks = digestSizes.map((one) => bankOf(one.algorithmId, one.digestSize));
  for (const [i, bank] of banks.entries()) {
    if (bank.algorithm !== undefined) continue;
    const at = HEADER_DATA + 28 + 4 * i;
    list.add(
      'tcg.unsupported-algorithm',
      { id: bank.tcgId, size: bank.size },
      `events[0].event.digestSizes[${String(i)}]`,
      at,
      4,
    );
  }
  return { banks, end: record.length };
}
