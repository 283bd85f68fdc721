/** Content hashes as keys of the cache. */
import { latin1Text, type Digests } from '@tsm/core';

/** By the bytes themselves, which are private copies that nobody changes. */
const fingerprints = new WeakMap<Uint8Array, string>();

/** SHA-256 as text, one character a byte. Computed once for each array: only for bytes that do not change. */
export function fingerprint(bytes: Uint8Array, digests: Digests): string {
  const known = fingerprints.get(bytes);
  if (known !== undefined) return known;
  const made = latin1Text(digests.digest('sha256', bytes));
  fingerprints.set(bytes, made);
  return made;
}
