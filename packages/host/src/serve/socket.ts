/** The socket of a server: for its owner only, in the place of one that a dead server left, never of one that lives. */
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { TsmError } from '@tsm/core';
import { codeOf, refusal } from '../state/errors.ts';
import { withLock } from '../state/lock.ts';

/** Longest path that all systems take (sockaddr_un, 104 bytes on the smallest). */
const LONGEST = 103;
const onWindows = process.platform === 'win32';

/** Where the server of a state directory listens, unless it is told otherwise. */
export function socketOf(state: string): string {
  const name = createHash('sha256').update(resolve(state)).digest('hex').slice(0, 16);
  if (onWindows) return `\\\\.\\pipe\\tsm-${name}`;
  const inside = join(resolve(state), 'serve.sock');
  return Buffer.byteLength(inside) <= LONGEST - 8 ? inside : join(tmpdir(), `tsm-${name}.sock`);
}

/** What answers at a path: a server, nobody at a socket that was left, or nothing is there. */
function answerAt(path: string): Promise<'server' | 'nobody' | 'nothing'> {
  return new Promise((done, fail) => {
    const probe = connect(path);
    probe.on('connect', () => {
      probe.destroy();
      done('server');
    });
    probe.on('error', (error) => {
      const code = codeOf(error);
      if (code === 'ENOENT') done('nothing');
      else if (code === 'ECONNREFUSED') done('nobody');
      else fail(refusal(error, 'read', path));
    });
  });
}

function inodeOf(path: string): bigint | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}

/** Puts the new socket in its place, unless somebody else has come first. */
async function place(started: string, path: string): Promise<void> {
  const before = inodeOf(path);
  const left = lstatSync(path, { throwIfNoEntry: false });
  if (left && !left.isSocket())
    throw new TsmError('EEXIST', `${path} is no socket — remove it, or choose another with --socket`);
  const answer = await answerAt(path);
  await withLock(`${path}.lock`, () => {
    if (answer === 'server' || inodeOf(path) !== before)
      throw new TsmError(
        'EADDRINUSE',
        `a server answers at ${path} already — use it, end it, or choose another with --socket`,
      );
    renameSync(started, path);
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', (error) => {
      const taken = codeOf(error) === 'EADDRINUSE';
      fail(
        taken
          ? new TsmError('EADDRINUSE', `a server answers at ${path} already — use it, or end it`)
          : refusal(error, 'write', path),
      );
    });
    server.listen(path, done);
  });
}

/** Listens until the returned function is called, which ends all connections and leaves no file. */
export async function listenAt(path: string, serve: (socket: Socket) => void): Promise<() => Promise<void>> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    serve(socket);
  });
  const started = `${path}.${process.pid}`;
  if (!onWindows && Buffer.byteLength(started) > LONGEST)
    throw new TsmError(
      'ENAMETOOLONG',
      `${path} is too long for a socket — choose a shorter one with --socket`,
    );
  let inode: bigint | undefined;
  const close = async (): Promise<void> => {
    if (inode !== undefined && inodeOf(path) === inode) rmSync(path, { force: true });
    for (const socket of open) socket.destroy();
    await new Promise((done) => server.close(done));
  };
  if (onWindows) {
    await listen(server, path);
    return close;
  }
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    rmSync(started, { force: true });
    await listen(server, started);
    chmodSync(started, 0o600);
    inode = inodeOf(started);
    await place(started, path);
  } catch (error) {
    server.close();
    throw refusal(error, 'write', path);
  }
  return close;
}
