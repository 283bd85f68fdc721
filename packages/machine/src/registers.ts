/** The registers of a simulated machine, each with its text log: pure state over a provider's model. */
import {
  equalBytes,
  findRegister,
  registerAddress,
  TsmError,
  type Digests,
  type Model,
  type RegisterSpec,
} from '@tsm/core';
import { appendText, extendText, startText, type TextStep, type TextWriter } from '@tsm/eventlog';

/** What one extend or append did to a register. */
export interface Change {
  readonly register: string;
  /** Bytes added to the register's text log. */
  readonly added: Uint8Array;
  /** Digests that extended it, in order. */
  readonly extends: readonly Uint8Array[];
  readonly value: Uint8Array;
}

/** Bytes added to the text log of a register. */
export type LogStep = Pick<Change, 'register' | 'added'>;

/** A change that is known to be possible and has not happened yet. */
export type Planned = () => Change;

/** What the log cannot hold, as the kernel would refuse it. */
function checked<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof RangeError) throw new TsmError('EINVAL', error.message);
    throw error;
  }
}

/** Model and logs kept in step: every way to change a register goes through here. */
export class LoggedRegisters {
  readonly specs: readonly RegisterSpec[];
  private readonly model: Model;
  private readonly digests: Digests;
  private readonly writers = new Map<string, TextWriter>();
  private readonly logs = new Map<string, Uint8Array[]>();
  private readonly added: LogStep[] = [];

  constructor(specs: readonly RegisterSpec[], model: Model, digests: Digests) {
    this.specs = specs;
    this.model = model;
    this.digests = digests;
  }

  /** Address of a register that exists; EINVAL names the ones that do. */
  address(name: string): string {
    return registerAddress(this.specs, this.spec(name));
  }

  read(name: string): Uint8Array {
    return this.model.read(this.address(name));
  }

  log(name: string): readonly Uint8Array[] {
    return this.logs.get(this.address(name)) ?? [];
  }

  /** What was added to all logs, in order. */
  steps(): readonly LogStep[] {
    return this.added;
  }

  /** Refuses now what cannot be done (TsmError EINVAL); the returned function does it. */
  extend(name: string, digest: Uint8Array): Planned {
    return this.plan(name, (writer) => extendText(writer, digest, this.digests));
  }

  /** As {@link extend}, for an event of the register's text log. */
  append(name: string, event: string): Planned {
    return this.plan(name, (writer) => appendText(writer, event, this.digests));
  }

  /** Extends by firmware, whose own log records it. */
  measure(name: string, digest: Uint8Array): void {
    this.model.extend(this.address(name), digest);
  }

  private spec(name: string): RegisterSpec {
    const found = findRegister(this.specs, name);
    if (found) return found;
    const known = this.specs.map((one) => registerAddress(this.specs, one)).join(', ');
    throw new TsmError('EINVAL', `no register ${JSON.stringify(name)} — this machine has ${known}`);
  }

  private plan(name: string, write: (writer: TextWriter) => TextStep): Planned {
    const spec = this.spec(name);
    const register = registerAddress(this.specs, spec);
    if (!spec.extensible || spec.algorithm === null)
      throw new TsmError('EINVAL', `${register} is static and cannot be extended`);
    const value = this.model.read(register);
    const writer = this.writers.get(register) ?? startText('rfc', spec.algorithm, value);
    // A register that shares its storage with another one may have changed since its log was written.
    const inSync = writer.inSync && equalBytes(writer.value, value);
    const step = checked(() => write({ ...writer, value, inSync }));
    return () => {
      for (const digest of step.extends) this.model.extend(register, digest);
      this.writers.set(register, step.writer);
      const log = this.logs.get(register);
      if (log) log.push(step.added);
      else this.logs.set(register, [step.added]);
      this.added.push({ register, added: step.added });
      return { register, added: step.added, extends: step.extends, value: this.model.read(register) };
    };
  }
}
