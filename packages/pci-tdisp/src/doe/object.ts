/** One DOE data object: header, body, padding; and a byte stream cut into objects. */
import { concat, isFilledWith, type Issue } from '@tsm/core';
import { decode, encode } from '@tsm/core/layout';
import { SPDM_ISSUES } from '../issues.ts';
import { DOE_TYPE, DoeHeader, PCI_SIG } from './layout.ts';

const HEADER = 8;
const LENGTH_MASK = 0x3ffff;
const MAX_DWORDS = 0x40000;

/** The largest body of a data object in bytes. */
export const DOE_BODY_MAX = 4 * MAX_DWORDS - HEADER;

export interface DoeObject {
  readonly vendorId: number;
  readonly type: number;
  /** What follows the header, padding included: only the message inside says where it ends. */
  readonly body: Uint8Array;
}

export interface DecodedDoe {
  readonly object: DoeObject | undefined;
  readonly issues: readonly Issue[];
  /** Bytes of the object by its own account; 0 when not even the header is there. */
  readonly length: number;
}

/** A data object of PCI-SIG; the body is padded with zeros to whole double words. A body too long is a RangeError. */
export function encodeDoe(type: number, body: Uint8Array): Uint8Array {
  if (body.length > DOE_BODY_MAX)
    throw new RangeError(`body: at most ${String(DOE_BODY_MAX)} bytes, got ${String(body.length)}`);
  const dwords = Math.ceil((HEADER + body.length) / 4);
  const header = encode(DoeHeader, {
    vendorId: PCI_SIG,
    type,
    reserved: new Uint8Array(1),
    length: dwords & LENGTH_MASK,
  });
  return concat(header, body, new Uint8Array(4 * dwords - HEADER - body.length));
}

/** Reads one object at the start of the bytes. Vendor, type and length that are wrong are issues, and no object. */
export function decodeDoe(bytes: Uint8Array): DecodedDoe {
  const { value, issues } = decode(DoeHeader, bytes);
  if (!value) return { object: undefined, issues, length: 0 };
  const { vendorId, type } = value;
  const dwords = value.length & LENGTH_MASK;
  const length = 4 * (dwords === 0 ? MAX_DWORDS : dwords);
  const found = issues.filter(({ path }) => path !== 'type');
  const at = (path: string, offset: number, size: number) => ({ path, offset, length: size });
  if (vendorId !== PCI_SIG)
    found.push(SPDM_ISSUES.make('doe.vendor', at('vendorId', 0, 2), { found: hex(vendorId, 4) }));
  else if (type > DOE_TYPE.SECURED_SPDM)
    found.push(SPDM_ISSUES.make('doe.type', at('type', 2, 1), { found: String(type) }));
  if (length < HEADER || length > bytes.length) {
    const args = { found: String(length), expected: String(bytes.length) };
    found.push(SPDM_ISSUES.make('doe.length', at('length', 4, 4), args));
  }
  if (found.some(({ severity }) => severity === 'error')) return { object: undefined, issues: found, length };
  return { object: { vendorId, type, body: bytes.subarray(HEADER, length) }, issues: found, length };
}

/** The issue of padding behind a message of `used` bytes that is not 0 to 3 zeros. */
export function paddingIssue(body: Uint8Array, used: number): Issue | undefined {
  const padding = body.subarray(used);
  if (padding.length < 4 && isFilledWith(padding, 0)) return undefined;
  const place = { path: 'padding', offset: HEADER + used, length: padding.length };
  const found = padding.length < 4 ? 'other bytes' : `${String(padding.length)} bytes`;
  return SPDM_ISSUES.make('doe.padding', place, { found });
}

const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`;

/** Cuts what arrives in any portions into objects. It holds at most one object of the largest size. */
export class DoeStream {
  private held: Uint8Array = new Uint8Array(0);

  /** The objects that are complete now, as bytes. One that is no object takes all that is held with it. */
  push(bytes: Uint8Array): Uint8Array[] {
    this.held = concat(this.held, bytes);
    const objects: Uint8Array[] = [];
    while (this.held.length >= HEADER) {
      const { length } = decodeDoe(this.held);
      const size = length < HEADER ? this.held.length : length;
      if (size > this.held.length) break;
      objects.push(this.held.slice(0, size));
      this.held = this.held.subarray(size);
    }
    return objects;
  }

  /** Bytes of an object that is not complete. */
  get left(): number {
    return this.held.length;
  }
}
