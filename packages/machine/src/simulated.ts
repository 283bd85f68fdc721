/** A simulated TVM as everything above sees it: the asynchronous face of a machine over a journal. */
import type {
  Appended,
  Machine,
  MachineChange,
  MintedCollateral,
  Provider,
  RegisterSpec,
  Report,
  ReportRequest,
} from '@tsm/core';
import type { MachineTools } from './core.ts';
import { privateJournal, type Entry, type Journal, type JournalEntry } from './journal.ts';
import type { Change } from './registers.ts';
import { appended, openSharedMachine, type SharedMachine } from './shared.ts';

class Simulated implements Machine {
  readonly source = 'simulated';
  readonly id: string;
  readonly provider: string;
  readonly registers: readonly RegisterSpec[];
  private readonly shared: SharedMachine;
  private last: Promise<unknown> = Promise.resolve();

  constructor(shared: SharedMachine) {
    this.shared = shared;
    this.id = shared.id;
    this.provider = shared.provider;
    this.registers = shared.registers;
  }

  read(register: string): Promise<Uint8Array> {
    return this.inOrder(() => this.shared.read(register));
  }

  async extend(register: string, digest: Uint8Array): Promise<void> {
    await this.change({ op: 'extend', register, digest });
  }

  async append(register: string, event: string): Promise<Appended> {
    return appended(await this.change({ op: 'append', register, event }));
  }

  firmwareLog(): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.shared.firmwareLog());
  }

  eventLog(register: string): Promise<Uint8Array> {
    return this.inOrder(() => this.shared.eventLog(register));
  }

  report(request: ReportRequest): Promise<Report> {
    return this.inOrder(() => this.shared.report(request));
  }

  collateral(): Promise<MintedCollateral | undefined> {
    return this.inOrder(() => this.shared.collateral());
  }

  subscribe(listener: (change: MachineChange) => void): () => void {
    return this.shared.subscribe(listener);
  }

  private change(entry: Entry): Promise<Change> {
    return this.inOrder(() => this.shared.exclusive(() => this.shared.step(entry)));
  }

  /** One after another, whatever the callers do at the same time. */
  private inOrder<T>(action: () => T | Promise<T>): Promise<T> {
    const next = this.last.then(action);
    // The next caller must not fail because this one did: this one's error reaches its own caller through `next`.
    this.last = next.then(
      () => undefined,
      () => undefined,
    );
    return next;
  }
}

/** The asynchronous face. Calls are done one after another, in the order they came. */
export function machineOf(shared: SharedMachine): Machine {
  return new Simulated(shared);
}

/** As `openSharedMachine`, for whoever waits for promises. */
export function openMachine(
  provider: Provider,
  entries: readonly JournalEntry[],
  journal: Journal = privateJournal(),
  tools: MachineTools = {},
): Machine {
  return machineOf(openSharedMachine(provider, entries, journal, tools));
}
