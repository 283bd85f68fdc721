/** How measurement registers are extended, and what they sum up to. Spec: CoVE specification, Measurements; salus attestation/src/manager.rs. */
import { ALGORITHMS, concat, concatAll, type Digests } from '@tsm/core';
import { encode } from '@tsm/core/layout';
import { ConfigurationRecord, SalusExtendRecord } from './layout/measurement.ts';
import type { CoveHash } from './registers.ts';

export const PAGE_SIZE = 4096;

/** A hash with the backend that computes it. */
export interface Measuring {
  readonly digests: Digests;
  readonly hash: CoveHash;
}

/** Value of a register that nothing was measured into. */
export function emptyRegister(hash: CoveHash): Uint8Array {
  return new Uint8Array(ALGORITHMS[hash].size);
}

/** `H(old ‖ data)`. */
export function extended({ digests, hash }: Measuring, old: Uint8Array, data: Uint8Array): Uint8Array {
  return digests.digest(hash, concat(old, data));
}

/** What a guest's extend hashes: the digest, or salus's buffer with the digest in it. */
export function extendData(digest: Uint8Array, salus: boolean): Uint8Array {
  return salus ? encode(SalusExtendRecord, { digest, padding: new Uint8Array(16) }) : digest;
}

/**
 * The register after the pages of an image, in ascending order: `H(old ‖ gpa (u64, little-endian) ‖ page)` each. The
 * last page is filled up with zeros. No image: the register as it was.
 */
export function measurePages(
  { digests, hash }: Measuring,
  old: Uint8Array,
  image: Uint8Array,
  gpa: bigint,
): Uint8Array {
  // One buffer for all pages: value, address, content, as PageRecord has them behind the value.
  const start = old.length;
  const buffer = new Uint8Array(start + 8 + PAGE_SIZE);
  const view = new DataView(buffer.buffer);
  buffer.set(old);
  for (let offset = 0; offset < image.length; offset += PAGE_SIZE) {
    const page = image.subarray(offset, offset + PAGE_SIZE);
    view.setBigUint64(start, BigInt.asUintN(64, gpa + BigInt(offset)), true);
    buffer.set(page, start + 8);
    buffer.fill(0, start + 8 + page.length);
    buffer.set(digests.digest(hash, buffer));
  }
  return buffer.slice(0, start);
}

/** The register after the entry point, or after its argument: two steps at finalize. */
export function measureConfiguration(measuring: Measuring, old: Uint8Array, value: bigint): Uint8Array {
  return extended(measuring, old, encode(ConfigurationRecord, { value }));
}

/** TCB component identifier: the hash over these registers, in the order of their indices. */
export function tciOf({ digests, hash }: Measuring, registers: readonly Uint8Array[]): Uint8Array {
  return digests.digest(hash, concatAll(registers));
}
