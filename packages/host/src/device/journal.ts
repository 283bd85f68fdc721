/** The devices of a machine on disk: a text in its folder that only grows, one writer at a time. */
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { withLockSync } from '../state/lock.ts';
import { DeviceJournal } from './journal-text.ts';
import type { DeviceVerb, MachineDevices, MadeFleet, Watching } from './machine-devices.ts';

const FILE = 'devices.ndjson';
const LOCK = 'devices.lock';

/** Text of a machine's devices, in its folder. */
export class DeviceFile {
  private readonly folder: string;
  readonly path: string;

  constructor(folder: string) {
    this.folder = folder;
    this.path = join(folder, FILE);
  }

  /** Empty where nothing was done to a device yet. */
  read(): string {
    return existsSync(this.path) ? readFileSync(this.path, 'utf8') : '';
  }

  /** Keeps other writers out until `step` is over. What `append` took is on the disk when it returns. */
  update<T>(step: (text: string, append: (lines: string) => void) => T): T {
    return withLockSync(join(this.folder, LOCK), () => {
      const text = this.read();
      let cut = text !== '' && !text.endsWith('\n');
      return step(text, (lines) => {
        // A line that was cut while it was written is no beginning of ours.
        if (cut) truncateSync(this.path, Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)));
        cut = false;
        appendFileSync(this.path, lines, { flush: true });
      });
    });
  }
}

/**
 * Opens the devices of the machine in a folder, and keeps other processes out until `step` is over. What `step` does to
 * them is on the disk when it returns; looking writes nothing. `make` says what the fleet is where there is none yet.
 * `journal.corrupt`.
 */
export function withDevices<T>(
  folder: string,
  make: () => MadeFleet,
  step: (devices: MachineDevices, act: (verb: DeviceVerb, device: string) => void) => T,
  watching: Watching = {},
): T {
  const file = new DeviceFile(folder);
  const journal = new DeviceJournal({ name: file.path, make, follow: () => watching });
  return file.update((text, append) =>
    step(journal.follow(text), (verb, device) => append(journal.apply(verb, device))),
  );
}
