/** Machines that live as long as the server: what a browser can have. */
import { TsmError, type Provider } from '@tsm/core';
import { openSharedMachine, type Created, type MachineTools } from '@tsm/machine';
import { MemoryText, type DeviceText } from '../devices/text.ts';
import type { MachineStore, Opened } from './store.ts';

export class MemoryStore implements MachineStore {
  private readonly machines = new Map<string, Opened>();
  private readonly texts = new Map<string, DeviceText>();
  private readonly provider: (name: string) => Promise<Provider>;
  private readonly tools: MachineTools;
  private changed: (name?: string) => void = () => undefined;

  constructor(provider: (name: string) => Promise<Provider>, tools: MachineTools = {}) {
    this.provider = provider;
    this.tools = tools;
  }

  names(): Promise<readonly string[]> {
    return Promise.resolve(this.sorted());
  }

  open(name: string): Promise<Opened> {
    const opened = this.machines.get(name);
    if (opened) return Promise.resolve(opened);
    const known = this.sorted().join(', ') || 'none yet';
    return Promise.reject(new TsmError('ENOENT', `no machine ${JSON.stringify(name)} — there are: ${known}`));
  }

  async create(created: Created): Promise<void> {
    const { id } = created;
    const provider = await this.provider(created.provider);
    if (this.machines.has(id)) throw new TsmError('EEXIST', `machine ${id} exists — choose another name`);
    const machine = openSharedMachine(provider, [created], undefined, this.tools);
    machine.subscribe(() => this.changed(id));
    this.machines.set(id, { source: 'simulated', machine });
    this.changed();
  }

  devices(name: string): DeviceText {
    const found = this.texts.get(name) ?? new MemoryText(`devices of ${name}`);
    this.texts.set(name, found);
    return found;
  }

  watch(changed: (name?: string) => void): void {
    this.changed = changed;
  }

  private sorted(): string[] {
    return [...this.machines.keys()].sort();
  }
}
