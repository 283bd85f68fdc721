/**
 * The hot loop over TCG records: finds where each event starts, checks every length, and says what is wrong.
 * Written by hand for speed; a test holds it equal to the layout tables.
 */
import { ALGORITHMS, algorithmOfTcgId, latin1Text, type AlgorithmName } from '@tsm/core';
import { Growing } from '../growing.ts';
import type { IssueList } from '../issue-list.ts';
import type { Tail } from '../log.ts';

export const EV_NO_ACTION = 3;
/** TPM_ALG_SHA1, the only bank of a TPM 1.2 log. */
export const SHA1_ID = 0x0004;
/** Registers above this do not exist in any numbering. */
export const MAX_REGISTER = 23;
/** Some firmware logs events that extend nothing under this number. */
export const NO_REGISTER = 0xffffffff;

/** One bank of a log, as its Spec ID header lists it. `algorithm` is undefined when it cannot be replayed here. */
export interface Bank {
  readonly tcgId: number;
  readonly size: number;
  readonly algorithm: AlgorithmName | undefined;
}

export function bankOf(tcgId: number, size: number): Bank {
  const algorithm = algorithmOfTcgId(tcgId);
  return {
    tcgId,
    size,
    algorithm: algorithm !== undefined && ALGORITHMS[algorithm].size === size ? algorithm : undefined,
  };
}

/** What the walk found. */
export interface Walked {
  /** Start of each event, ascending. */
  readonly offsets: Uint32Array;
  readonly tail: Tail;
  /** Highest existing register that an event names. */
  readonly maxRegister: number;
  /** Locality of the TPM's startup, from the first StartupLocality event. */
  readonly locality: number | undefined;
}

/** Where the run of one repeated 0x00 or 0xFF byte begins that ends the area; the length of the bytes when there is none. */
function paddingStart(bytes: Uint8Array): number {
  const last = bytes[bytes.length - 1];
  if (last !== 0x00 && last !== 0xff) return bytes.length;
  let start = bytes.length;
  while (start > 0 && bytes[start - 1] === last) start--;
  return start;
}

function tailOf(bytes: Uint8Array, offset: number, padded: number): Tail {
  const length = bytes.length - offset;
  if (length === 0) return { offset, length, kind: 'none' };
  if (offset < padded) return { offset, length, kind: 'unread' };
  return { offset, length, kind: bytes[bytes.length - 1] === 0xff ? 'padding-ff' : 'padding-00' };
}

const LOCALITY = 'StartupLocality\0';

/**
 * Walks the records from `start`. `agile` records are TCG_PCR_EVENT2 with the banks' digests, others TCG_PCR_EVENT.
 * Stops at the first record that cannot be read, with an issue; padding to the end of the area is no issue.
 */
export class Walker {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly banks: readonly Bank[];
  private readonly issues: IssueList;
  private readonly found = new Growing((length) => new Uint32Array(length));
  private maxRegister = 0;
  private locality: number | undefined;

