/** Claims as plain values for policies: flat names, as the specification spells them. */
import type { Claims, ClaimValue } from '@tsm/core';
import type { CborItem } from '@tsm/evidence';
import { lifecycleOf, type ClaimRow, type ClaimType } from './claims.ts';
import { CLAIM_ROWS, lifecycleClaim, type CcaToken, type SignedToken } from './token.ts';

/** Registers are not claims: evidence has them under their names. */
const REGISTERS: readonly string[] = ['initial-measurement', 'extensible-measurements'];

type Entry = readonly [name: string, value: ClaimValue];

function valueOf(item: CborItem): ClaimValue | undefined {
  switch (item.kind) {
    case 'int':
    case 'bytes':
    case 'text':
    case 'float':
      return item.value;
    case 'simple':
      return typeof item.value === 'boolean' ? item.value : undefined;
    case 'array':
      return item.items.flatMap((one) => valueOf(one) ?? []);
    default:
      return undefined;
  }
}

function valueEntries(name: string, type: ClaimType, item: CborItem): Entry[] {
  if (type.kind === 'map') return mapEntries(name, item, type.rows);
  if (type.kind === 'list' && type.item.kind === 'map' && item.kind === 'array') {
    const { item: inner } = type;
    return item.items.flatMap((one, i) => valueEntries(`${name}.${String(i)}`, inner, one));
  }
  const value = valueOf(item);
  if (value === undefined) return [];
  const named = type.kind === 'int' && typeof value === 'number' ? type.names?.[value] : undefined;
  return [[name, named ?? value]];
}

/** Claims that the table does not know go under their label. */
function mapEntries(prefix: string, map: CborItem, rows: readonly ClaimRow[]): Entry[] {
  if (map.kind !== 'map') return [];
  return map.entries.flatMap(([key, item]) => {
    if (key.kind !== 'int' && key.kind !== 'text') return [];
    const row = rows.find(({ label }) => label === key.value);
    const name = row?.name ?? String(key.value);
    if (REGISTERS.includes(name)) return [];
    return valueEntries(`${prefix}.${name}`, row?.type ?? { kind: 'any' }, item);
  });
}

const tokenEntries = (token: SignedToken | undefined): Entry[] =>
  token?.claims ? mapEntries(token.role, token.claims, CLAIM_ROWS[token.role]) : [];

/**
 * `platform.implementation-id`, `realm.personalization-value`, `platform.sw-components.0.signer-id`, …;
 * `platform.lifecycle` by name. `debug` is false only where the life cycle is known and no debug state.
 */
export function claimValues({ platform, realm }: CcaToken): Claims {
  const value = lifecycleClaim(platform);
  const lifecycle = value === undefined ? undefined : lifecycleOf(value);
  const name: Entry[] = lifecycle ? [['platform.lifecycle', lifecycle.name]] : [];
  return Object.fromEntries([
    ...tokenEntries(platform),
    ...name,
    ...tokenEntries(realm),
    ['debug', lifecycle?.debug ?? true] as const,
  ]);
}
