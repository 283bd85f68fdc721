/** The only door of the command line to the computer: files, streams, clock, randomness, modules. */
import { randomBytes } from 'node:crypto';
import { createReadStream, writeSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stripVTControlCharacters, styleText } from 'node:util';
import { CliError, EXIT } from './exit.ts';

type Paint = (text: string) => string;

/** Colours that only help: nothing is said by colour alone. */
export interface Style {
  readonly good: Paint;
  readonly bad: Paint;
  readonly unsure: Paint;
  readonly quiet: Paint;
  readonly strong: Paint;
}

export interface Io {
  /** Width of the terminal in columns. */
  readonly columns: number;
  readonly style: Style;
  /** Does a person look at standard output? */
  readonly terminal: boolean;
  out(text: string): void;
  err(text: string): void;
  /** Content of a file, or of standard input for `-`. */
  read(path: string): Promise<Uint8Array>;
  /** The files of a folder by path, sorted; a file is itself. Folders inside are not entered. */
  files(path: string): Promise<readonly string[]>;
  /** Parts of a file that is too large to be held in memory; undefined for one that is not. */
  large(path: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Writes a file, or standard output for `-`. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** The folder and those above it, where they do not exist yet. */
  makeFolder(path: string): Promise<void>;
  /** Default export of a module: a package name, or a path when it starts with `.` or `/`. */
  load(module: string): Promise<unknown>;
  /** A name that loads the same module from any folder. */
  absolute(module: string): string;
  /** Where a module is loaded from. */
  moduleUrl(module: string): string;
  now(): Date;
  /** A clock for durations. */
  milliseconds(): number;
  /** One line that changes in place while work goes on; undefined takes it away. Only for a person who looks. */
  progress(line: string | undefined): void;
  /** Aborts at the first Ctrl-C, or other wish to end, from now on; a second one ends the process. */
  interrupted(): AbortSignal;
  random(length: number): Uint8Array;
}

const plain: Paint = (text) => text;
const PLAIN: Style = { good: plain, bad: plain, unsure: plain, quiet: plain, strong: plain };
const COLOURED: Style = {
  good: (text) => styleText('green', text, { validateStream: false }),
  bad: (text) => styleText(['red', 'bold'], text, { validateStream: false }),
  unsure: (text) => styleText('yellow', text, { validateStream: false }),
  quiet: (text) => styleText('dim', text, { validateStream: false }),
  strong: (text) => styleText('bold', text, { validateStream: false }),
};

/** NO_COLOR (no-color.org) wins; then FORCE_COLOR; then whether a person looks. */
function styleFor(env: NodeJS.ProcessEnv, isTTY: boolean): Style {
  if ((env['NO_COLOR'] ?? '') !== '') return PLAIN;
  const force = env['FORCE_COLOR'];
  const wanted = force === undefined || force === '' ? isTTY : force !== '0';
  return wanted ? COLOURED : PLAIN;
}

/** Writes all of it, whatever the pipe takes at a time: nothing may be lost at exit. */
function writeAll(fd: number, content: string | Uint8Array): void {
  let bytes = Buffer.from(content);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(fd, bytes));
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      // The reader went away, as `head` does: there is nobody left to tell.
      if (code === 'EPIPE') process.exit(EXIT.ok);
      if (code !== 'EAGAIN') throw error;
    }
  }
}

async function readInput(path: string): Promise<Uint8Array> {
  if (path === '-') {
    const chunks: Uint8Array[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
    return Buffer.concat(chunks);
  }
  try {
    const file = await readFile(path);
    return new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const why = {
      ENOENT: 'there is no such file',
      EACCES: 'no permission to read it',
      EISDIR: 'it is a folder',
    }[code];
    throw new CliError(EXIT.input, 'input.unreadable', `${path}: ${why ?? String(error)}`);
  }
}

async function filesOf(path: string): Promise<readonly string[]> {
  const found = path === '-' ? undefined : await stat(path).catch(() => undefined);
  // What is not there is reported by the read that follows.
  if (!found?.isDirectory()) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  return entries
    .filter((one) => one.isFile())
    .map((one) => join(path, one.name))
    .sort();
}

/** Files from this size on are read in parts. */
const LARGE = 512 << 20;
const PART = 1 << 20;

async function openLarge(path: string): Promise<AsyncIterable<Uint8Array> | undefined> {
  if (path === '-') return undefined;
  const found = await stat(path).catch(() => undefined);
  // A file that cannot be looked at is reported by the read that follows.
  return found?.isFile() && found.size >= LARGE ? createReadStream(path, { highWaterMark: PART }) : undefined;
}

async function output(path: string, action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    throw new CliError(
      EXIT.input,
      'output.unwritable',
      `${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

async function writeOutput(path: string, bytes: Uint8Array): Promise<void> {
  if (path === '-') writeAll(1, bytes);
  else await output(path, () => writeFile(path, bytes));
}

/** Is this the file of a module, rather than the name of a package? */
function isFile(module: string): boolean {
  return /^([./]|[A-Za-z]:[\\/])/.test(module);
}

async function loadModule(name: string): Promise<unknown> {
  const specifier = isFile(name) ? pathToFileURL(resolve(name)).href : name;
  try {
    const loaded = (await import(specifier)) as { default?: unknown };
    return loaded.default;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const missing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    if (missing && why.includes(isFile(name) ? resolve(name) : `'${name}'`)) {
      const hint =
        'built in: tdx, snp, cca, cove; or name a module: a package, or a file such as ./my-provider.mjs';
      throw new CliError(EXIT.usage, 'provider.unknown', `no provider ${name}`, hint);
    }
    throw new CliError(EXIT.input, 'provider.unloadable', `provider ${name}: ${why}`);
  }
}

export function createIo(): Io {
  const { stdout, env } = process;
  const style = styleFor(env, stdout.isTTY);
  const clean = style === PLAIN ? stripVTControlCharacters : plain;
  return {
    columns: stdout.isTTY ? Math.max(60, stdout.columns) : 80,
    style,
    terminal: stdout.isTTY,
    out: (text) => {
      writeAll(1, clean(text));
    },
    err: (text) => {
      writeAll(2, text);
    },
    read: readInput,
    files: filesOf,
    large: openLarge,
    write: writeOutput,
    makeFolder: (path) => output(path, () => mkdir(path, { recursive: true })),
    load: loadModule,
    absolute: (module) => (isFile(module) ? resolve(module) : module),
    moduleUrl: (module) =>
      isFile(module) ? pathToFileURL(resolve(module)).href : import.meta.resolve(module),
    now: () => new Date(),
    milliseconds: () => performance.now(),
    progress: (line) => {
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line === undefined ? '' : `  ${line}`}`);
    },
    interrupted: () => {
      const controller = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
        process.once(signal, () => {
          controller.abort();
        });
      return controller.signal;
    },
    random: (length) => new Uint8Array(randomBytes(length)),
  };
}
