/** A simulated TVM over a journal that others may write to as well: synchronous, for whoever must not wait for a promise. */
import {
  utf8Text,
  type Appended,
  type MachineChange,
  type MintedCollateral,
  type Model,
  type Provider,
  type RegisterSpec,
  type Report,
  type ReportRequest,
  type TextLog,
  type TsmError,
} from '@tsm/core';
import { MachineCore, type MachineTools } from './core.ts';
import { privateJournal, type Created, type Entry, type Journal, type JournalEntry } from './journal.ts';
import type { Change, Planned } from './registers.ts';

function firstEntry(entries: readonly JournalEntry[], journal: Journal): Created {
  const [first] = entries;
  if (first?.op !== 'create') throw journal.corrupt(1, 'expected the create entry');
  return first;
}

/** By name, not by class: a provider may bring its own copy of the library. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'TsmError';
}

/**
 * Every answer holds what all writers have done until now. Refusals are a TsmError with an errno name; `journal.corrupt`
 * when an entry of the journal cannot be replayed: from then on everything is.
 */
export class SharedMachine {
  readonly source = 'simulated';
  /** For guest drivers: what is read follows the journal, what extends goes through it. */
  readonly model: Model;
  /** For guest drivers: the text logs, whoever writes to them. */
  readonly textLog: TextLog = {
    append: (register, event) => void this.append(register, event),
    steps: () => {
      this.follow();
      return this.core.logSteps();
    },
  };
  private readonly core: MachineCore;
  private readonly journal: Journal;
  private readonly listeners = new Set<(change: MachineChange) => void>();
  private applied = 1;
  private broken: TsmError | undefined;

  constructor(provider: Provider, entries: readonly JournalEntry[], journal: Journal, tools: MachineTools) {
    this.core = new MachineCore(provider, firstEntry(entries, journal), tools);
    this.journal = journal;
    for (const entry of entries.slice(1)) this.apply(entry);
    this.model = this.driverFace(this.core.model);
  }

  get id(): string {
    return this.core.id;
  }

  /** Provider id. */
  get provider(): string {
    return this.core.provider;
  }

  get registers(): readonly RegisterSpec[] {
    return this.core.registers;
  }

  /** Does what others have written since; listeners are told. Every other method does this first. */
  follow(): void {
    if (this.broken) throw this.broken;
    for (const entry of this.journal.follow()) this.apply(entry);
  }

  read(register: string): Uint8Array {
    this.follow();
    return this.core.read(register);
  }

  firmwareLog(): Uint8Array | undefined {
    return this.core.firmwareLog;
  }

  eventLog(register: string): Uint8Array {
    this.follow();
    return this.core.eventLog(register);
  }

  report(request: ReportRequest): Report {
    this.follow();
    return this.core.report(request);
  }

  collateral(): MintedCollateral | undefined {
    return this.core.collateral();
  }

  extend(register: string, digest: Uint8Array): void {
    this.change({ op: 'extend', register, digest });
  }

  append(register: string, event: string): Appended {
    return appended(this.change({ op: 'append', register, event }));
  }

  /** Records an event of the attestation agent (AAEL) and extends by the digest of the whole record. */
  appendAgentEvent(register: string, event: string): void {
    this.change({ op: 'aael', register, event });
  }

  /** The firmware's log without its padding, and the agent's events behind it; undefined when there is neither. */
  agentLog(): Uint8Array | undefined {
    this.follow();
    return this.core.agentLog();
  }

  subscribe(listener: (change: MachineChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private change(entry: Entry): Change {
    return this.journal.exclusiveSync(() => this.step(entry));
  }

  /**
   * One change, inside a step of the journal: what others did, the check, the journal, the register, in this order. So
   * the journal has the entry before the register has the change, and never an entry that is refused.
   */
  step(entry: Entry): Change {
    this.follow();
    const commit = this.core.plan(entry);
    this.journal.write(entry);
    this.applied++;
    return this.tell(commit());
  }

  /** Runs on the asynchronous side of the journal what {@link step} is for. */
  exclusive<T>(step: () => T): Promise<T> {
    return this.journal.exclusive(step);
  }

  /** An entry that is in the journal already. */
  private apply(entry: JournalEntry): void {
    this.applied++;
    const commit = this.planAgain(entry);
    let change: Change;
    try {
      change = commit();
    } catch (error) {
      // The same hardware in the same state refused it when it was written: it changed nothing then, and nothing now.
      if (isRefusal(error)) return;
      throw error;
    }
    this.tell(change);
  }

  private planAgain(entry: JournalEntry): Planned {
    try {
      if (entry.op === 'create') throw new TypeError('only the first entry is a create');
      return this.core.plan(entry);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.broken = this.journal.corrupt(this.applied, why);
      throw this.broken;
    }
  }

  private tell(change: Change): Change {
    const { register, value, added } = change;
    const told: MachineChange[] = [{ kind: 'extended', register, value }];
    if (added.length > 0) told.push({ kind: 'logged', register, text: utf8Text(added) });
    for (const one of told) for (const listener of this.listeners) listener(one);
    return change;
  }

  /** The model as drivers find it, whatever more it can do than the contract says. */
  private driverFace(model: Model): Model {
    return new Proxy(model, {
      get: (target, key) => {
        if (key === 'extend') return this.extend.bind(this);
        const member: unknown = Reflect.get(target, key, target);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown => {
          this.follow();
          return Reflect.apply(member, target, args);
        };
      },
    });
  }
}

/** What an append did, for its caller. */
export function appended({ added, extends: digests, ...rest }: Change): Appended {
  return { ...rest, logged: utf8Text(added), digest: digests.at(-1) ?? new Uint8Array(0) };
}

/**
 * Starts a machine from its journal: launch, firmware boot, then every entry again. What happens from now on goes
 * through `journal`. Throws a TsmError: `journal.corrupt`, or ENODEV for a provider without a model.
 */
export function openSharedMachine(
  provider: Provider,
  entries: readonly JournalEntry[],
  journal: Journal = privateJournal(),
  tools: MachineTools = {},
): SharedMachine {
  return new SharedMachine(provider, entries, journal, tools);
}
