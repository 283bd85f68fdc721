/** Claims held against their table: what is missing, of another type or size, or unknown. */
import type { Issue, Place } from '@tsm/core';
import { cborGet, type CborItem } from '@tsm/evidence';
import type { ClaimRow, ClaimType } from './claims.ts';
import { CCA_ISSUES } from './issues.ts';
import { itemWords } from './item-words.ts';

/** `expected`: what the type wants, in words. */
function mismatch(type: ClaimType, item: CborItem): string | undefined {
  switch (type.kind) {
    case 'any':
      return undefined;
    case 'bytes': {
      const { sizes, first } = type;
      const size = sizes ? `${sizes.join(', ')} bytes` : 'a byte string';
      const expected = first === undefined ? size : `${size}, the first ${String(first)}`;
      if (item.kind !== 'bytes') return expected;
      const fits = !sizes || sizes.includes(item.value.length);
      return fits && (first === undefined || item.value[0] === first) ? undefined : expected;
    }
    case 'int': {
      const fits = item.kind === 'int' && item.value >= 0 && item.value <= type.max;
      return fits ? undefined : `a number from 0 to ${String(type.max)}`;
    }
    case 'text':
      return item.kind === 'text' ? undefined : 'a text';
    case 'bool':
      return item.kind === 'simple' && typeof item.value === 'boolean' ? undefined : 'true or false';
    case 'list': {
      const { count } = type;
      if (
        item.kind === 'array' &&
        (count === undefined ? item.items.length > 0 : item.items.length === count)
      )
        return undefined;
      return count === undefined ? 'a list that is not empty' : `a list of ${String(count)}`;
    }
    case 'map':
      return item.kind === 'map' ? undefined : 'a map';
  }
}

function valueIssues(type: ClaimType, item: CborItem, name: string, path: string): Issue[] {
  const { offset, length } = item;
  const expected = mismatch(type, item);
  if (expected !== undefined) {
    const words = { claim: name, found: itemWords(item), expected };
    return [CCA_ISSUES.make('cca.claim-type', { path, offset, length }, words)];
  }
  if (type.kind === 'map') return rowIssues(item, type.rows, { path, offset, length }, undefined);
  if (type.kind !== 'list' || item.kind !== 'array') return [];
  return item.items.flatMap((one, i) => valueIssues(type.item, one, name, `${path}[${String(i)}]`));
}

/** `profile`: what else is mandatory. */
function rowIssues(
  map: CborItem,
  rows: readonly ClaimRow[],
  place: Place,
  profile: string | undefined,
): Issue[] {
  const issues = rows.flatMap(({ label, name, type, mandatory }) => {
    const item = cborGet(map, label);
    if (item) return valueIssues(type, item, name, `${place.path}.${name}`);
    if (mandatory !== true && (mandatory === undefined || mandatory !== profile)) return [];
    return [CCA_ISSUES.make('cca.claim-missing', place, { claim: name, label })];
  });
  const known = new Set<unknown>(rows.map(({ label }) => label));
  const entries = map.kind === 'map' ? map.entries : [];
  for (const [key, { offset, length }] of entries) {
    if ('value' in key && known.has(key.value)) continue;
    const label = 'value' in key && !(key.value instanceof Uint8Array) ? String(key.value) : itemWords(key);
    issues.push(
      CCA_ISSUES.make('cca.unknown-claim', { path: `${place.path}.${label}`, offset, length }, { label }),
    );
  }
  return issues;
}

/** Everything that is wrong with a map of claims. */
export function claimIssues(claims: CborItem, rows: readonly ClaimRow[], place: Place): readonly Issue[] {
  const label = rows.find(({ name }) => name === 'profile')?.label;
  const profile = label === undefined ? undefined : cborGet(claims, label);
  return rowIssues(claims, rows, place, profile?.kind === 'text' ? profile.value : undefined);
}
