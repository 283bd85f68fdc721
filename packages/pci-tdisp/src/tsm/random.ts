/** Random bytes that a seed decides: the same device each time its journal is replayed. */
import { concat, utf8Bytes } from '@tsm/core';
import type { RandomBytes, SpdmCrypto } from '../spdm/crypto.ts';

/** Blocks of SHA-384 over seed, purpose and a counter. Another purpose gives other bytes. */
export function seededBytes(
  crypto: Pick<SpdmCrypto, 'hash'>,
  seed: Uint8Array,
  purpose: string,
): RandomBytes {
  const start = concat(seed, utf8Bytes(purpose), Uint8Array.of(0));
  let counter = 0;
  let left: Uint8Array = new Uint8Array(0);
  return (length) => {
    while (left.length < length) {
      const block = new Uint8Array(4);
      new DataView(block.buffer).setUint32(0, counter++);
      left = concat(left, crypto.hash('sha384', concat(start, block)));
    }
    const taken = left.slice(0, length);
    left = left.slice(length);
    return taken;
  };
}
