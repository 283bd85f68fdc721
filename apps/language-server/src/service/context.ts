/** What a log is held against, and what else a feature needs to know beside the text. */
import { shortHex } from '@tsm/core';

/** The value that evidence gives for the register of a log. */
export interface HeldAgainst {
  readonly uri: string;
  /** Name of the evidence's file. */
  readonly name: string;
  readonly value: Uint8Array;
}

export interface LogContext {
  /** Address of the register that the log is of, such as `rtmr3`. */
  readonly register?: string;
  readonly evidence?: HeldAgainst;
  /** Number of the record that the evidence stops before, once it is known. */
  readonly divergence?: number;
  /** Addresses of registers that the chosen provider extends. */
  readonly registers?: readonly string[];
}

export const registerTitle = ({ register }: LogContext): string => register?.toUpperCase() ?? 'register';

/** A value for people. */
export const shortValue = (value: Uint8Array): string => shortHex(value, 8, 6);
