/** Where checks say that something stands: a range in the evidence, or the name of a collateral file. */
import type { Place } from '@tsm/core';
import type { CheckDetails } from './checks.ts';

/** Paths of collateral files begin so; their ranges are not ranges of the evidence. */
const COLLATERAL = 'collateral[';

export function collateralPath(index: number): string {
  return `${COLLATERAL}${String(index)}]`;
}

/** The range, for what stands in the evidence. */
export function placeDetails({ path, offset, length }: Place): CheckDetails {
  return path.startsWith(COLLATERAL) ? {} : { range: { offset, length } };
}

/** The text, with the file where it is collateral that it speaks of. */
export function whereText({ path }: Place, text: string): string {
  return path.startsWith(COLLATERAL) ? `${path}: ${text}` : text;
}
