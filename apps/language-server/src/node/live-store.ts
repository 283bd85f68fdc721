/** The machine that the server runs in, after those of another store. Where it is no confidential VM nothing is said of it. */
import { setTimeout as wait } from 'node:timers/promises';
import { equalBytes, registerAddress, TsmError } from '@tsm/core';
import type { LiveMachine } from '@tsm/host';
import type { Created } from '@tsm/machine';
import type { DeviceText } from '../devices/text.ts';
import type { MachineStore, Opened } from '../machines/store.ts';

/** Its name among machines, as on the command line; no simulated one can have it. */
const LIVE = 'live';

/** How often its registers are looked at, in milliseconds: the kernel tells nobody of an extend. */
const LOOK = 60;

export class LiveStore implements MachineStore {
  private readonly others: MachineStore;
  private readonly find: () => Promise<LiveMachine>;
  private opened: Promise<Opened> | undefined;
  private changed: (name?: string) => void = () => undefined;

  /** `find` refuses with ENODEV where there is no such machine. */
  constructor(others: MachineStore, find: () => Promise<LiveMachine>) {
    this.others = others;
    this.find = find;
  }

  async names(): Promise<readonly string[]> {
    const names = await this.others.names();
    return (await this.isThere()) ? [...names, LIVE] : names;
  }

  open(name: string): Promise<Opened> {
    return name === LIVE ? this.live() : this.others.open(name);
  }

  devices(name: string): DeviceText {
    return this.others.devices(name);
  }

  create(created: Created): Promise<void> {
    if (created.id !== LIVE) return this.others.create(created);
    const why = `${LIVE} is the machine that this program runs in — choose another name`;
    return Promise.reject(new TsmError('EINVAL', why));
  }

  watch(changed: (name?: string) => void): void {
    this.changed = changed;
    this.others.watch(changed);
  }

  /** One that cannot be opened is there too: who opens it is told why. */
  private async isThere(): Promise<boolean> {
    try {
      await this.live();
      return true;
    } catch (error) {
      return !(error instanceof TsmError && error.code === 'ENODEV');
    }
  }

  private live(): Promise<Opened> {
    if (this.opened) return this.opened;
    const opening = this.find().then((machine): Opened => {
      void this.follow(machine);
      return { source: 'live', machine };
    });
    this.opened = opening;
    // A driver may be loaded later.
    opening.catch(() => (this.opened = undefined));
    return opening;
  }

  /** Looks at what can be extended, until it cannot be read: then it is looked for anew. */
  private async follow(machine: LiveMachine): Promise<void> {
    const names = machine.registers
      .filter(({ extensible, readable }) => extensible && readable)
      .map((register) => registerAddress(machine.registers, register));
    const values = (): Promise<Uint8Array[]> => Promise.all(names.map((name) => machine.read(name)));
    if (names.length === 0) return;
    try {
      for (let before = await values(); ;) {
        await wait(LOOK, undefined, { ref: false });
        const now = await values();
        if (now.some((value, i) => !equalBytes(value, before[i] ?? value))) this.changed(LIVE);
        before = now;
      }
    } catch {
      // The next one who opens it is told why.
      this.opened = undefined;
      this.changed();
    }
  }
}
