/** The machines that a server has open: each once, followed while somebody wants to know, opened again when replaced. */
import { join } from 'node:path';
import { toHex, type MachineChange } from '@tsm/core';
import { codeOf } from '../state/errors.ts';
import type { Launched, StateDirectory } from '../state/state-directory.ts';
import type { NotificationName, Notifications } from './protocol.ts';
import { GuestFiles } from './guest-files.ts';
import { watchFolder } from './watch.ts';

export interface OpenedMachine extends Launched {
  readonly files: GuestFiles;
}

/** What a listener is told. */
export type Told = {
  [N in NotificationName]: { readonly name: N; readonly params: Notifications[N] };
}[NotificationName];

type Listener = (told: Told) => void;

export class Machines {
  readonly state: StateDirectory;
  private readonly opened = new Map<string, Promise<OpenedMachine>>();
  /** Machine by machine, how many want to know and how to stop. */
  private readonly watched = new Map<string, { wanted: number; stop: () => void }>();
  private readonly listeners = new Set<Listener>();
  /** Machines that could not be followed when last looked at. */
  private readonly failed = new Map<string, string>();

  constructor(state: StateDirectory) {
    this.state = state;
  }

  /** Runs the action on the machine; once more on a fresh one when it was replaced or removed meanwhile. */
  async use<T>(name: string, action: (opened: OpenedMachine) => T): Promise<T> {
    try {
      return action(await this.open(name));
    } catch (error) {
      if (!this.isOutdated(name, error)) throw error;
      this.opened.delete(name);
      return action(await this.open(name));
    }
  }

  /** Listeners hear of machines that are watched. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Follows what everybody does to a machine, until the returned function is called. `ENOENT`. */
  watch(name: string): () => void {
    const known = this.watched.get(name);
    const entry = known ?? { wanted: 0, stop: this.follow(name) };
    this.watched.set(name, entry);
    entry.wanted++;
    let done = false;
    return () => {
      if (done || --entry.wanted > 0) return;
      done = true;
      entry.stop();
      this.watched.delete(name);
    };
  }

  /** Follows which machines there are, and each of them. */
  watchAll(): () => void {
    const watches = new Map<string, () => void>();
    const look = (first: boolean): void => {
      const names = this.state.list();
      const gone = [...watches.keys()].filter((name) => !names.includes(name));
      const come = names.filter((name) => !watches.has(name));
      for (const name of gone) {
        watches.get(name)?.();
        watches.delete(name);
      }
      for (const name of come) watches.set(name, this.watch(name));
      if (!first && gone.length + come.length > 0) this.tell({ name: 'machines/changed', params: {} });
    };
    look(true);
    const stop = watchFolder(this.state.machinesFolder(), () => {
      look(false);
    });
    return () => {
      stop();
      for (const leave of watches.values()) leave();
    };
  }

  private follow(name: string): () => void {
    const look = (): void => {
      void this.use(name, ({ machine }) => {
        machine.follow();
      }).then(
        () => this.failed.delete(name),
        (error: unknown) => {
          this.fail(name, error);
        },
      );
    };
    const stop = watchFolder(join(this.state.journalOf(name), '..'), look);
    // The machine is opened now, so that the first change is told as well.
    look();
    return stop;
  }

  /** Told once, until it is another failure. Who is removed did not fail. */
  private fail(machine: string, error: unknown): void {
    const code = codeOf(error) ?? 'internal';
    const message = error instanceof Error ? error.message : String(error);
    if (code === 'ENOENT' || this.failed.get(machine) === message) return;
    this.failed.set(machine, message);
    this.tell({ name: 'machine/failed', params: { machine, code, message } });
  }

  private open(name: string): Promise<OpenedMachine> {
    const known = this.opened.get(name);
    if (known) return known;
    const opening = this.launch(name);
    this.opened.set(name, opening);
    // Who asked is told why; the next one tries again.
    opening.catch(() => this.opened.delete(name));
    return opening;
  }

  private async launch(name: string): Promise<OpenedMachine> {
    const launched = await this.state.launched(name);
    launched.machine.subscribe((change) => {
      this.tell({ name: 'machine/changed', params: changeOf(name, change) });
    });
    return { ...launched, files: new GuestFiles(launched) };
  }

  private isOutdated(name: string, error: unknown): boolean {
    const code = codeOf(error);
    if (code === 'ESTALE' || code === 'journal.corrupt') return true;
    return code === 'ENOENT' && !this.state.list().includes(name);
  }

  private tell(told: Told): void {
    for (const listener of this.listeners) listener(told);
  }
}

function changeOf(machine: string, change: MachineChange): Notifications['machine/changed'] {
  return change.kind === 'extended'
    ? { machine, ...change, value: toHex(change.value) }
    : { machine, ...change };
}
