/** Measurement registers as a guest driver declares them (include/linux/tsm-mr.h), and the checks at registration. */
import { ALGORITHMS, algorithmOfText, type MeasurementSource, type RegisterSpec } from '@tsm/core';
import { errno } from '../errno.ts';

/** TSM_MR_F_*. */
export const MR_FLAGS = { NOHASH: 1, WRITABLE: 2, READABLE: 4, LIVE: 8, RTMR: 10 } as const;

/** Names of enum hash_algo by number (crypto/hash_info.c). */
export const HASH_NAMES: readonly string[] = [
  ...['md4', 'md5', 'sha1', 'rmd160', 'sha256', 'sha384', 'sha512', 'sha224', 'rmd128', 'rmd256', 'rmd320'],
  ...['wp256', 'wp384', 'wp512', 'tgr128', 'tgr160', 'tgr192', 'sm3', 'streebog256', 'streebog512'],
  ...['sha3-256', 'sha3-384', 'sha3-512'],
];

/** struct tsm_measurement_register. */
export interface KernelRegister {
  readonly name: string | null;
  /** Bytes of the value. */
  readonly size: number;
  readonly flags: number;
  /** Number of the hash; not looked at with NOHASH. */
  readonly hash: number;
}

/** struct tsm_measurements. `read` gives the driver's copy of a value. */
export interface KernelMeasurements {
  /** Of the device. */
  readonly name: string;
  readonly registers: readonly KernelRegister[] | null;
  readonly read: (register: string) => Uint8Array;
  readonly refresh?: () => void;
  readonly write?: (register: string, value: Uint8Array) => void;
}

function specOf({ name, size, flags, hash }: KernelRegister): RegisterSpec {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  if (name === null || name === '') throw errno('EINVAL', 'a register has no name');
  const hashName = has(MR_FLAGS.NOHASH) ? null : HASH_NAMES[hash];
  if (hashName === undefined) throw errno('EINVAL', `${name}: no hash ${String(hash)}`);
  const algorithm = hashName === null ? null : algorithmOfText(hashName);
  if (algorithm === undefined)
    throw errno('EINVAL', `${name}: ${String(hashName)} is none of ${Object.keys(ALGORITHMS).join(', ')}`);
  const extensible = has(MR_FLAGS.WRITABLE);
  return {
    ...{ name, title: name, algorithm, size, extensible, hasLog: extensible, role: 'other', numbers: {} },
    ...{
      kind: extensible ? 'runtime' : 'static',
      readable: has(MR_FLAGS.READABLE),
      live: has(MR_FLAGS.LIVE),
    },
  };
}

/** tsm_mr_create_attribute_group: `EINVAL` for what the kernel does not take. Two of one name are refused at registration. */
export function measurementSource(declared: KernelMeasurements | null): MeasurementSource {
  if (!declared?.registers) throw errno('EINVAL', 'expected a list of registers, got none');
  const { name, registers, refresh, write } = declared;
  for (const one of registers) {
    if ((one.flags & MR_FLAGS.LIVE) !== 0 && !refresh)
      throw errno('EINVAL', `${name}: a live register needs the operation refresh`);
    if ((one.flags & MR_FLAGS.WRITABLE) !== 0 && !write)
      throw errno('EINVAL', `${name}: a writable register needs the operation write`);
  }
  return {
    name,
    registers: registers.map(specOf),
    read: (register) => declared.read(register),
    extend: (register, value) => declared.write?.(register, value),
    ...(refresh ? { refresh: () => declared.refresh?.() } : {}),
  };
}
