/** Launch calculators: from images and configuration to the registers that a launch gives, before anything runs. */
import type { AlgorithmName, Digests } from './digest.ts';
import type { Issue } from './issue.ts';

/** One thing that a calculator takes. */
export interface LaunchInput {
  /** Lower case with dashes: `firmware`, `vcpu-type`. */
  readonly name: string;
  readonly title: string;
  readonly kind: 'file' | 'text' | 'number' | 'hex' | 'choice';
  readonly required?: boolean;
  /** May be given more than once; then its value is a list. */
  readonly repeatable?: boolean;
  readonly choices?: readonly string[];
  /** In words, what holds when it is not given. */
  readonly default?: string;
}

export type LaunchValue = Uint8Array | string | number | bigint;

/** By input name; files and hex as bytes. */
export type LaunchInputs = Readonly<Record<string, LaunchValue | readonly LaunchValue[] | undefined>>;

/** One step of a measurement, in the order in which hardware and firmware take them. */
export interface LaunchStep {
  readonly register: string;
  /** What is measured, in words: `page of the firmware at 0xffc00000`, `EV_SEPARATOR`. */
  readonly words: string;
  /** Digest or record that goes in; absent where the step only folds others. */
  readonly digest?: Uint8Array;
  /** Value of the register after the step; absent where the architecture has none until the end. */
  readonly value?: Uint8Array;
  /** How many equal steps this one stands for, such as the pages of a section. Default 1. */
  readonly count?: number;
}

/** An event that the boot is expected to log: what a log writer needs. */
export interface PredictedEvent {
  /** CC measurement register index (UEFI §38.4.1). */
  readonly ccMr: number;
  readonly type: number;
  readonly data: Uint8Array;
  readonly digest: Uint8Array;
}

export interface PredictedRegister {
  readonly name: string;
  readonly algorithm: AlgorithmName;
  readonly value: Uint8Array;
}

export interface LaunchPrediction {
  /** What the prediction follows where implementations differ: `QEMU, single pass`, `salus page records`. */
  readonly rules: string;
  readonly registers: readonly PredictedRegister[];
  readonly steps: readonly LaunchStep[];
  /** Where the boot writes a firmware log. */
  readonly events?: readonly PredictedEvent[];
  readonly issues: readonly Issue[];
}

/** Data that do not fit give issues and the registers that could be told; inputs of a wrong kind are a TypeError. */
export interface LaunchCalculator {
  readonly inputs: readonly LaunchInput[];
  calculate(inputs: LaunchInputs, digests: Digests): LaunchPrediction;
}
