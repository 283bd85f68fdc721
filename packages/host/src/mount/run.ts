/** Runs a command where the kernel's own paths are those of a simulated machine. The computer itself stays as it is. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { TsmError } from '@tsm/core';
import type { Ended, Job } from './inside-messages.ts';
import type { Served } from './messages.ts';
import { runProgram } from './programs.ts';

export interface RunOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** The program that runs in the namespace, and the module of its worker. Default: those of this package. */
  readonly inside?: URL;
  readonly worker?: URL;
}

/** As root, or as root of a user namespace. */
const WAYS = [
  ['-m', '--propagation', 'private'],
  ['-U', '-r', '-m', '--propagation', 'private'],
] as const;

/** Arguments for unshare(1) that work here. */
async function namespaceArguments(): Promise<readonly string[]> {
  if (process.platform !== 'linux')
    throw new TsmError('ENODEV', '"tsm run" needs Linux — use "tsm serve" or "tsm machine" here');
  let why = '';
  for (const way of WAYS) {
    const { code, text } = await runProgram('unshare', [...way, 'true']).catch((error: unknown) => ({
      ...{ code: undefined, text: String(error) },
    }));
    if (code === 0) return way;
    why = text;
  }
  throw new TsmError(
    'EPERM',
    `no namespace can be made here (${why}) — run as root, or allow user namespaces: sysctl user.max_user_namespaces`,
  );
}

/** Passes on what is sent to this process; what the terminal sends, the command gets by itself. */
function forwardSignals(child: ChildProcess): () => void {
  const handlers = (['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const).map(
    (signal) => {
      const byTerminal = process.stdin.isTTY && (signal === 'SIGINT' || signal === 'SIGQUIT');
      const handler = (): void => {
        if (!byTerminal && child.connected) child.send({ signal });
      };
      process.on(signal, handler);
      return () => process.off(signal, handler);
    },
  );
  return () => {
    for (const off of handlers) off();
  };
}

export interface CommandEnd {
  /** As a shell has it: 128 and the signal's number for a command that a signal ended, 127 for one that is not there. */
  readonly exit: number;
  /** Why it could not be started. */
  readonly message?: string;
}

/**
 * Runs the command with our input and output, and gives its exit code. A TsmError when namespaces or mounts are
 * refused, or when the machine cannot be opened: EPERM, ENODEV, and what the journal or the provider refuses.
 */
export async function runInMachine(served: Served, options: RunOptions): Promise<CommandEnd> {
  const { command, args, worker } = options;
  const inside = options.inside ?? new URL('./inside.js', import.meta.url);
  const way = await namespaceArguments();
  const child = spawn('unshare', [...way, process.execPath, fileURLToPath(inside)], {
    ...{ stdio: ['inherit', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' },
  });
  const unhook = forwardSignals(child);
  try {
    const answer = new Promise<Ended>((resolve) => child.once('message', (ended: Ended) => resolve(ended)));
    const exited = once(child, 'exit');
    const job: Job = { served, command, args, ...(worker ? { worker: worker.href } : {}) };
    child.send(job);
    const ended = await Promise.race([answer, exited.then(() => undefined)]);
    if (!ended) throw new TsmError('EIO', 'the server of the machine ended before the command did');
    await exited;
    if ('refused' in ended) throw new TsmError(ended.refused.code, ended.refused.message);
    return ended;
  } finally {
    unhook();
  }
}
