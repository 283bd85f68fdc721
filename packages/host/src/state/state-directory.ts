/** Simulated machines on disk: a state directory with one folder and one append-only journal a machine. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { TsmError, type Machine, type Provider } from '@tsm/core';
import {
  machineOf,
  openSharedMachine,
  type Created,
  type MachineTools,
  type SharedMachine,
} from '@tsm/machine';
import { codeOf, refusal } from './errors.ts';
import { JOURNAL, JournalFile } from './journal-file.ts';
import { openJournal } from './open.ts';
import { isGone, OWNER } from './owner.ts';
import { salvageJournal, type Salvaged } from './salvage.ts';

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/i;
/** Folders of machines that are being made. */
const UNDER_WAY = '.new.';

/** Finds the provider that a journal names. */
export type ProviderLookup = (name: string) => Promise<Provider>;

export interface Launched {
  readonly machine: SharedMachine;
  readonly provider: Provider;
}

/** `$XDG_STATE_HOME/tsm`, or `~/.local/state/tsm` (XDG Base Directory Specification 0.8). */
export function defaultStateDirectory(
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const base = env['XDG_STATE_HOME'];
  return join(base === undefined || base === '' ? join(homedir(), '.local', 'state') : base, 'tsm');
}

/** So that a name is on the disk as well as what it names. */
function syncFolder(path: string): void {
  // Windows opens no folders, and needs no such thing.
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** The machines below one directory. Any number of processes may use it at the same time. */
export class StateDirectory {
  readonly path: string;
  /** Finds the provider that a journal names. */
  readonly provider: ProviderLookup;
  private readonly tools: MachineTools;

  constructor(path: string, provider: ProviderLookup, tools: MachineTools = {}) {
    this.path = path;
    this.provider = provider;
    this.tools = tools;
  }

  /** Names of the machines, sorted; none when the directory does not exist yet. */
  list(): string[] {
    try {
      const entries = readdirSync(this.folder(), { withFileTypes: true });
      return entries.flatMap((one) => (one.isDirectory() && NAME.test(one.name) ? [one.name] : [])).sort();
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw refusal(error, 'read', this.folder());
    }
  }

  /** Creates a machine. EINVAL for a name that makes no folder, EEXIST when there is one of that name. */
  async create(created: Created): Promise<Machine> {
    if (!NAME.test(created.id)) {
      throw new TsmError(
        'EINVAL',
        `machine name ${JSON.stringify(created.id)}: letters, digits, dot, dash and underscore, at most 64`,
      );
    }
    const provider = await this.provider(created.provider);
    // What cannot be launched leaves nothing behind.
    openSharedMachine(provider, [created], undefined, this.tools);
    try {
      this.make(created);
    } catch (error) {
      throw refusal(error, 'write', this.folder());
    }
    return this.machine(created.id);
  }

  /** The machine as everything above sees it. ENOENT names the machines there are; `journal.corrupt`. */
  async machine(name: string): Promise<Machine> {
    return machineOf(await this.open(name));
  }

  /** As {@link machine}, synchronous once it is open. */
  async open(name: string): Promise<SharedMachine> {
    return (await this.launched(name)).machine;
  }

  /** As {@link open}, with the provider, which a guest driver needs. */
  async launched(name: string): Promise<Launched> {
    const opened = openJournal(this.journalOf(name));
    const provider = await this.provider(opened.created.provider);
    return { machine: opened.start(provider, this.tools), provider };
  }

  /** Where the machines are; made if it is not there yet. */
  machinesFolder(): string {
    try {
      mkdirSync(this.folder(), { recursive: true, mode: 0o700 });
    } catch (error) {
      throw refusal(error, 'write', this.folder());
    }
    return this.folder();
  }

  /** Path of a machine's journal. ENOENT names the machines there are. */
  journalOf(name: string): string {
    const known = this.list();
    if (known.includes(name)) return this.folder(name, JOURNAL);
    throw new TsmError(
      'ENOENT',
      `no machine ${JSON.stringify(name)} — there are: ${known.join(', ') || 'none yet'}`,
    );
  }

  /** Makes a machine whose journal is corrupt usable again: see {@link salvageJournal}. */
  async salvage(name: string): Promise<Salvaged> {
    return salvageJournal(this.journalOf(name), this.provider, this.tools);
  }

  /** A machine is there with its journal, or not at all. */
  private make(created: Created): void {
    const target = this.folder(created.id);
    const started = this.folder(`${UNDER_WAY}${OWNER}`);
    mkdirSync(this.folder(), { recursive: true, mode: 0o700 });
    this.sweep();
    mkdirSync(started, { mode: 0o700 });
    try {
      new JournalFile(join(started, JOURNAL)).write(created);
      if (existsSync(target)) throw this.taken(created.id);
      renameSync(started, target);
    } catch (error) {
      rmSync(started, { recursive: true, force: true });
      throw ['EEXIST', 'ENOTEMPTY'].includes(codeOf(error) ?? '') ? this.taken(created.id) : error;
    }
    syncFolder(this.folder());
  }

  /** What a process left that ended while it made a machine. */
  private sweep(): void {
    for (const name of readdirSync(this.folder()))
      if (name.startsWith(UNDER_WAY) && isGone(name.slice(UNDER_WAY.length)))
        rmSync(this.folder(name), { recursive: true, force: true });
  }

  private taken(name: string): TsmError {
    return new TsmError(
      'EEXIST',
      `machine ${name} exists — choose another name, or remove ${this.folder(name)}`,
    );
  }

  private folder(...parts: string[]): string {
    return join(this.path, 'machines', ...parts);
  }
}
