/** A worker thread that serves one tree on one connection until it is unmounted. */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { TsmError } from '@tsm/core';
import { graftsOf } from './grafts.ts';
import { openGuest } from './guest.ts';
import { serve } from './loop.ts';
import { memoryOf } from './memory.ts';
import type { Said, Task } from './messages.ts';
import { FuseServer } from './server.ts';

const SECOND = 1000;

function say(said: Said): void {
  parentPort?.postMessage(said);
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function run({ connection, served }: Task): Promise<void> {
  const { guest, machine } = await openGuest(served);
  const server = new FuseServer(guest.tree, {
    memoryOf,
    time: Math.floor(Date.now() / SECOND),
    before: () => machine.follow(),
    fault: (error) => say({ fault: textOf(error) }),
  });
  const { id, provider } = machine;
  const mounted = parentPort && once(parentPort, 'message');
  say({ ready: { id, provider, profile: guest.profile.name, grafts: graftsOf(guest.tree) } });
  await mounted;
  serve(connection, server);
}

try {
  await run(workerData as Task);
} catch (error) {
  const code = error instanceof TsmError ? error.code : 'internal';
  say({ failed: { code, message: error instanceof TsmError ? error.message : textOf(error) } });
}
parentPort?.close();
