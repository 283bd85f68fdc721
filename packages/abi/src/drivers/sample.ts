/** The kernel's sample of a measurement provider (samples/tsm-mr/tsm_mr_sample.c). */
import {
  concat,
  extendDigest,
  utf8Bytes,
  type AlgorithmName,
  type Digests,
  type MeasurementSource,
} from '@tsm/core';
import { HASH_NAMES, measurementSource, MR_FLAGS } from '../registers/kernel.ts';

type Field = 'static_mr' | 'config_mr' | 'rtmr0' | 'rtmr1';

/** A field holds its own name at first, filled up with zeros. */
function named(name: Field, size: number): Uint8Array {
  const value = new Uint8Array(size);
  value.set(utf8Bytes(name));
  return value;
}

/** What each writable register stands on: the agile ones share storage with the others. */
const STORAGE: Readonly<Record<string, readonly [Field, AlgorithmName]>> = {
  rtmr1: ['rtmr1', 'sha384'],
  'rtmr_crypto_agile:sha256': ['rtmr0', 'sha256'],
  'rtmr_crypto_agile:sha384': ['rtmr1', 'sha384'],
};

const { NOHASH, READABLE, LIVE, RTMR } = MR_FLAGS;
const hash = (name: AlgorithmName): number => HASH_NAMES.indexOf(name);

/** `refreshes`: told at each refresh. */
export function sampleMeasurements(digests: Digests, refreshes?: () => void): MeasurementSource {
  const fields: Record<Field, Uint8Array> = {
    static_mr: named('static_mr', 48),
    config_mr: named('config_mr', 64),
    rtmr0: named('rtmr0', 32),
    rtmr1: named('rtmr1', 48),
  };
  let reportDigest: Uint8Array = new Uint8Array(64);
  return measurementSource({
    name: 'tsm_mr_sample',
    registers: [
      { name: 'static_mr', size: 48, flags: READABLE, hash: hash('sha384') },
      { name: 'config_mr', size: 64, flags: READABLE | NOHASH, hash: 0 },
      { name: 'rtmr0', size: 32, flags: READABLE | LIVE, hash: hash('sha256') },
      { name: 'rtmr1', size: 48, flags: READABLE | RTMR, hash: hash('sha384') },
      { name: 'rtmr_crypto_agile', size: 32, flags: READABLE | RTMR, hash: hash('sha256') },
      { name: 'rtmr_crypto_agile', size: 48, flags: READABLE | RTMR, hash: hash('sha384') },
      { name: 'report_digest', size: 64, flags: READABLE | LIVE, hash: hash('sha512') },
    ],
    read(register) {
      if (register === 'report_digest') return reportDigest;
      const field = STORAGE[register]?.[0] ?? (register as Field);
      return fields[field].slice();
    },
    refresh() {
      refreshes?.();
      const { static_mr, config_mr, rtmr0, rtmr1 } = fields;
      reportDigest = digests.digest('sha512', concat(static_mr, config_mr, rtmr0, rtmr1));
    },
    write(register, value) {
      const storage = STORAGE[register];
      if (!storage) throw new RangeError(`${register} is not written`);
      const [field, algorithm] = storage;
      fields[field] = extendDigest(digests, algorithm, fields[field], value);
    },
  });
}
