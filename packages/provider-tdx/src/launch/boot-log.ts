/** The boot as it is predicted: events in the order of the log, each folded into its register, and what is not known. */
import {
  ALGORITHMS,
  extendDigest,
  type Digests,
  type Issue,
  type LaunchPrediction,
  type LaunchStep,
  type PredictedEvent,
} from '@tsm/core';
import { REGISTERS } from '../registers.ts';
import { TDX_LAUNCH_ISSUES } from './issues.ts';

/** A register that firmware and boot loaders extend. */
export type BootRegister = 'rtmr0' | 'rtmr1' | 'rtmr2';

export const BOOT_REGISTERS: readonly BootRegister[] = ['rtmr0', 'rtmr1', 'rtmr2'];

/** One measurement; `digest` where what was measured is not at hand. */
export interface Measurement {
  readonly register: BootRegister;
  /** TCG event type. */
  readonly type: number;
  readonly words: string;
  /** Event data as the log has them. */
  readonly data: Uint8Array;
  /** What the digest covers, where it is not the event data. */
  readonly measured?: Uint8Array | { readonly digest: Uint8Array };
}

/** What is lacking: `input` is the name of the input that decides. */
export interface Gap {
  readonly input: string;
  readonly reason: string;
  readonly remedy: string;
}

/** The issue that names registers without a prediction. */
export function leftOut(registers: readonly string[], { input, reason, remedy }: Gap): Issue {
  const place = { path: input, offset: 0, length: 0 };
  return TDX_LAUNCH_ISSUES.make('tdx-launch.left-out', place, {
    registers: registers.join(', '),
    reason,
    remedy,
  });
}

const ccMrOf = (register: BootRegister): number =>
  REGISTERS.find(({ name }) => name === register)?.numbers.ccMr ?? 0;

/** Collects a boot. A register with a gap has digests, but no values from there on and none in the end. */
export class BootLog {
  readonly issues: Issue[] = [];
  readonly digests: Digests;
  private readonly steps: LaunchStep[] = [];
  private readonly events: PredictedEvent[] = [];
  private readonly values = new Map<BootRegister, Uint8Array>();

  constructor(digests: Digests) {
    this.digests = digests;
    for (const register of BOOT_REGISTERS) {
      this.values.set(register, new Uint8Array(ALGORITHMS.sha384.size));
    }
  }

  measure({ register, type, words, data, measured = data }: Measurement): void {
    const digest = 'digest' in measured ? measured.digest : this.digests.digest('sha384', measured);
    this.events.push({ ccMr: ccMrOf(register), type, data, digest });
    const before = this.values.get(register);
    if (!before) {
      this.steps.push({ register, words, digest });
      return;
    }
    const value = extendDigest(this.digests, 'sha384', before, digest);
    this.values.set(register, value);
    this.steps.push({ register, words, digest, value });
  }

  /** Leaves registers out from here on, and says why. */
  leaveOut(registers: readonly BootRegister[], gap: Gap): void {
    for (const register of registers) this.values.delete(register);
    this.issues.push(leftOut(registers, gap));
  }

  prediction(): Required<Pick<LaunchPrediction, 'registers' | 'steps' | 'events' | 'issues'>> {
    const registers = [...this.values].map(([name, value]) => ({
      name,
      algorithm: 'sha384' as const,
      value,
    }));
    return { registers, steps: this.steps, events: this.events, issues: this.issues };
  }
}
