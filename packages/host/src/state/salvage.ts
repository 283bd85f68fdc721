/** A corrupt journal: what can be replayed goes on, and the damaged file is kept beside it. */
import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Provider } from '@tsm/core';
import {
  decodeJournal,
  openSharedMachine,
  privateJournal,
  type JournalEntry,
  type MachineTools,
} from '@tsm/machine';
import { codeOf, refusal } from './errors.ts';
import { JournalFile } from './journal-file.ts';

export interface Salvaged {
  /** Entries that the machine has now. */
  readonly kept: number;
  /** Bytes that it has not; 0 when nothing was wrong. */
  readonly dropped: number;
  /** The journal as it was; absent when nothing was wrong. */
  readonly original?: string;
}

/** How many entries replay, from the first one on. */
function replayable(provider: Provider, entries: readonly JournalEntry[], tools: MachineTools): number {
  let done = 1;
  const one = { ...privateJournal(), follow: () => entries.slice(done, done + 1) };
  const machine = openSharedMachine(provider, entries.slice(0, 1), one, tools);
  try {
    for (; done < entries.length; done++) machine.follow();
  } catch (error) {
    if (codeOf(error) !== 'journal.corrupt') throw error;
  }
  return done;
}

/** Copies to the first name that is free. */
function keep(path: string): string {
  for (let i = 1; ; i++) {
    const copy = join(dirname(path), `${basename(path, '.ndjson')}.damaged-${i}.ndjson`);
    try {
      copyFileSync(path, copy, constants.COPYFILE_EXCL);
      return copy;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}

/** Puts a new file in the place of an old one: there is always one of them. */
function replace(path: string, bytes: Uint8Array): void {
  const next = `${path}.next`;
  const file = openSync(next, 'w', 0o600);
  try {
    for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(next, path);
}

/**
 * Keeps the entries before the first one that cannot be replayed, and a copy of the whole journal beside it. Those who
 * have the machine open are told that it was replaced. `journal.corrupt` when not even the launch can be read.
 */
export async function salvageJournal(
  path: string,
  find: (name: string) => Promise<Provider>,
  tools: MachineTools,
): Promise<Salvaged> {
  const journal = new JournalFile(path);
  const [created] = decodeJournal(readFileSync(path)).entries;
  if (created?.op !== 'create') throw journal.corrupt(1, 'this is not how a machine was launched');
  const provider = await find(created.provider);
  return journal.exclusive(() => {
    try {
      const bytes = readFileSync(path);
      const { entries, ends, issue } = decodeJournal(bytes);
      const kept = replayable(provider, entries, tools);
      if (!issue && kept === entries.length) return { kept, dropped: 0 };
      const good = ends[kept - 1] ?? 0;
      const original = keep(path);
      replace(path, bytes.subarray(0, good));
      return { kept, dropped: bytes.length - good, original };
    } catch (error) {
      throw refusal(error, 'write', path);
    }
  });
}
