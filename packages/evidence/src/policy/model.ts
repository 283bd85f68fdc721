/** What evidence is appraised against: reference values and constraints, as plain data. */
import type { AlgorithmName, RegisterRole } from '@tsm/core';

/** One accepted value of a register. */
export interface ReferenceValue {
  /** Hex, lower case. */
  readonly value: string;
  /** What it is the value of: `OVMF 2026-02`. */
  readonly name?: string;
  /** Where it is not that of the register: a value of another size never matches anyway. */
  readonly algorithm?: AlgorithmName;
  /** ISO 8601; from then on the value is no longer accepted. */
  readonly expires?: string;
}

/** Bytes as hex, large integers as decimal text. */
export type PolicyValue = boolean | number | string;

/** What a claim must be. All that is given must hold. A list claim holds `min` and `max` component by component. */
export interface Constraint {
  readonly equals?: PolicyValue | readonly PolicyValue[];
  readonly oneOf?: readonly PolicyValue[];
  /** Of a list claim: none of its members. */
  readonly noneOf?: readonly PolicyValue[];
  readonly min?: number | string | readonly (number | string)[];
  readonly max?: number | string | readonly (number | string)[];
  /** Hex; `equals` is compared after the claim was masked with it. */
  readonly mask?: string;
}

export interface Policy {
  /** For editors; not looked at. */
  readonly $schema?: string;
  readonly version: 1;
  readonly name?: string;
  /** Ids of technologies that are accepted; without it all are. */
  readonly technologies?: readonly string[];
  /** Default `forbid`. */
  readonly debug?: 'forbid' | 'allow';
  /** Statuses of the platform's TCB that are accepted, in the vendor's words; without it the verdict decides alone. */
  readonly tcbStatus?: readonly string[];
  /** Accepted values by register name, such as `rtmr1`. */
  readonly registers?: Readonly<Record<string, readonly ReferenceValue[]>>;
  /** Accepted values by role, for policies over several technologies. */
  readonly roles?: Readonly<Partial<Record<RegisterRole, readonly ReferenceValue[]>>>;
  /** Constraints by claim name, such as `tcb.microcode`. */
  readonly claims?: Readonly<Record<string, Constraint>>;
}

export const ROLES: readonly RegisterRole[] = [
  ...(['launch', 'config', 'owner', 'ownerConfig', 'platform'] as const),
  ...(['firmware', 'bootloader', 'os', 'application', 'other'] as const),
];
