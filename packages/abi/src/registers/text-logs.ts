/** Text logs of a group's registers, written as the posting of Sep 2024 does: log and register in one step. */
import { concatAll, equalBytes, utf8Bytes, utf8Text, type Digests, type RegisterSpec } from '@tsm/core';
import { appendText, extendText, startText, type TextStep, type TextWriter } from '@tsm/eventlog';
import { errno, errnoOf } from '../errno.ts';
import type { MeasurementGroup } from './group.ts';

/** Told once for each step: what the log of each bank got. */
type LogListener = (added: readonly (readonly [register: RegisterSpec, added: Uint8Array])[]) => void;

export class TextLogs {
  private readonly group: MeasurementGroup;
  private readonly digests: Digests;
  private readonly listener: LogListener | undefined;
  private readonly writers = new Map<RegisterSpec, TextWriter>();
  private readonly logs = new Map<RegisterSpec, Uint8Array[]>();
  /** Steps of a log that is kept elsewhere that were taken in. */
  private taken = 0;

  constructor(group: MeasurementGroup, digests: Digests, listener?: LogListener) {
    this.group = group;
    this.digests = digests;
    this.listener = listener;
    for (const register of group.registers) {
      const { format, bytes } = register.initialLog ?? {};
      if (format === 'tsm-text' && bytes) this.add([[register, bytes]]);
    }
  }

  /** What the guest driver supplied as text, and all that was added since. */
  bytes(register: RegisterSpec): Uint8Array {
    this.follow();
    return concatAll(this.logs.get(register) ?? []);
  }

  /** Takes in what was added where the logs are kept elsewhere. */
  follow(): void {
    const { registers, source } = this.group;
    for (const { register, added } of source.textLog?.steps().slice(this.taken) ?? []) {
      this.taken++;
      const spec = registers.find((one) => this.group.address(one) === register);
      if (spec) this.add([[spec, added]]);
    }
  }

  /** A write to `append_event`. When an extend is refused on the way, what came before it stays. `EINVAL`: not UTF-8. */
  append(register: RegisterSpec, bytes: Uint8Array): void {
    const text = textOf(bytes);
    const { textLog } = this.group.source;
    if (textLog) {
      textLog.append(this.group.address(register), text);
      this.group.changed();
      return;
    }
    const writer = this.writer(register);
    const step = appendText(writer, text, this.digests);
    let done = 0;
    try {
      for (const digest of step.extends) {
        this.group.write(register, digest);
        done++;
      }
      this.keep([[register, step]]);
    } catch (error) {
      if (errnoOf(error) !== undefined) this.keep([[register, this.upTo(writer, text, done)]]);
      throw error;
    }
  }

  /** One write for several banks: all of them are extended and logged, or none. */
  appendToBanks(banks: readonly RegisterSpec[], bytes: Uint8Array): void {
    const text = textOf(bytes);
    const steps = banks.map((bank) => [bank, appendText(this.writer(bank), text, this.digests)] as const);
    const values = steps.flatMap(([bank, step]) => step.extends.map((digest) => [bank, digest] as const));
    if (values.length > 0) this.group.writeAll(values);
    this.keep(steps);
  }

  /** A write to `digest`. The line stays also when the extend is refused. */
  extend(register: RegisterSpec, digest: Uint8Array): void {
    if (this.group.source.textLog) {
      this.group.write(register, digest);
      return;
    }
    const writer = this.writer(register);
    const step = extendText(writer, digest, this.digests);
    this.keep([[register, step]]);
    this.group.write(register, digest);
  }

  /** The step of as many whole lines as `extends` extends pay for. */
  private upTo(writer: TextWriter, text: string, count: number): TextStep {
    let step = appendText(writer, '', this.digests);
    let part = '';
    for (const line of text.split(/[\n\r]/)) {
      part += `${line}\n`;
      const next = appendText(writer, part.trimEnd(), this.digests);
      if (next.extends.length > count) break;
      step = next;
    }
    return step;
  }

  /** Goes on from the register's present value, which may have changed without the log. */
  private writer(register: RegisterSpec): TextWriter {
    if (register.algorithm === null) throw errno('EINVAL', `${register.name} holds no digest`);
    const value = this.group.read(register);
    const known = this.writers.get(register);
    if (!known) return { ...startText('rfc', register.algorithm, value), empty: !this.logs.has(register) };
    return { ...known, value };
  }

  private keep(steps: readonly (readonly [RegisterSpec, TextStep])[]): void {
    for (const [register, { writer }] of steps) this.writers.set(register, writer);
    this.add(steps.map(([register, { added }]) => [register, added]));
  }

  private add(parts: readonly (readonly [RegisterSpec, Uint8Array])[]): void {
    for (const [register, bytes] of parts) {
      const log = this.logs.get(register) ?? [];
      log.push(bytes);
      this.logs.set(register, log);
    }
    this.listener?.(parts);
  }
}

function textOf(bytes: Uint8Array): string {
  const text = utf8Text(bytes);
  if (!equalBytes(utf8Bytes(text), bytes)) throw errno('EINVAL', 'append_event: expected UTF-8');
  return text;
}
