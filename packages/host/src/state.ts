/** Simulated machines on disk: a state directory with one folder and one append-only journal a machine. */
import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { TsmError, type Machine, type Provider } from '@tsm/core';
import {
  formatEntry,
  openMachine,
  parseJournal,
  type Created,
  type Journal,
  type JournalEntry,
  type MachineTools,
} from '@tsm/machine';
import { withLock } from './lock.ts';

const JOURNAL = 'journal.ndjson';
const LOCK = 'lock';
const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/i;

/** Finds the provider that a journal names. */
export type ProviderLookup = (name: string) => Promise<Provider>;

/** `$XDG_STATE_HOME/tsm`, or `~/.local/state/tsm` (XDG Base Directory Specification 0.8). */
export function defaultStateDirectory(
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const base = env['XDG_STATE_HOME'];
  return join(base === undefined || base === '' ? join(homedir(), '.local', 'state') : base, 'tsm');
}

/** Appends entries so that each is on the disk before its write resolves. */
class FileJournal implements Journal {
  private readonly path: string;
  constructor(path: string) {
    this.path = path;
  }
  async write(entry: JournalEntry): Promise<void> {
    const file = await open(this.path, 'a');
    try {
      await file.appendFile(`${formatEntry(entry)}\n`);
      await file.datasync();
    } finally {
      await file.close();
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

export class StateDirectory {
  readonly path: string;
  private readonly provider: ProviderLookup;
  private readonly tools: MachineTools;

  constructor(path: string, provider: ProviderLookup, tools: MachineTools = {}) {
    this.path = path;
    this.provider = provider;
    this.tools = tools;
  }

  /** Names of the machines, sorted; none when the directory does not exist yet. */
  async list(): Promise<string[]> {
    try {
      const entries = await readdir(this.folder(), { withFileTypes: true });
      return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
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
    const machine = openMachine(provider, [created], undefined, this.tools);
    await mkdir(this.folder(), { recursive: true });
    try {
      await mkdir(this.folder(created.id));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
        throw new TsmError(
          'EEXIST',
          `machine ${created.id} exists — choose another name, or remove ${this.folder(created.id)}`,
        );
      }
      throw error;
    }
    await new FileJournal(this.folder(created.id, JOURNAL)).write(created);
    return machine;
  }

  /** Opens a machine and gives it to `use` while no other process can change it. ENOENT names the machines there are. */
  async withMachine<T>(name: string, use: (machine: Machine) => Promise<T>): Promise<T> {
    if (!(await this.list()).includes(name)) {
      const known = (await this.list()).join(', ') || 'none yet';
      throw new TsmError('ENOENT', `no machine ${JSON.stringify(name)} — there are: ${known}`);
    }
    return withLock(this.folder(name, LOCK), async () => {
      const path = this.folder(name, JOURNAL);
      const content = await readFile(path, 'utf8');
      await this.dropCutLine(path, content);
      const entries = parseJournal(content);
      const [created] = entries;
      const provider = await this.provider(created?.op === 'create' ? created.provider : '');
      return use(openMachine(provider, entries, new FileJournal(path), this.tools));
    });
  }

  private folder(...parts: string[]): string {
    return join(this.path, 'machines', ...parts);
  }

  /** A line that was cut while it was written never took effect: the next entry must not be glued to it. */
  private async dropCutLine(path: string, content: string): Promise<void> {
    const whole = content.lastIndexOf('\n') + 1;
    if (whole === content.length) return;
    const file = await open(path, 'r+');
    try {
      await file.truncate(Buffer.byteLength(content.slice(0, whole)));
    } finally {
      await file.close();
    }
  }
}
