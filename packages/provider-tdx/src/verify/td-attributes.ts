/** What the TD may do: under debug it protects nothing. Source: Intel TDX Module ABI, ATTRIBUTES (TUD: bits 7:0) and XFAM. */
import { toHex } from '@tsm/core';
import type { CheckList } from '@tsm/evidence';
import { TD_ATTRIBUTES, XFAM } from '../layout/attributes.ts';
import type { Part } from '../quote-parts.ts';
import { rangeOf } from './context.ts';

const ATTRIBUTES = 'Intel TDX Module ABI, ATTRIBUTES';

/** Little-endian, 8 bytes. */
function bitsOf(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** Bits that are set and have no name here. */
function bitsOutside(bytes: Uint8Array, known: Readonly<Record<string, number>>): number[] {
  const names = Object.values(known).reduce((mask, bit) => mask | (1n << BigInt(bit)), 0n);
  const outside = bitsOf(bytes) & ~names;
  if (outside === 0n) return [];
  return Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => (outside >> BigInt(bit)) % 2n === 1n);
}

/** A new module may set bits that have no name here: what they allow cannot be told. */
function checkKnown(
  checks: CheckList,
  part: Part,
  { id, name, known }: { id: string; name: string; known: Readonly<Record<string, number>> },
): void {
  const outside = bitsOutside(part.bytes, known);
  const title = `every bit of ${name} is known`;
  const details = { spec: `Intel TDX Module ABI, ${name}`, ...rangeOf(part), actual: toHex(part.bytes) };
  if (outside.length === 0) checks.check(id, title, true, details);
  else checks.skip(id, title, { ...details, remedy: `find out what bit ${outside.join(', ')} allows` });
}

export function checkTdAttributes(checks: CheckList, attributes: Part, xfam: Part): void {
  const [tud = 0] = attributes.bytes;
  checks.check('debug', 'the TD is not under debug', tud === 0, {
    ...{
      spec: ATTRIBUTES,
      ...rangeOf(attributes),
      expected: 'bits 7:0 zero',
      actual: toHex(attributes.bytes),
    },
    remedy: 'the host can read and change this TD: launch it without debug attributes',
  });
  checkKnown(checks, attributes, { id: 'td.attributes', name: 'ATTRIBUTES', known: TD_ATTRIBUTES });
  checkKnown(checks, xfam, { id: 'td.xfam', name: 'XFAM', known: XFAM });
}
