/** What import and export of reference values share: the report of what a format cannot carry. */
import { ALGORITHMS, type AlgorithmName, type Issue, type Place } from '@tsm/core';
import { POLICY_ISSUES } from './issues.ts';
import type { Policy, ReferenceValue } from './model.ts';

export interface Imported {
  /** Undefined when the bytes are not of the format. */
  readonly policy: Policy | undefined;
  /** `reference-values.lost` for each thing that a policy cannot say. */
  readonly issues: readonly Issue[];
}

export interface Exported {
  readonly bytes: Uint8Array;
  /** `reference-values.lost` for each thing of the policy that the format cannot carry. */
  readonly issues: readonly Issue[];
}

/** Collects what is lost, each thing with its path. */
export class Losses {
  readonly issues: Issue[] = [];
  private readonly length: number;

  /** `length`: bytes of the input, for the place of the issues. */
  constructor(length = 0) {
    this.length = length;
  }

  lose(path: string, what: string, place: Partial<Place> = {}): void {
    const at = { offset: 0, length: this.length, ...place, path };
    this.issues.push(POLICY_ISSUES.make('reference-values.lost', at, { what }));
  }

  /** Makes the import fail. */
  malformed(path: string, expected: string, found: string, place: Partial<Place> = {}): void {
    const at = { offset: 0, length: this.length, ...place, path };
    this.issues.push(POLICY_ISSUES.make('reference-values.malformed', at, { expected, found }));
  }

  get failed(): boolean {
    return this.issues.some(({ severity }) => severity === 'error');
  }
}

/** What was found, in a few words. */
export function found(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

/** The algorithm of a reference value: as it says, or the SHA-2 of its size. */
export function algorithmOf({ value, algorithm }: ReferenceValue): AlgorithmName | undefined {
  if (algorithm !== undefined) return algorithm;
  const bySize = (['sha256', 'sha384', 'sha512'] as const).find(
    (name) => 2 * ALGORITHMS[name].size === value.length,
  );
  return bySize;
}

/** Adds a value to the values of one register. */
export function addValue(
  table: Map<string, ReferenceValue[]>,
  register: string,
  value: ReferenceValue,
): void {
  const values = table.get(register) ?? [];
  if (!values.some((one) => one.value === value.value)) values.push(value);
  table.set(register, values);
}
