/** Who holds a lock: a thread, told apart from every other one that ever ran on this computer. */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';

/** What procfs shows, or undefined where there is none. */
function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** State and start time of a thread (proc_pid_stat(5), fields 3 and 22); undefined when it is not seen. */
function threadStat(pid: string, tid: string): { state: string; start: string } | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/task/${tid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The name in field 2 may hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', start: fields[19] ?? '' };
}

const PID_NAMESPACE = '/proc/self/ns/pid';

interface Owner {
  readonly pid: string;
  /** Kernel's thread id on Linux, Node's elsewhere. */
  readonly thread: string;
  /** Start time of the thread in clock ticks since boot; empty where it is not known. */
  readonly start: string;
  /** Inode of the pid namespace; empty where there is none. */
  readonly namespace: string;
  readonly host: string;
}

function thisThread(): Owner {
  const pid = String(process.pid);
  const task = linkOf('/proc/thread-self')?.split('/').at(-1);
  const stat = task === undefined ? undefined : threadStat(pid, task);
  const namespace = /\d+/.exec(linkOf(PID_NAMESPACE) ?? '')?.[0] ?? '';
  const thread = stat && task !== undefined ? task : String(threadId);
  return { pid, thread, start: stat?.start ?? '', namespace, host: hostname() };
}

const SELF = thisThread();

function format({ pid, thread, start, namespace, host }: Owner): string {
  return [pid, thread, start, namespace, host].join('.');
}

/** Names this thread. No other thread of this computer has or had the name. */
export const OWNER = format(SELF);

function parse(text: string): Owner | undefined {
  const [, pid = '', thread = '', start = '', namespace = '', host = ''] =
    /^([1-9]\d*)\.(\d*)\.(\d*)\.(\d*)\.(.*)$/.exec(text) ?? [];
  return pid === '' ? undefined : { pid, thread, start, namespace, host };
}

/** Process id of an owner, for messages. */
export function pidOf(owner: string): string | undefined {
  return parse(owner)?.pid;
}

function processIsGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

/**
 * Whether the thread has certainly ended. False in doubt: on another host, in another pid namespace, or where procfs
 * hides it. A process that was killed and not yet waited for has ended.
 */
export function isGone(owner: string): boolean {
  const known = parse(owner);
  if (!known || known.host !== SELF.host || known.namespace !== SELF.namespace) return false;
  if (processIsGone(Number(known.pid))) return true;
  if (known.start === '') return false;
  const stat = threadStat(known.pid, known.thread);
  if (stat) return stat.start !== known.start || 'ZX'.includes(stat.state);
  // The process is there, and its thread is not; unless procfs hides both.
  return threadStat(known.pid, known.pid) !== undefined;
}
