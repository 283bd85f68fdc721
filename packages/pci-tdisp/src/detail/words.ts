/** Small words that details of messages are made of. */
import type { Layout } from '@tsm/core/layout';
import type { MessageContext } from '../spdm/layout/context.ts';

/** Says of a message what its name does not; `''` when that is nothing. Each takes the value of its own layout. */
export type Words = (value: never) => string;

/** The value of a layout that depends on the connection. */
export type Value<L extends (context: MessageContext) => Layout<unknown>> =
  ReturnType<L> extends Layout<infer T> ? T : never;

export const hex = (value: number, digits = 2): string => `0x${value.toString(16).padStart(digits, '0')}`;

/** Parts that are there, with commas. */
export const listed = (...parts: readonly (string | false | undefined)[]): string =>
  parts.filter((part) => part !== false && part !== undefined && part !== '').join(', ');

export const slotText = (param: number): string => `slot ${String(param & 15)}`;

/** Names of the bits that are set, by a table of bit numbers; what has no name as a number. */
export function maskText(
  table: readonly { readonly name: string; readonly bit: number }[],
  mask: number,
): string {
  const known = table.filter(({ bit }) => ((mask >>> bit) & 1) === 1);
  const other = known.reduce((left, { bit }) => left & ~(1 << bit), mask) >>> 0;
  return [...known.map(({ name }) => name), ...(other === 0 ? [] : [hex(other)])].join('|');
}
