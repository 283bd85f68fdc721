/** The Spec ID header of a crypto-agile log: which event it is, and how it reads for these banks. */
import { algorithmOfTcgId, ALGORITHMS, latin1Text } from '@tsm/core';
import { decode, encode } from '@tsm/core/layout';
import { specIdData } from '../tcg/encode.ts';
import { SPEC_ID_EVENT, SPEC_ID_SIGNATURE } from '../tcg/layout.ts';
import type { CelDigest } from '../cel/model.ts';
import { digestsOf, extendsNothing, isNoAction } from './selection.ts';
import type { SourceEvent } from './source.ts';

/** Is this the header of a crypto-agile log? */
export function isSpecId(one: SourceEvent): boolean {
  if (!isNoAction(one) || !extendsNothing(one)) return false;
  return latin1Text(one.content.data.subarray(0, SPEC_ID_SIGNATURE.length)) === SPEC_ID_SIGNATURE;
}

/** Sizes of digests by TPM_ALG_ID; the first digest of an unknown algorithm says its size. */
export type BankSizes = ReadonlyMap<number, number>;

function sizesOf(events: readonly SourceEvent[]): BankSizes {
  const sizes = new Map<number, number>();
  const add = ({ tcgId, digest }: CelDigest): void => {
    const known = algorithmOfTcgId(tcgId);
    if (!sizes.has(tcgId) && digest.length > 0 && tcgId <= 0xffff)
      sizes.set(tcgId, known ? ALGORITHMS[known].size : digest.length);
  };
  for (const one of events) for (const digest of digestsOf(one)) add(digest);
  return sizes;
}

/** Data of a header for the banks of these events; that of `header` as it is, where it lists the same. */
export function headerFor(
  header: SourceEvent | undefined,
  events: readonly SourceEvent[],
  oneBank: boolean,
): { data: Uint8Array; sizes: BankSizes } {
  const used = sizesOf(events);
  const { value, issues } = header
    ? decode(SPEC_ID_EVENT, header.content.data)
    : { value: undefined, issues: [] };
  const old = value && issues.length === 0 ? value : undefined;
  const listed = (old?.digestSizes ?? []).filter(({ algorithmId: id, digestSize: size }) => {
    // Firmware lists banks that no event uses; they stay, unless only one bank is wanted.
    return (used.get(id) ?? (oneBank ? -1 : size)) === size;
  });
  const kept = new Map(listed.map((one) => [one.algorithmId, one.digestSize]));
  const sizes = new Map([...kept, ...used]);
  if (header && old && sizes.size === old.digestSizes.length) return { data: header.content.data, sizes };
  const base = old ?? decode(SPEC_ID_EVENT, specIdData([])).value;
  if (!base) throw new TypeError('the layout of the Spec ID event does not read its own data');
  const digestSizes = [...sizes].map(([algorithmId, digestSize]) => ({ algorithmId, digestSize }));
  return {
    data: encode(SPEC_ID_EVENT, { ...base, numberOfAlgorithms: digestSizes.length, digestSizes }),
    sizes,
  };
}
