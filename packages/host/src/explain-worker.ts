/** A worker thread of the pool: searches its part, tells its progress, and stops at any message. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Task, Told } from './explain-messages.ts';
import { runTask } from './explain-task.ts';

function tell(what: Told): void {
  parentPort?.postMessage(what);
}

let stop = false;
parentPort?.on('message', () => (stop = true));
const done = await runTask(workerData as Task, (progress) => {
  tell({ progress });
  return stop;
});
tell({ done });
parentPort?.close();
