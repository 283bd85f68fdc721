/** Secured messages over DOE: one record, its sequence number, its cipher. Spec: DSP0277, secured messages; over DOE. */
import { concat, type Issue } from '@tsm/core';
import { bytes, decode, encode, field, struct, u16le, u32le, rest } from '@tsm/core/layout';
import { SPDM_ISSUES } from '../issues.ts';
import type { AeadAlgorithm } from '../spdm/algorithms.ts';
import type { SpdmCrypto } from '../spdm/crypto.ts';
import type { DirectionKeys } from '../spdm/key-schedule.ts';

const SPEC = 'DSP0277, secured messages';
const TAG = 16;

/** Body of a DOE object of type 2: over DOE there is no sequence number in the record. */
export const SecuredRecord = struct('SecuredRecord', SPEC, {
  sessionId: field(u32le, 'RspSessionID in bits 31:16, ReqSessionID in 15:0'),
  length: field(u16le, 'Bytes of ciphertext and tag'),
  sealed: field(bytes('length'), 'Ciphertext, then a tag of 16 bytes'),
});

/** What is encrypted. */
export const SecuredContent = struct('SecuredContent', SPEC, {
  length: field(u16le, 'Bytes of the message'),
  message: field(bytes('length'), 'An SPDM message'),
  random: field(rest, 'Random padding'),
});

/** The message of a record, or what is wrong with it. */
interface OpenedRecord {
  readonly message?: Uint8Array;
  readonly issues: readonly Issue[];
}

/** One direction of a session: its keys, and the number of its next record. */
export class RecordChannel {
  keys: DirectionKeys;
  /** Sequence number of the next record. */
  sequence = 0n;
  private before: Pick<RecordChannel, 'keys' | 'sequence'> | undefined;
  private readonly crypto: SpdmCrypto;
  private readonly aead: AeadAlgorithm;
  /** A session without ENCRYPT: messages are in the clear behind their tag. */
  private readonly macOnly: boolean;

  constructor(crypto: SpdmCrypto, aead: AeadAlgorithm, keys: DirectionKeys, macOnly = false) {
    this.crypto = crypto;
    this.aead = aead;
    this.keys = keys;
    this.macOnly = macOnly;
  }

  /**
   * New keys start at sequence number 0. With `tentative` the next record may still be under the old ones: an ERROR in
   * place of the ACK takes the change back.
   */
  rekey(keys: DirectionKeys, tentative = false): void {
    this.before = tentative ? { keys: this.keys, sequence: this.sequence } : undefined;
    this.keys = keys;
    this.sequence = 0n;
  }

  /** The record of a message, and behind it inside the cipher `random`, which hides its length. */
  seal(sessionId: number, message: Uint8Array, random: Uint8Array = new Uint8Array(0)): Uint8Array {
    if (this.macOnly) {
      const head = headOf(sessionId, message.length + TAG);
      const tag = this.cipher('seal', concat(head, message), new Uint8Array(0)) ?? new Uint8Array(0);
      return concat(head, message, tag);
    }
    const plain = encode(SecuredContent, { length: message.length, message, random });
    const head = headOf(sessionId, plain.length + TAG);
    return concat(head, this.cipher('seal', head, plain) ?? new Uint8Array(0));
  }

  /** The message of a record, or what is wrong with it. The sequence number moves on in both cases. */
  open(body: Uint8Array): OpenedRecord {
    const opened = this.read(body);
    const { before, keys, sequence } = this;
    this.before = undefined;
    if (opened.message || !before) return opened;
    Object.assign(this, before);
    const again = this.read(body);
    if (again.message) return again;
    Object.assign(this, { keys, sequence });
    return opened;
  }

  /** {@link open}, but a record that is not this channel's leaves the channel as it is. */
  peek(body: Uint8Array): Uint8Array | undefined {
    const { before, sequence } = this;
    const { message } = this.open(body);
    if (!message) Object.assign(this, { before, sequence });
    return message;
  }

  private read(body: Uint8Array): OpenedRecord {
    const { value, issues } = decode(SecuredRecord, body);
    if (!value) {
      const args = { found: String(body.length), expected: 'at least a tag' };
      return { issues: [...issues, SPDM_ISSUES.make('secured.length', place(0, body.length), args)] };
    }
    const { sealed, sessionId } = value;
    const head = body.subarray(0, 6);
    if (sealed.length < TAG) {
      const args = { found: String(sealed.length), expected: 'at least 16' };
      return { issues: [SPDM_ISSUES.make('secured.length', place(4, 2), args)] };
    }
    const text = sealed.subarray(0, sealed.length - TAG);
    const plain = this.macOnly
      ? this.cipher('open', concat(head, text), sealed.subarray(text.length)) && text
      : this.cipher('open', head, sealed);
    if (!plain) {
      const args = { found: `0x${sessionId.toString(16)}` };
      return { issues: [SPDM_ISSUES.make('secured.tag', place(6, sealed.length), args)] };
    }
    if (this.macOnly) return { message: plain, issues: [] };
    const content = decode(SecuredContent, plain);
    if (content.value) return { message: content.value.message, issues: [] };
    const args = { found: String(plain.length), expected: 'as many as its length field says' };
    return { issues: [SPDM_ISSUES.make('secured.length', place(6, sealed.length), args)] };
  }

  private cipher(way: 'seal' | 'open', aad: Uint8Array, data: Uint8Array): Uint8Array | undefined {
    const nonce = this.nonce();
    this.sequence += 1n;
    return this.crypto[way](this.aead.name, this.keys.key, nonce, aad, data);
  }

  /** The salt with the sequence number, little-endian, over its first eight bytes. */
  private nonce(): Uint8Array {
    const nonce = this.keys.salt.slice();
    const view = new DataView(nonce.buffer);
    view.setBigUint64(0, view.getBigUint64(0, true) ^ this.sequence, true);
    return nonce;
  }
}

const place = (offset: number, length: number) => ({ path: 'record', offset, length });

function headOf(sessionId: number, length: number): Uint8Array {
  const head = new Uint8Array(6);
  const view = new DataView(head.buffer);
  view.setUint32(0, sessionId, true);
  view.setUint16(4, length, true);
  return head;
}

/** The session that a record says it belongs to; undefined for fewer than four bytes. */
export function sessionOf(body: Uint8Array): number | undefined {
  if (body.length < 4) return undefined;
  return new DataView(body.buffer, body.byteOffset).getUint32(0, true);
}
