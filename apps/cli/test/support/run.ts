/** Runs the command line in process, with files in memory and a terminal of 80 columns. */
import { nodeDigests } from '@tsm/host';
import { CliError, EXIT } from '../../src/exit.ts';
import type { Io } from '../../src/io.ts';
import { tsm } from '../../src/program.ts';

const COLUMNS = 80;
const plain = (text: string): string => text;

export interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
  /** Standard output as JSON; throws when it is not exactly one document. */
  readonly json: () => Record<string, never>;
}

export type Files = Map<string, Uint8Array>;

/** What providers a module name loads as. */
export type Modules = Readonly<Record<string, unknown>>;

async function* inParts(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

/**
 * `partSize`: files count as too large for memory, and come in parts of this many bytes. What is written to `-` is the
 * file `-` afterwards; `terminal` says that a person looks; `stop` is what Ctrl-C aborts.
 */
export async function run(
  args: readonly string[],
  files: Files = new Map<string, Uint8Array>(),
  modules: Modules = {},
  partSize?: number,
  terminal = false,
  stop = new AbortController().signal,
): Promise<Ran> {
  let out = '';
  let err = '';
  const io: Io = {
    columns: COLUMNS,
    style: { good: plain, bad: plain, unsure: plain, quiet: plain, strong: plain },
    terminal,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    read(path) {
      const bytes = files.get(path);
      return bytes
        ? Promise.resolve(bytes)
        : Promise.reject(new CliError(EXIT.input, 'input.unreadable', `${path}: there is no such file`));
    },
    files(path) {
      const inside = [...files.keys()].filter((name) => name.startsWith(`${path}/`)).sort();
      return Promise.resolve(inside.length > 0 ? inside : [path]);
    },
    large: (path) =>
      Promise.resolve(partSize === undefined ? undefined : inParts(files.get(path)!, partSize)),
    write(path, bytes) {
      files.set(path, bytes);
      return Promise.resolve();
    },
    makeFolder: () => Promise.resolve(),
    load: (name) =>
      name in modules
        ? Promise.resolve(modules[name])
        : Promise.reject(new CliError(EXIT.usage, 'provider.unknown', `no provider ${name}`)),
    absolute: (name) => name,
    moduleUrl: (name) => `module:${name}`,
    milliseconds: () => performance.now(),
    progress: () => undefined,
    interrupted: () => stop,
    now: () => new Date('2026-01-01T00:00:00Z'),
    random: (length) => new Uint8Array(length).fill(5),
  };
  const exit = await tsm(args, io, nodeDigests(), '0.0.0-test');
  return { exit, out, err, json: () => JSON.parse(out) as Record<string, never> };
}

/** Lines that would wrap on the terminal. */
export function tooWide(text: string): string[] {
  return text.split('\n').filter((line) => Array.from(line).length > COLUMNS);
}
