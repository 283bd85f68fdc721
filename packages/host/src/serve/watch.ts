/** Calls back when something in a folder changes: at once where the system tells, and by looking again where it does not. */
import { watch, type FSWatcher } from 'node:fs';

/** How often to look in milliseconds, where the system tells nothing: some file systems, and used-up inotify watches. */
const LOOK = 40;
/** How often all the same: what is told may get lost. */
const LOOK_ANYWAY = 1_000;

/** Until the returned function is called. */
export function watchFolder(path: string, changed: () => void): () => void {
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout;
  const look = (every: number): void => {
    clearInterval(timer);
    timer = setInterval(changed, every);
  };
  const deaf = (): void => {
    watcher?.close();
    watcher = undefined;
    look(LOOK);
  };
  timer = setInterval(changed, LOOK_ANYWAY);
  try {
    watcher = watch(path, { persistent: true }, changed);
    watcher.on('error', deaf);
  } catch {
    deaf();
  }
  return () => {
    watcher?.close();
    clearInterval(timer);
  };
}