  constructor(bytes: Uint8Array, banks: readonly Bank[], issues: IssueList) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.banks = banks;
    this.issues = issues;
  }

  /** `headerEnd` > 0: event 0 is the header, and crypto-agile records follow it. */
  walk(headerEnd: number): Walked {
    const { bytes } = this;
    const padded = paddingStart(bytes);
    if (headerEnd > 0) this.found.push(0);
    let offset = headerEnd;
    while (offset < padded) {
      const next = headerEnd > 0 ? this.agile(offset) : this.sha1(offset);
      if (next < 0) break;
      this.found.push(offset);
      offset = next;
    }
    const tail = tailOf(bytes, offset, padded);
    return { offsets: this.found.done(), tail, maxRegister: this.maxRegister, locality: this.locality };
  }

  private truncated(field: string, at: number, needed: number): number {
    const left = this.bytes.length - at;
    this.issues.add(
      'tcg.truncated',
      { field: field.replace(/^.*\./, ''), needed, left },
      this.path(field),
      at,
      left,
    );
    return -1;
  }

  private path(field: string): string {
    return `events[${String(this.found.length)}].${field}`;
  }

  /** End of the TCG_PCR_EVENT2 at `offset`, or -1. */
  private agile(offset: number): number {
    const { view } = this;
    const { length } = this.bytes;
    if (offset + 12 > length) return this.truncated('header', offset, 12);
    const register = view.getUint32(offset, true);
    const type = view.getUint32(offset + 4, true);
    const count = view.getUint32(offset + 8, true);
    let at = offset + 12;
    let seen = 0;
    for (let i = 0; i < count; i++) {
      if (at + 2 > length) return this.truncated(`digests[${String(i)}].algorithm`, at, 2);
      const bank = this.bankAt(at, i);
      if (bank < 0) return -1;
      const size = this.banks[bank]?.size ?? 0;
      if (at + 2 + size > length) return this.truncated(`digests[${String(i)}].digest`, at + 2, size);
      if ((seen >> bank) & 1) this.duplicate(at, i);
      seen |= 1 << bank;
      if (type === EV_NO_ACTION) this.expectZero(at + 2, size);
      at += 2 + size;
    }
    if (at + 4 > length) return this.truncated('eventSize', at, 4);
    const size = view.getUint32(at, true);
    at += 4;
    if (at + size > length) return this.truncated('event', at, size);
    this.note(register, type, offset, at, size);
    return at + size;
  }

  /** End of the TCG_PCR_EVENT at `offset`, or -1. */
  private sha1(offset: number): number {
    const { view } = this;
    const { length } = this.bytes;
    if (offset + 32 > length) return this.truncated('header', offset, 32);
    const type = view.getUint32(offset + 4, true);
    const size = view.getUint32(offset + 28, true);
    if (offset + 32 + size > length) return this.truncated('event', offset + 32, size);
    if (type === EV_NO_ACTION) this.expectZero(offset + 8, 20);
    this.note(view.getUint32(offset, true), type, offset, offset + 32, size);
    return offset + 32 + size;
  }

  private bankAt(at: number, digest: number): number {
    const id = this.view.getUint16(at, true);
    for (let i = 0; i < this.banks.length; i++) if (this.banks[i]?.tcgId === id) return i;
    const known = this.banks.map((bank) => bank.tcgId);
    this.issues.add(
      'tcg.unknown-algorithm',
      { id, known },
      this.path(`digests[${String(digest)}].algorithm`),
      at,
      2,
    );
    return -1;
  }

  private duplicate(at: number, digest: number): void {
    const id = this.view.getUint16(at, true);
    this.issues.add('tcg.duplicate-digest', { id }, this.path(`digests[${String(digest)}]`), at, 2);
  }

  private expectZero(at: number, size: number): void {
    for (let i = at; i < at + size; i++) {
      if (this.bytes[i] === 0) continue;
      this.issues.add('tcg.no-action-digest', {}, this.path('digests'), at, size);
      return;
    }
  }

  private note(register: number, type: number, offset: number, dataAt: number, size: number): void {
    if (type === EV_NO_ACTION) {
      if (register === 0 && this.locality === undefined) this.locality = this.localityAt(dataAt, size);
    } else if (register <= MAX_REGISTER) this.maxRegister = Math.max(this.maxRegister, register);
    else if (register !== NO_REGISTER) {
      this.issues.add(
        'log.register-range',
        { register, max: MAX_REGISTER },
        this.path('pcrIndex'),
        offset,
        4,
      );
    }
  }

  private localityAt(at: number, size: number): number | undefined {
    if (size !== LOCALITY.length + 1) return undefined;
    const signature = latin1Text(this.bytes.subarray(at, at + LOCALITY.length));
    return signature === LOCALITY ? this.bytes[at + LOCALITY.length] : undefined;
  }
}
