/** A process or thread under the lock: `hold` keeps it for ever, `count` adds to a number in a file so many times. */
import { readFileSync, writeFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { withLockSync } from '../../src/state/lock.ts';

const [how = '', lock = '', file = '', times = '0'] =
  (workerData as string[] | null) ?? process.argv.slice(2);

if (how === 'hold') {
  withLockSync(lock, () => {
    writeFileSync(file, 'held');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
}
for (let i = 0; i < Number(times); i++) {
  withLockSync(lock, () => {
    writeFileSync(file, String(Number(readFileSync(file, 'utf8')) + 1));
  });
}
parentPort?.close();
