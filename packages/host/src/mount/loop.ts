/** The serving loop: blocks in read(2) on the connection to the kernel, and answers in order. */
import { readSync, writeSync } from 'node:fs';
import type { FuseServer } from './server.ts';

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Errors of read(2) after which the next request is waited for: the request was taken back, or a signal came. */
const AGAIN: ReadonlySet<string> = new Set(['ENOENT', 'EINTR', 'EAGAIN']);

/** Returns when the tree is unmounted. Runs in a thread of its own: it never gives way to anything else. */
export function serve(connection: number, server: FuseServer): void {
  const { request, reply } = server;
  while (!server.ended) {
    let read: number;
    try {
      read = readSync(connection, request.bytes, 0, request.bytes.length, null);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENODEV') return;
      if (AGAIN.has(code)) continue;
      throw error;
    }
    const length = server.answer(read);
    if (length === 0) continue;
    try {
      writeSync(connection, reply.bytes, 0, length);
    } catch (error) {
      // ENOENT: whoever asked was interrupted, and waits no more.
      if (codeOf(error) === 'ENODEV') return;
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }
}
