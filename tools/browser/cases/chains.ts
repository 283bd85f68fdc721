/** Extend chains over many digests: what they run on here, and whether noble, hash by hash, gives the same value. */
import { ALGORITHMS, createDigests, portableDigests, toHex } from '@tsm/core';

const NAMES = ['sha1', 'sha256', 'sha384', 'sha512'] as const;

/** More than a kernel takes in one call, and no multiple of that. */
const COUNT = 1003;

export interface ChainFacts {
  readonly algorithm: string;
  readonly kind: string;
  readonly value: string;
  readonly noble: string;
}

/** The same bytes everywhere. */
function randomBytes(length: number): Uint8Array {
  let state = 0x5eed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

export function chainFacts(): ChainFacts[] {
  return NAMES.map((algorithm) => {
    const { size } = ALGORITHMS[algorithm];
    const bytes = randomBytes(size * (COUNT + 1));
    const noble = createDigests({
      [algorithm]: { hash: (all: Uint8Array) => portableDigests.digest(algorithm, all) },
    });
    const value = (digests: typeof noble): string => {
      const chain = digests.chain(algorithm, bytes.slice(0, size));
      for (let i = 1; i <= COUNT; i++) chain.extend(bytes, i * size);
      return toHex(chain.value());
    };
    const kind = portableDigests.chainKind(algorithm);
    return { algorithm, kind, value: value(portableDigests), noble: value(noble) };
  });
}
