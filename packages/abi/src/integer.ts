/** Integers as the kernel reads them from text (lib/kstrtox.c). */
import { errno } from './errno.ts';

const UINT_MAX = 0xffff_ffffn;

/** Digits after the optional sign, by base: `0x` sixteen, a leading zero eight, else ten. */
function digitsOf(text: string): bigint | undefined {
  if (/^0x[0-9a-f]+$/i.test(text)) return BigInt(text.toLowerCase());
  if (/^0[0-7]*$/.test(text)) return BigInt(text === '0' ? 0 : `0o${text.slice(1)}`);
  return /^[1-9][0-9]*$/.test(text) ? BigInt(text) : undefined;
}

/** kstrtouint with base 0: one line feed at the end and a leading `+` are taken. `EINVAL`; `ERANGE` above 32 bits. */
export function parseUint(text: string): number {
  const plain = (text.split('\0')[0] ?? '').replace(/\n$/, '').replace(/^\+/, '');
  const value = digitsOf(plain);
  if (value === undefined) throw errno('EINVAL', `expected a number, got ${JSON.stringify(text)}`);
  if (value > UINT_MAX) throw errno('ERANGE', `expected at most ${String(UINT_MAX)}, got ${plain}`);
  return Number(value);
}
