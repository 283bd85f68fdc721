/** A TCG firmware log as an EventLog: events are views into the bytes, made when asked for. */
import { ALGORITHMS, type AlgorithmName, type Digests, type Issue } from '@tsm/core';
import { decodeContent } from '../event-data/decode.ts';
import { eventTypeName } from '../event-types.ts';
import type { EventDigest, EventLog, ExtendVisitor, LogEvent, Tail } from '../log.ts';
import { EV_NO_ACTION, MAX_REGISTER, SHA1_ID, type Bank, type Walked } from './walk.ts';

/** PCRs of the dynamic root of trust start with all bits set (TCG PC Client Platform TPM Profile 1.05 §4.6.2). */
const DRTM_PCRS = { first: 17, last: 22 };
/** The highest CC measurement register of the numbering table. */
const MAX_CC_MR = 4;

export class TcgLog implements EventLog {
  readonly format: 'ccel' | 'tcg2' | 'tcg1';
  readonly bytes: Uint8Array;
  readonly banks: readonly Bank[];
  readonly issues: readonly Issue[];
  readonly tail: Tail;
  readonly count: number;
  private readonly view: DataView;
  private readonly walked: Walked;

  constructor(
    format: TcgLog['format'],
    bytes: Uint8Array,
    banks: readonly Bank[],
    walked: Walked,
    issues: readonly Issue[],
  ) {
    this.format = format;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.banks = banks;
    this.issues = issues;
    this.tail = walked.tail;
    this.count = walked.offsets.length;
    this.walked = walked;
  }

  get numbering(): 'pcr' | 'ccMr' {
    return this.format === 'ccel' ? 'ccMr' : 'pcr';
  }

  get algorithms(): readonly AlgorithmName[] {
    return [...new Set(this.banks.flatMap((bank) => bank.algorithm ?? []))];
  }

  *[Symbol.iterator](): Iterator<LogEvent> {
    for (let i = 0; i < this.count; i++) yield this.event(i);
  }

  event(number: number): LogEvent {
    const offset = this.walked.offsets[number];
    if (offset === undefined)
      throw new RangeError(`number: expected 0…${String(this.count - 1)}, got ${String(number)}`);
    const { digests, end: sizeAt } = this.digestsAt(number, offset);
    const register = this.view.getUint32(offset, true);
    const type = this.view.getUint32(offset + 4, true);
    const size = this.view.getUint32(sizeAt, true);
    const dataOffset = sizeAt + 4;
    const data = this.bytes.subarray(dataOffset, dataOffset + size);
    const path = `events[${String(number)}].event`;
    return {
      number,
      register,
      type,
      typeName: eventTypeName(type),
      digests,
      data,
      dataOffset,
      offset,
      length: dataOffset + size - offset,
      measured: type !== EV_NO_ACTION && register <= MAX_REGISTER,
      content: () => decodeContent(type, data, { offset: dataOffset, path }),
    };
  }

  start(register: number, algorithm: AlgorithmName): Uint8Array {
    const value = new Uint8Array(ALGORITHMS[algorithm].size);
    if (this.numbering === 'ccMr') return value;
    if (register === 0) value[value.length - 1] = this.walked.locality ?? 0;
    if (register >= DRTM_PCRS.first && register <= DRTM_PCRS.last) value.fill(0xff);
    return value;
  }

  scan(_digests: Digests, extend: ExtendVisitor): void {
    const { view, bytes, banks, count } = this;
    const { offsets } = this.walked;
    const agile = this.format === 'tcg1' ? count : Math.min(1, count);
    for (let i = 0; i < agile; i++) this.scanSha1(i, extend);
    for (let i = agile; i < count; i++) {
      const offset = offsets[i] ?? 0;
      const register = view.getUint32(offset, true);
      if (view.getUint32(offset + 4, true) === EV_NO_ACTION || register > MAX_REGISTER) continue;
      const digests = view.getUint32(offset + 8, true);
      let at = offset + 12;
      let seen = 0;
      for (let d = 0; d < digests; d++) {
        const index = this.bankIndex(view.getUint16(at, true));
        const bank = banks[index];
        if (bank?.algorithm !== undefined && ((seen >> index) & 1) === 0)
          extend(i, register, bank.algorithm, bytes, at + 2);
        seen |= 1 << index;
        at += 2 + (bank?.size ?? 0);
      }
    }
  }

  private scanSha1(number: number, extend: ExtendVisitor): void {
    const offset = this.walked.offsets[number];
    if (offset === undefined) return;
    const register = this.view.getUint32(offset, true);
    if (this.view.getUint32(offset + 4, true) === EV_NO_ACTION || register > MAX_REGISTER) return;
    extend(number, register, 'sha1', this.bytes, offset + 8);
  }

  private bankIndex(tcgId: number): number {
    for (let i = 0; i < this.banks.length; i++) if (this.banks[i]?.tcgId === tcgId) return i;
    return -1;
  }

  /** The digests of an event, the first of each bank (a repeated one is an issue), and where they end. */
  private digestsAt(number: number, offset: number): { digests: EventDigest[]; end: number } {
    if (this.format === 'tcg1' || number === 0) {
      const digest = this.bytes.subarray(offset + 8, offset + 28);
      const only: EventDigest = { tcgId: SHA1_ID, algorithm: 'sha1', digest, offset: offset + 8 };
      return { digests: [only], end: offset + 28 };
    }
    const digests: EventDigest[] = [];
    let at = offset + 12;
    let seen = 0;
    for (let i = this.view.getUint32(offset + 8, true); i > 0; i--) {
      const index = this.bankIndex(this.view.getUint16(at, true));
      const bank = this.banks[index];
      if (!bank) break;
      const { tcgId, algorithm, size } = bank;
      at += 2;
      if (((seen >> index) & 1) === 0)
        digests.push({ tcgId, algorithm, digest: this.bytes.subarray(at, at + size), offset: at });
      seen |= 1 << index;
      at += size;
    }
    return { digests, end: at };
  }
}

/**
 * Does a crypto-agile log number CC measurement registers, or PCRs? Its bytes do not say. OVMF puts the header at
 * index 1, which no TPM log does; else one bank that a TPM log never has alone, and no register beyond the CC MRs.
 */
export function agileFormat(headerRegister: number, banks: readonly Bank[], walked: Walked): 'ccel' | 'tcg2' {
  if (headerRegister === 1) return 'ccel';
  const only = banks.length === 1 ? banks[0]?.algorithm : undefined;
  const ccBank = only === 'sha384' || only === 'sm3' || only === 'sha512';
  return ccBank && walked.maxRegister <= MAX_CC_MR ? 'ccel' : 'tcg2';
}
