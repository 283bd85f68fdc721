/** A machine from its journal file: everything that happens to it, by whomever, is in that file. */
import type { Provider } from '@tsm/core';
import {
  openSharedMachine,
  type Created,
  type JournalEntry,
  type MachineTools,
  type SharedMachine,
} from '@tsm/machine';
import { JournalFile } from './journal-file.ts';

/** A journal whose launch is known, so that its provider can be found. */
export interface OpenedJournal {
  readonly journal: JournalFile;
  readonly created: Created;
  /** Starts the machine. */
  start(provider: Provider, tools?: MachineTools): SharedMachine;
}

/** `journal.corrupt`, and what reading a file refuses. */
export function openJournal(path: string, patience?: number): OpenedJournal {
  const journal = new JournalFile(path, patience);
  const entries: readonly JournalEntry[] = journal.follow();
  const [created] = entries;
  if (created?.op !== 'create') throw journal.corrupt(1, 'expected the create entry');
  return {
    journal,
    created,
    start: (provider, tools) => openSharedMachine(provider, entries, journal, tools),
  };
}

/** A machine whose provider is known already, without waiting. */
export function openMachineFile(path: string, provider: Provider, tools?: MachineTools): SharedMachine {
  return openJournal(path).start(provider, tools);
}
