/** Does a claim hold to a constraint? Numbers of any size, hex and text compare as what they are. */
import { fromHex, toHex, type ClaimValue } from '@tsm/core';
import type { Constraint, PolicyValue } from './model.ts';

/** As text that is equal for equal values: bytes as hex, numbers as decimal. */
export function claimText(value: ClaimValue): string {
  if (value instanceof Uint8Array) return toHex(value);
  if (typeof value === 'object') return `[${value.map(claimText).join(', ')}]`;
  return String(value);
}

function policyText(value: PolicyValue): string {
  return String(value);
}

/** Hex in policies may be upper case. */
function same(claim: ClaimValue, wanted: PolicyValue): boolean {
  const text = claimText(claim);
  return claim instanceof Uint8Array
    ? text === policyText(wanted).toLowerCase()
    : text === policyText(wanted) && (typeof claim === 'boolean') === (typeof wanted === 'boolean');
}

function integer(value: ClaimValue | undefined): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined;
  return typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : undefined;
}

/** Component by component where the claim is a list; a bound that is no list holds for each component. */
function bounded(
  claim: ClaimValue,
  bound: number | string | readonly (number | string)[],
  holds: (value: bigint, limit: bigint) => boolean,
): boolean {
  const values: readonly ClaimValue[] = Array.isArray(claim) ? (claim as readonly ClaimValue[]) : [claim];
  const limits: readonly ClaimValue[] =
    typeof bound === 'object' ? bound : values.map((): ClaimValue => bound);
  if (limits.length !== values.length) return false;
  return values.every((value, i) => {
    const [number, limit] = [integer(value), integer(limits[i])];
    return number !== undefined && limit !== undefined && holds(number, limit);
  });
}

function masked(claim: ClaimValue, mask: string): ClaimValue | undefined {
  const bits = fromHex(mask.toLowerCase());
  if (!bits) return undefined;
  if (claim instanceof Uint8Array)
    return bits.length === claim.length ? claim.map((byte, i) => byte & (bits[i] ?? 0)) : undefined;
  const number = integer(claim);
  return number === undefined ? undefined : number & BigInt(`0x${mask}`);
}

function members(claim: ClaimValue): readonly ClaimValue[] {
  return Array.isArray(claim) ? (claim as readonly ClaimValue[]) : [claim];
}

function equal(claim: ClaimValue, wanted: PolicyValue | readonly PolicyValue[]): boolean {
  if (typeof wanted !== 'object') return same(claim, wanted);
  const values = members(claim);
  return values.length === wanted.length && values.every((value, i) => same(value, wanted[i] ?? ''));
}

/** True when all that the constraint says holds. A claim of another kind than the constraint is about never holds. */
export function holds(claim: ClaimValue, constraint: Constraint): boolean {
  const { equals, oneOf, noneOf, min, max, mask } = constraint;
  const value = mask === undefined ? claim : masked(claim, mask);
  if (value === undefined) return false;
  return (
    (equals === undefined || equal(value, equals)) &&
    (oneOf === undefined || oneOf.some((wanted) => same(value, wanted))) &&
    (noneOf === undefined || !members(value).some((one) => noneOf.some((bad) => same(one, bad)))) &&
    (min === undefined || bounded(value, min, (number, limit) => number >= limit)) &&
    (max === undefined || bounded(value, max, (number, limit) => number <= limit))
  );
}

/** The constraint as a person reads it: `≥ 5`, `one of a, b`. */
export function constraintText({ equals, oneOf, noneOf, min, max, mask }: Constraint): string {
  const list = (value: unknown): string => (Array.isArray(value) ? `[${value.join(', ')}]` : String(value));
  const parts = [
    ...(mask === undefined ? [] : [`masked with ${mask}`]),
    ...(equals === undefined ? [] : [list(equals)]),
    ...(oneOf === undefined ? [] : [`one of ${oneOf.join(', ')}`]),
    ...(noneOf === undefined ? [] : [`none of ${noneOf.join(', ')}`]),
    ...(min === undefined ? [] : [`≥ ${list(min)}`]),
    ...(max === undefined ? [] : [`≤ ${list(max)}`]),
  ];
  return parts.join(', ');
}
