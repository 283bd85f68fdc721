/**
 * The journal of a machine as a file that many processes read and write at the same time, without a daemon.
 *
 * In a worker, where nothing may wait for a promise: `openMachineFile(path, provider, tools)` of `open.ts` gives a
 * `SharedMachine`. Each of its reads looks at the size of the file and first does what others have written; each of
 * its changes takes the lock, does the same, appends one line and only then changes the register. `machine.model` is
 * for `guest.plug`.
 */
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { TsmError, utf8Bytes } from '@tsm/core';
import { decodeJournal, formatEntry, type Journal, type JournalEntry } from '@tsm/machine';
import { refusal } from './errors.ts';
import { PATIENCE, withLock, withLockSync } from './lock.ts';

export const JOURNAL = 'journal.ndjson';
const LOCK = 'lock';

/** Bytes of a file from an offset on; fewer when it has become shorter. */
function readFrom(path: string, offset: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  const file = openSync(path, 'r');
  try {
    let got = 0;
    while (got < size) {
      const part = readSync(file, bytes, got, size - got, offset + got);
      if (part === 0) break;
      got += part;
    }
    return bytes.subarray(0, got);
  } finally {
    closeSync(file);
  }
}

/** Appends all of the bytes, or leaves the file with `size` bytes and throws. */
function appendAt(path: string, size: number, bytes: Uint8Array): void {
  const file = openSync(path, 'a');
  try {
    // A line that was cut while it was written never took effect: the next one must not be glued to it.
    if (fstatSync(file).size > size) ftruncateSync(file, size);
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
      fdatasyncSync(file);
    } catch (error) {
      ftruncateSync(file, size);
      throw error;
    }
  } finally {
    closeSync(file);
  }
}

export class JournalFile implements Journal {
  readonly path: string;
  /** Name of the machine: the folder that the journal is in. */
  readonly machine: string;
  private readonly lock: string;
  private readonly patience: number;
  private ino = 0;
  /** Bytes that were read as entries, and their number. */
  private size = 0;
  private lines = 0;

  /** `patience`: how long to wait for another writer, in milliseconds. */
  constructor(path: string, patience = PATIENCE) {
    this.path = path;
    this.machine = basename(dirname(path));
    this.lock = join(dirname(path), LOCK);
    this.patience = patience;
  }

  /**
   * Entries since the last call that others wrote; at the first call all of them. ESTALE when the file is not the one
   * that was read before; `journal.corrupt`.
   */
  follow(): readonly JournalEntry[] {
    try {
      const { ino, size } = statSync(this.path);
      if (this.lines > 0 && (ino !== this.ino || size < this.size)) throw this.stale();
      this.ino = ino;
      if (size === this.size) return [];
      const { entries, ends, issue } = decodeJournal(
        readFrom(this.path, this.size, size - this.size),
        this.lines + 1,
      );
      if (issue) throw this.corrupt(this.lines + entries.length + 1, issue.message);
      this.size += ends.at(-1) ?? 0;
      this.lines += entries.length;
      return entries;
    } catch (error) {
      throw refusal(error, 'read', this.path);
    }
  }

  /** On the disk when it returns. ENOSPC, EACCES and others leave the file as it was. */
  write(entry: JournalEntry): void {
    const line = utf8Bytes(`${formatEntry(entry)}\n`);
    try {
      appendAt(this.path, this.size, line);
    } catch (error) {
      throw refusal(error, 'write', this.path);
    }
    this.size += line.length;
    this.lines++;
  }

  exclusive<T>(step: () => T): Promise<T> {
    return withLock(this.lock, step, this.patience);
  }

  exclusiveSync<T>(step: () => T): T {
    return withLockSync(this.lock, step, this.patience);
  }

  /** Nothing was changed. */
  corrupt(line: number, why: string): TsmError {
    const wayOut =
      line > 1
        ? `"tsm machine salvage ${this.machine}" goes on from line ${line - 1} and keeps a copy of all`
        : `put back a copy of the file, or remove ${dirname(this.path)}`;
    return new TsmError('journal.corrupt', `${this.path} line ${line}: ${why} — ${wayOut}`);
  }

  private stale(): TsmError {
    return new TsmError(
      'ESTALE',
      `${this.path} was replaced while it was in use — open the machine again, or restart what uses it`,
    );
  }
}
