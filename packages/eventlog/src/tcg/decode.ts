/** TCG PC Client logs (SHA-1 and crypto-agile) and the CCEL: bytes in, EventLog out. Never throws on data. */
import { isFilledWith, latin1Text } from '@tsm/core';
import { decode } from '@tsm/core/layout';
import { eventType } from '../event-types.ts';
import { IssueList } from '../issue-list.ts';
import type { Tail } from '../log.ts';
import { SPEC_ID_EVENT, SPEC_ID_SIGNATURE, TCG_PCR_EVENT } from './layout.ts';
import { agileFormat, TcgLog } from './tcg-log.ts';
import { bankOf, EV_NO_ACTION, MAX_REGISTER, NO_REGISTER, SHA1_ID, Walker, type Bank } from './walk.ts';

/** Offset of the event data in the first record. */
const HEADER_DATA = 32;
/** Offset of the list of banks in the Spec ID event, just after their number. */
const BANK_LIST = 28;
const BANKS_PATH = 'events[0].event.digestSizes';
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

/** Could a record be of this register and type? Type 0, EV_PREBOOT_CERT, is what zero bytes look like: no log begins so. */
function isLikely(register: number, type: number): boolean {
  return (register <= MAX_REGISTER || register === NO_REGISTER) && type !== 0;
}

/** Is this what may follow a record: nothing, padding, another record, or the beginning of one? */
function followsRecord(rest: Uint8Array): boolean {
  if (rest.length < 8 || isFilledWith(rest, 0) || isFilledWith(rest, 0xff)) return true;
  const view = new DataView(rest.buffer, rest.byteOffset, 8);
  return isLikely(view.getUint32(0, true), view.getUint32(4, true));
}

/** Is this likely the start of a SHA-1 log: a whole record of a known type, and what may follow one? */
export function isSha1Log(bytes: Uint8Array): boolean {
  const { value, length } = decode(TCG_PCR_EVENT, bytes);
  if (!value || !isLikely(value.pcrIndex, value.eventType) || !eventType(value.eventType)) return false;
  return followsRecord(bytes.subarray(length));
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
  const header = readHeader(bytes);
  if ('why' in header) {
    const { why, path = BANKS_PATH, offset = HEADER_DATA + BANK_LIST } = header;
    issues.add('tcg.spec-id', { why }, path, offset, bytes.length - offset);
    const tail: Tail = { offset: 0, length: bytes.length, kind: 'unread' };
    const nothing = { offsets: new Uint32Array(0), tail, maxRegister: 0, locality: undefined };
    return new TcgLog(format ?? 'tcg2', bytes, [], nothing, issues.issues);
  }
  noteUnknown(header.banks, issues);
  const walked = new Walker(bytes, header.banks, issues).walk(header.end);
  const found = format ?? agileFormat(bytes[0] ?? 0, header.banks, walked);
  return new TcgLog(found, bytes, header.banks, walked, issues.issues);
}

/** Number of banks that the header lists; 0 where it ends before. */
function listedBanks(bytes: Uint8Array): number {
  const end = HEADER_DATA + BANK_LIST;
  return bytes.length < end
    ? 0
    : new DataView(bytes.buffer, bytes.byteOffset + end - 4, 4).getUint32(0, true);
}

/** Why a Spec ID header cannot be used, and where. */
interface Refusal {
  readonly why: string;
  readonly path?: string;
  readonly offset?: number;
}

/** Banks and end of the Spec ID header, or why it cannot be used. */
function readHeader(bytes: Uint8Array): { banks: Bank[]; end: number } | Refusal {
  const record = decode(TCG_PCR_EVENT, bytes, { path: 'events[0]' });
  const listed = listedBanks(bytes);
  if (record.value && listed > MAX_BANKS) return { why: `it lists ${String(listed)} algorithms` };
  const { value, issues } = decode(SPEC_ID_EVENT, bytes, {
    offset: HEADER_DATA,
    end: record.length,
    path: 'events[0].event',
  });
  const cut = record.value ? issues[0] : record.issues[0];
  if (cut) return { why: cut.message, path: cut.path, offset: cut.offset };
  if (!value || listed === 0) return { why: 'it lists no algorithm' };
  return {
    banks: value.digestSizes.map((one) => bankOf(one.algorithmId, one.digestSize)),
    end: record.length,
  };
}

/** Says which banks are not replayed. */
function noteUnknown(banks: readonly Bank[], list: IssueList): void {
  for (const [i, { algorithm, tcgId: id, size }] of banks.entries()) {
    if (algorithm !== undefined) continue;
    const at = HEADER_DATA + BANK_LIST + 4 * i;
    list.add('tcg.unsupported-algorithm', { id, size }, `${BANKS_PATH}[${String(i)}]`, at, 4);
  }
}
