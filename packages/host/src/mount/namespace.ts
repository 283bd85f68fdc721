/** Shell commands that make a tree visible at the kernel's own paths, inside a mount namespace of our own. */
import { dirname } from 'node:path';
import type { Graft } from './grafts.ts';

/** What the computer has at its own paths. */
export interface Computer {
  /** Undefined for what is not there; `other` for devices and sockets. Links are not followed. */
  kindOf(path: string): 'directory' | 'link' | 'other' | undefined;
  /** Names in a directory. */
  list(path: string): readonly string[];
  /** Target of a link. */
  target(path: string): string;
}

/** A directory that every kernel has and that nobody misses for a moment: what is put together stands here. */
const SCRATCH = '/sys/fs';
const ASIDE = `${SCRATCH}/aside`;
/** Where the tree itself is mounted while it is put together. */
export const TREE = `${SCRATCH}/tree`;

/** One argument for a shell, whatever it holds. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function command(...words: readonly string[]): string {
  return words.map(quoted).join(' ');
}

const TMPFS = ['mount', '-t', 'tmpfs', '-o', 'mode=755', 'tsm'] as const;

/** Before the tree is mounted at {@link TREE}. */
export function prepareCommands(): string[] {
  return [command(...TMPFS, SCRATCH), command('mkdir', ASIDE, TREE)];
}

class Rebuilding {
  readonly commands: string[] = [];
  private readonly computer: Computer;
  /** Directories that are ours now, so that anything can be made in them. */
  private readonly own = new Set<string>();

  constructor(computer: Computer) {
    this.computer = computer;
  }

  show(graft: Graft): void {
    const { path, kind } = graft;
    const found = this.own.has(dirname(path)) ? undefined : this.computer.kindOf(path);
    // A place of the same kind is covered; any other one means a new entry in its directory.
    const covers = kind === 'directory' ? found === 'directory' : kind === 'file' && found === 'other';
    if (!covers) this.makeRoom(path);
    if (graft.kind === 'link') this.run('ln', '-s', graft.target, path);
    else {
      if (!covers) this.run(kind === 'directory' ? 'mkdir' : 'touch', path);
      this.run('mount', '--bind', TREE + path, path);
    }
  }

  /** A directory where `path` can be made anew. */
  private makeRoom(path: string): void {
    const parent = dirname(path);
    if (this.own.has(parent)) return;
    if (this.computer.kindOf(parent) === 'directory') this.rebuild(parent, path);
    else {
      this.makeRoom(parent);
      this.run('mkdir', parent);
    }
    this.own.add(parent);
  }

  /** The same directory on a file system of ours, with all of its entries but the one that is to be made. */
  private rebuild(directory: string, except: string): void {
    this.run('mount', '--rbind', directory, ASIDE);
    this.run(...TMPFS, directory);
    for (const name of this.computer.list(directory)) {
      const path = `${directory}/${name}`;
      const kind = this.computer.kindOf(path);
      if (path === except || kind === undefined) continue;
      if (kind === 'link') this.run('ln', '-s', this.computer.target(path), path);
      else {
        this.run(kind === 'directory' ? 'mkdir' : 'touch', path);
        this.run('mount', '--rbind', `${ASIDE}/${name}`, path);
      }
    }
    this.run('umount', '-l', ASIDE);
  }

  private run(...words: readonly string[]): void {
    this.commands.push(command(...words));
  }
}

/** After it: each part goes to its path, and then nothing is left of the scratch directory. */
export function graftCommands(grafts: readonly Graft[], computer: Computer): string[] {
  const rebuilding = new Rebuilding(computer);
  for (const graft of grafts) rebuilding.show(graft);
  return [...rebuilding.commands, command('umount', '-l', SCRATCH)];
}
