/** A program of its own inside the namespace: mounts, puts the tree in place, runs the command and tells how it ended. */
import { spawn, type ChildProcess } from 'node:child_process';
import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { TsmError } from '@tsm/core';
import { codeOf } from '../state/errors.ts';
import type { Ended, Job, ToInside } from './inside-messages.ts';
import { mountMachine } from './mount.ts';
import { graftCommands, prepareCommands, TREE, type Computer } from './namespace.ts';
import { runProgram } from './programs.ts';

const COMPUTER: Computer = {
  kindOf(path) {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory() === true) return 'directory';
    return found?.isSymbolicLink() === true ? 'link' : found && 'other';
  },
  list: (path) => readdirSync(path),
  target: (path) => readlinkSync(path),
};

async function shell(commands: readonly string[]): Promise<void> {
  const { code, text } = await runProgram('/bin/sh', ['-e', '-c', commands.join('\n')]);
  if (code !== 0)
    throw new TsmError(
      'EPERM',
      `the kernel's paths cannot be covered here: ${text} — run as root, outside of a container`,
    );
}

/** Exit codes of a shell for a command that cannot be started. */
const NOT_STARTED: Readonly<Record<string, number>> = { ENOENT: 127, EACCES: 126 };

function endOf(child: ChildProcess, command: string): Promise<Ended> {
  return new Promise((resolve) => {
    child.on('error', (error) => {
      const why = codeOf(error) === 'ENOENT' ? 'there is no such program' : error.message;
      resolve({ exit: NOT_STARTED[codeOf(error) ?? ''] ?? 126, message: `${command}: ${why}` });
    });
    child.on('exit', (code, signal) =>
      resolve({ exit: code ?? 128 + (signal === null ? 0 : constants.signals[signal]) }),
    );
  });
}

async function run({ served, worker, command, args }: Job): Promise<Ended> {
  await shell(prepareCommands());
  const mounted = await mountMachine(TREE, served, {
    ...{ within: true, onFault: (text: string) => process.stderr.write(`tsm: ${text}\n`) },
    ...(worker === undefined ? {} : { worker: new URL(worker) }),
  });
  await shell(graftCommands(mounted.grafts, COMPUTER));
  const child = spawn(command, args, { stdio: 'inherit' });
  process.on('message', (message: ToInside) => {
    if ('signal' in message) child.kill(message.signal);
  });
  process.on('disconnect', () => child.kill('SIGTERM'));
  return endOf(child, command);
}

// The command gets what the terminal sends by itself; the server goes on until the command has ended.
for (const signal of ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

/** Ends this process at once: a thread that waits for the kernel would keep it. */
function end(): void {
  process.kill(process.pid, 'SIGKILL');
}

process.once('message', (message: ToInside) => {
  if (!('served' in message)) return;
  const done = run(message).catch((error: unknown): Ended => {
    if (error instanceof TsmError) return { refused: { code: error.code, message: error.message } };
    return { refused: { code: 'internal', message: String(error) } };
  });
  void done.then((ended) => (process.connected ? process.send?.(ended, end) : end()));
});
