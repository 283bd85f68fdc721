/** The machines of a state directory, which the command line, mounts and other editors use at the same time. */
import { existsSync, mkdirSync, watch, type FSWatcher } from 'node:fs';
import path from 'node:path';
import type { Provider } from '@tsm/core';
import { DeviceFile, StateDirectory } from '@tsm/host';
import type { Created, MachineTools } from '@tsm/machine';
import type { DeviceText } from '../devices/text.ts';
import type { MachineStore, Opened } from '../machines/store.ts';

/** How often folders that cannot be watched are looked at, in milliseconds. */
const POLL = 1000;

export class FolderStore implements MachineStore {
  private readonly state: StateDirectory;
  private readonly opened = new Map<string, Opened>();
  private readonly watchers = new Map<string, FSWatcher>();
  private changed: (name?: string) => void = () => undefined;

  constructor(folder: string, provider: (name: string) => Promise<Provider>, tools: MachineTools = {}) {
    this.state = new StateDirectory(folder, provider, tools);
  }

  names(): Promise<readonly string[]> {
    return Promise.resolve(this.state.list());
  }

  async open(name: string): Promise<Opened> {
    const journal = this.state.journalOf(name);
    const known = this.opened.get(name);
    if (known) return known;
    const machine = await this.state.open(name);
    const opened: Opened = { source: 'simulated', machine };
    this.opened.set(name, opened);
    this.watchFolder(name, path.dirname(journal), () => this.changed(name));
    return opened;
  }

  async create(created: Created): Promise<void> {
    await this.state.create(created);
    this.changed();
  }

  devices(name: string): DeviceText {
    return new DeviceFile(path.dirname(this.state.journalOf(name)));
  }

  watch(changed: (name?: string) => void): void {
    this.changed = changed;
    const machines = path.join(this.state.path, 'machines');
    if (!existsSync(machines)) mkdirSync(machines, { recursive: true, mode: 0o700 });
    let before = this.state.list().join('/');
    this.watchFolder('', machines, () => {
      const names = this.state.list().join('/');
      if (names === before) return;
      before = names;
      this.changed();
    });
  }

  private watchFolder(name: string, folder: string, tell: () => void): void {
    if (this.watchers.has(name)) return;
    try {
      const watcher = watch(folder, tell);
      watcher.on('error', () => {
        // The folder is gone: whoever opens the machine next is told why.
        watcher.close();
        this.watchers.delete(name);
        this.opened.delete(name);
        tell();
      });
      this.watchers.set(name, watcher);
    } catch {
      // A file system without notifications, or no watch left.
      setInterval(tell, POLL).unref();
    }
  }
}
