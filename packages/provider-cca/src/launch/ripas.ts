/** Which entries of the translation tables a range of RAM takes: each is one RIPAS descriptor. Source: RMM 1.0, TF-RMM rtt.c. */

const PAGE_BITS = 12;
const BITS_PER_LEVEL = 9;

/**
 * Sizes of blocks and pages, largest first, in an IPA space of so many bits. The host is taken to concatenate up to 16
 * tables at the first level, as KVM does.
 */
export function blockSizes(ipaBits: number): readonly bigint[] {
  const tableBits = ipaBits - PAGE_BITS;
  let levels = Math.ceil(tableBits / BITS_PER_LEVEL);
  if (tableBits - BITS_PER_LEVEL * (levels - 1) <= 4) levels -= 1;
  return Array.from(
    { length: levels },
    (_, i) => 1n << BigInt(PAGE_BITS + BITS_PER_LEVEL * (levels - 1 - i)),
  );
}

/** The entries from `base` up to `top`, both multiples of a page: each the largest that is aligned and fits. */
export function* ripasEntries(
  base: bigint,
  top: bigint,
  ipaBits: number,
): Generator<readonly [bigint, bigint]> {
  const sizes = blockSizes(ipaBits);
  for (let at = base; at < top;) {
    const size = sizes.find((one) => at % one === 0n && at + one <= top);
    if (size === undefined) return;
    yield [at, at + size];
    at += size;
  }
}
