/** Mounts a machine's tree: the connection, the worker that serves it, and who cleans up when this process dies. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { TsmError } from '@tsm/core';
import { mountConnection, mountPoint, openConnection, unmount } from './connection.ts';
import type { Presented, Said, Served, Task } from './messages.ts';

export interface MountOptions {
  /** Told of faults in the program: a caller got EIO. */
  readonly onFault?: (text: string) => void;
  /** The module that a worker runs. Default: the one of this package. */
  readonly worker?: URL;
  /** In a namespace of our own, which ends with us: nobody has to clean up. Default: no. */
  readonly within?: boolean;
}

export interface Mounted extends Presented {
  readonly directory: string;
  /** Resolves when the tree is unmounted, by whomever; rejects when the server failed. */
  readonly ended: Promise<void>;
  /** Unmounts, and resolves when nothing is left. Twice is once. */
  stop(): Promise<void>;
}

/**
 * Unmounts when this process dies without doing so: a shell that waits for the end of its input. It is told when there is
 * nothing to do any more. A session of its own keeps Ctrl-C from it.
 */
const GUARD = 'read -r done || umount -l -f -- "$1" 2>/dev/null || umount -l -- "$1"';

function startGuard(directory: string): ChildProcess {
  const guard = spawn('/bin/sh', ['-c', GUARD, 'tsm-guard', directory], {
    ...{ stdio: ['pipe', 'ignore', 'ignore'], detached: true, cwd: '/' },
  });
  guard.unref();
  return guard;
}

class Server {
  readonly worker: Worker;
  private readonly connection: number;
  private readonly exited: Promise<void>;
  private failure: Error | undefined;

  constructor(served: Served, { worker, onFault }: MountOptions) {
    this.connection = openConnection();
    const task: Task = { connection: this.connection, served };
    this.worker = new Worker(worker ?? new URL('./worker.js', import.meta.url), { workerData: task });
    this.worker.on('error', (error) => {
      this.failure = error instanceof Error ? error : new Error(String(error));
    });
    this.worker.on('message', (said: Said) => {
      if ('fault' in said) onFault?.(said.fault);
      if ('failed' in said) this.failure = new TsmError(said.failed.code, said.failed.message);
    });
    this.exited = new Promise((resolve) => {
      this.worker.on('exit', () => {
        closeSync(this.connection);
        resolve();
      });
    });
  }

  /** What it will serve, once its machine is there. */
  async ready(): Promise<Presented> {
    const ready = new Promise<Presented>((resolve) => {
      this.worker.on('message', (said: Said) => {
        if ('ready' in said) resolve(said.ready);
      });
    });
    const first = await Promise.race([ready, this.ended()]);
    if (first) return first;
    throw new TsmError('EIO', 'the server ended before it began');
  }

  /** Serves from now on. */
  async mountAt(directory: string, within: boolean): Promise<void> {
    try {
      await mountConnection(this.connection, directory, within);
    } catch (error) {
      await this.worker.terminate();
      throw error;
    }
    this.worker.postMessage('mounted');
  }

  /** Rejects with why it failed. */
  async ended(): Promise<undefined> {
    await this.exited;
    if (this.failure) throw this.failure;
  }
}

/**
 * Serves a machine's tree at a directory until it is unmounted. Refusals are a TsmError that says what to do: ENODEV,
 * EPERM, EBUSY, ENOENT, ENOTDIR, ENOTEMPTY, and what the machine's journal or provider refuses.
 */
export async function mountMachine(
  path: string,
  served: Served,
  options: MountOptions = {},
): Promise<Mounted> {
  const { within = false } = options;
  const directory = mountPoint(path);
  const server = new Server(served, options);
  const presented = await server.ready();
  await server.mountAt(directory, within);
  const guard = within ? undefined : startGuard(directory);
  const ended = server
    .ended()
    // What nobody serves any more must not stay.
    .finally(() => unmount(directory))
    .finally(() => guard?.stdin?.end('done\n'));
  let stopping: Promise<void> | undefined;
  return {
    ...presented,
    directory,
    ended,
    stop: () => (stopping ??= unmount(directory).then(() => ended)),
  };
}
