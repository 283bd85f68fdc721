/** What a procedure expects, in words that a report can show. */
import { equalBytes, toHex, utf8Bytes } from '@tsm/core';
import type { Errno } from '../errno.ts';

/** The tree does not do as the case says. */
export class Mismatch extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Mismatch';
  }
}

function shown(value: unknown): string {
  if (value instanceof Uint8Array) {
    const hex = toHex(value.subarray(0, 64));
    return `${String(value.length)} bytes ${hex}${value.length > 64 ? '…' : ''}`;
  }
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

export function same<T>(what: string, actual: T, expected: T): void {
  const equal =
    actual instanceof Uint8Array && expected instanceof Uint8Array
      ? equalBytes(actual, expected)
      : shown(actual) === shown(expected);
  if (!equal) throw new Mismatch(`${what}: expected ${shown(expected)}, got ${shown(actual)}`);
}

export function holds(what: string, condition: boolean): void {
  if (!condition) throw new Mismatch(what);
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** The action must be refused with this errno. */
export async function refused(code: Errno, what: string, action: () => unknown): Promise<void> {
  let got: string;
  try {
    await action();
    got = 'success';
  } catch (error) {
    const found = codeOf(error);
    if (found === undefined) throw error;
    got = found;
  }
  if (got !== code) throw new Mismatch(`${what}: expected ${code}, got ${got}`);
}

export function bytesOf(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? utf8Bytes(value) : value;
}

/** `size` bytes of one value. */
export function filled(size: number, value: number): Uint8Array {
  return new Uint8Array(size).fill(value);
}
