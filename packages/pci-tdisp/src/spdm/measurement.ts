/** Measurement blocks and the hash over them. Spec: DSP0274, measurement blocks. */
import { concatAll } from '@tsm/core';
import { decode, encode } from '@tsm/core/layout';
import type { HashAlgorithm } from './algorithms.ts';
import type { SpdmCrypto } from './crypto.ts';
import { MeasurementBlock } from './layout/authentication.ts';
import type { SpdmMeasurement } from './responder/options.ts';

/** Bit 7 of the value type: the bits themselves, not their digest. */
const RAW = 0x80;

export function encodeBlock(
  crypto: SpdmCrypto,
  hash: HashAlgorithm,
  { index, type, value, raw = false }: SpdmMeasurement,
  wantRaw: boolean,
): Uint8Array {
  const bits = raw || wantRaw;
  const content = bits ? value : crypto.hash(hash.name, value);
  return encode(MeasurementBlock, {
    index,
    specification: 1,
    size: 3 + content.length,
    valueType: type | (bits ? RAW : 0),
    valueSize: content.length,
    value: content,
  });
}

/** One block as a responder sent it. */
export interface MeasuredBlock {
  readonly index: number;
  /** 0 ROM, 1 firmware, 2 and 3 configuration, 4 manifest … */
  readonly type: number;
  readonly raw: boolean;
  readonly value: Uint8Array;
}

/** The blocks of a record; undefined when they do not fill it. */
export function readBlocks(record: Uint8Array, count: number): MeasuredBlock[] | undefined {
  const blocks: MeasuredBlock[] = [];
  let at = 0;
  while (at < record.length) {
    const { value, length } = decode(MeasurementBlock, record, { offset: at });
    if (value?.size !== length - 4) return undefined;
    const { index, valueType, value: content } = value;
    blocks.push({ index, type: valueType & 0x7f, raw: (valueType & RAW) !== 0, value: content });
    at += length;
  }
  return blocks.length === count ? blocks : undefined;
}

/** Kinds of summary that CHALLENGE, KEY_EXCHANGE and PSK_EXCHANGE can ask for. */
export const SUMMARY = { NONE: 0, TCB: 1, ALL: 0xff } as const;

/** Hash over the blocks of all measurements, or of those of the trusted computing base: type 0, what cannot change. */
export function summaryHash(
  crypto: SpdmCrypto,
  hash: HashAlgorithm,
  measurements: readonly SpdmMeasurement[],
  kind: number,
): Uint8Array {
  const chosen = kind === SUMMARY.TCB ? measurements.filter(({ type }) => type === 0) : measurements;
  const blocks = chosen.map((one) => encodeBlock(crypto, hash, one, false));
  return crypto.hash(hash.name, concatAll(blocks));
}
