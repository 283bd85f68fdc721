/** Policies from JSON text: what is wrong is named by its path, and a policy with a fault is not used at all. */
import { ALGORITHMS, fromHex, utf8Text, type Issue } from '@tsm/core';
import { POLICY_ISSUES } from './issues.ts';
import { ROLES, type Constraint, type Policy, type ReferenceValue } from './model.ts';

type Json = Readonly<Record<string, unknown>>;

function describe(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? typeof value : text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isHex = (value: unknown): boolean =>
  isText(value) && value !== '' && fromHex(value.toLowerCase()) !== undefined;
const isScalar = (value: unknown): boolean => ['boolean', 'number', 'string'].includes(typeof value);
const isScalars = (value: unknown): boolean => Array.isArray(value) && value.every(isScalar);
const isBound = (value: unknown): boolean =>
  isText(value) ? /^-?\d+$/.test(value) : typeof value === 'number' && Number.isInteger(value);
const isBounds = (value: unknown): boolean =>
  isBound(value) || (Array.isArray(value) && value.every(isBound));
const isDate = (value: unknown): boolean => isText(value) && !Number.isNaN(Date.parse(value));

/** What a member must be: a test, and the same in words. */
type Rule = readonly [expected: string, test: (value: unknown) => boolean];

const REFERENCE_VALUE: Readonly<Record<keyof ReferenceValue, Rule>> = {
  value: ['a value in hex', isHex],
  name: ['text', isText],
  algorithm: [
    `one of ${Object.keys(ALGORITHMS).join(', ')}`,
    (value) => isText(value) && Object.hasOwn(ALGORITHMS, value),
  ],
  expires: ['a date such as 2026-01-31T00:00:00Z', isDate],
};

const CONSTRAINT: Readonly<Record<keyof Constraint, Rule>> = {
  equals: ['a value, or a list of values', (value) => isScalar(value) || isScalars(value)],
  oneOf: ['a list of values', isScalars],
  noneOf: ['a list of values', isScalars],
  min: ['an integer, or a list of integers', isBounds],
  max: ['an integer, or a list of integers', isBounds],
  mask: ['a mask in hex', isHex],
};

const POLICY: Readonly<Record<keyof Policy, Rule>> = {
  $schema: ['text', isText],
  version: ['1', (value) => value === 1],
  name: ['text', isText],
  technologies: ['a list of technology ids', isTexts],
  debug: ['"forbid" or "allow"', (value) => value === 'forbid' || value === 'allow'],
  tcbStatus: ['a list of statuses', isTexts],
  registers: ['an object', isObject],
  roles: ['an object', isObject],
  claims: ['an object', isObject],
};

/** Walks a policy and collects what is wrong with it. */
class Reader {
  readonly issues: Issue[] = [];
  private readonly length: number;

  constructor(length: number) {
    this.length = length;
  }

  place(path: string): { path: string; offset: number; length: number } {
    return { path, offset: 0, length: this.length };
  }

  wrong(path: string, expected: string, value: unknown): void {
    this.issues.push(
      POLICY_ISSUES.make('policy.value', this.place(path), { expected, found: describe(value) }),
    );
  }

  /** Every member by its rule; members that the table does not have are issues. */
  members(value: Json, rules: Readonly<Record<string, Rule>>, path: string): void {
    for (const [name, member] of Object.entries(value)) {
      const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
      if (!rule) {
        const known = Object.keys(rules);
        this.issues.push(POLICY_ISSUES.make('policy.member', this.place(`${path}.${name}`), { name, known }));
      } else if (!rule[1](member)) this.wrong(`${path}.${name}`, rule[0], member);
    }
  }

  values(value: unknown, path: string): ReferenceValue[] {
    if (!Array.isArray(value)) {
      this.wrong(path, 'a list of values', value);
      return [];
    }
    return value.flatMap((one: unknown, i) => {
      const at = `${path}[${String(i)}]`;
      if (isHex(one)) return [{ value: String(one).toLowerCase() }];
      if (!isObject(one) || !('value' in one)) {
        this.wrong(at, 'a value in hex, or an object with one', one);
        return [];
      }
      this.members(one, REFERENCE_VALUE, at);
      return [{ ...(one as unknown as ReferenceValue), value: String(one['value']).toLowerCase() }];
    });
  }

  table<T>(value: unknown, path: string, read: (value: unknown, path: string) => T): Record<string, T> {
    if (!isObject(value)) return {};
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, read(member, `${path}.${name}`)]),
    );
  }

  constraint(value: unknown, path: string): Constraint {
    if (!isObject(value) || Object.keys(value).length === 0) {
      this.wrong(path, `an object with one of ${Object.keys(CONSTRAINT).join(', ')}`, value);
      return {};
    }
    this.members(value, CONSTRAINT, path);
    return value;
  }

  policy(value: unknown): Policy | undefined {
    if (!isObject(value)) {
      this.wrong('$', 'an object', value);
      return undefined;
    }
    this.members(value, POLICY, '$');
    if (!('version' in value)) this.wrong('$.version', '1', undefined);
    const { registers, roles, claims, ...rest } = value;
    for (const role of isObject(roles) ? Object.keys(roles) : [])
      if (!ROLES.some((one) => one === role))
        this.wrong(`$.roles.${role}`, `a role: ${ROLES.join(', ')}`, role);
    const values = (one: unknown, path: string): ReferenceValue[] => this.values(one, path);
    return {
      ...(rest as unknown as Policy),
      ...(registers === undefined ? {} : { registers: this.table(registers, '$.registers', values) }),
      ...(roles === undefined ? {} : { roles: this.table(roles, '$.roles', values) }),
      ...(claims === undefined
        ? {}
        : { claims: this.table(claims, '$.claims', (one, path) => this.constraint(one, path)) }),
    };
  }
}

/** A policy, or undefined and what is wrong with it. Never throws on data. */
export function parsePolicy(bytes: Uint8Array): { policy: Policy | undefined; issues: readonly Issue[] } {
  const reader = new Reader(bytes.length);
  let json: unknown;
  try {
    json = JSON.parse(utf8Text(bytes));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { policy: undefined, issues: [POLICY_ISSUES.make('policy.json', reader.place('$'), { reason })] };
  }
  const policy = reader.policy(json);
  const { issues } = reader;
  return { policy: issues.length > 0 ? undefined : policy, issues };
}
