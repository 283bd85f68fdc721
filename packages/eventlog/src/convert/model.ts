/** What a conversion is asked for, and what it answers: a log that replays alike and its losses, or a refusal. */
import type { AlgorithmName, Digests } from '@tsm/core';
import type { EventLog, LogFormat, TextDialect } from '../log.ts';
import type { LossKind } from './losses.ts';
import type { RefusalCode } from './refusal.ts';

export interface ConvertTarget {
  readonly format: LogFormat;
  /** Of a text log; default `rfc`. */
  readonly dialect?: TextDialect;
  /** Only events of this register, by name (`rtmr3`, `pcr10`); for a text log the register that it is of. */
  readonly register?: string;
  /** Only this bank. */
  readonly algorithm?: AlgorithmName;
}

export interface ConvertOptions {
  /** Default: the portable ones. A bank without a backend cannot be shown to replay alike, and is refused. */
  readonly digests?: Digests;
}

/** A register that has the same value by both logs. */
export interface HeldRegister {
  /** Null for a text log whose register nobody named. */
  readonly name: string | null;
  readonly algorithm: AlgorithmName;
  readonly value: Uint8Array;
  /** How many events of the source extended it. */
  readonly events: number;
}

/** Something that the source says, and that cannot be told from the new log. */
export interface Loss {
  readonly kind: LossKind;
  readonly words: string;
  /** How many events lose it; 0 where it is of the log as a whole. */
  readonly events: number;
  /** Numbers of the first of them, in the source. */
  readonly first: readonly number[];
}

/** Why there is no converted log. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly words: string;
  /** What to do about it. */
  readonly remedy: string;
}

export interface Converted {
  readonly bytes: Uint8Array;
  /** The same bytes, decoded. */
  readonly log: EventLog;
  readonly registers: readonly HeldRegister[];
  readonly losses: readonly Loss[];
  readonly refused?: undefined;
}

export interface Refused {
  readonly refused: Refusal;
  readonly bytes?: undefined;
  readonly log?: undefined;
  readonly registers: readonly HeldRegister[];
  readonly losses: readonly Loss[];
}

export type Conversion = Converted | Refused;

/** A log in the new form, which nobody has checked yet. */
export interface Draft {
  readonly bytes: Uint8Array;
  /** For each event of the new log the number of the source's event; -1 for one that has no counterpart. */
  readonly from: readonly number[];
}
