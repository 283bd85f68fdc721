/** SPDM over DOE on a loopback socket, with the frames of the public emulators: as requester and as responder. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { TsmError, utf8Bytes } from '@tsm/core';
import { encodeFrame, FrameStream, SOCKET_COMMAND, type AsyncTransport, type Frame } from '@tsm/pci-tdisp';

const LOOPBACK = '127.0.0.1';
const TIMEOUT = 10_000;
const CLIENT_HELLO = utf8Bytes('Client Hello!\0');
const SERVER_HELLO = utf8Bytes('Server Hello!\0');

/** A responder at the other end of a socket. */
export interface SpdmPeer {
  readonly transport: AsyncTransport;
  /** Ends the conversation: the peer waits for another one, or with `shutdown` ends itself. */
  close(how?: 'continue' | 'shutdown'): Promise<void>;
}

export interface PeerAddress {
  readonly port: number;
  /** Default: loopback. */
  readonly host?: string;
  /** Milliseconds to wait for an answer. Default 10 s. */
  readonly timeout?: number;
}

/** Frames of a socket, one at a time. */
class FrameReader {
  private readonly frames: Frame[] = [];
  private waiting: ((frame: Frame | undefined) => void) | undefined;
  private over = false;

  constructor(socket: Socket) {
    const stream = new FrameStream();
    socket.on('data', (bytes) => {
      const frames = stream.push(new Uint8Array(bytes));
      if (!frames) socket.destroy();
      for (const frame of frames ?? []) this.put(frame);
    });
    socket.on('error', () => undefined); // `close` follows
    socket.on('close', () => {
      this.over = true;
      this.put(undefined);
    });
  }

  private put(frame: Frame | undefined): void {
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting) waiting(frame);
    else if (frame) this.frames.push(frame);
  }

  /** The next frame; undefined when none comes in time, or the socket is closed. */
  async next(timeout: number): Promise<Frame | undefined> {
    const held = this.frames.shift();
    if (held || this.over) return held;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), timeout);
    });
    const frame = new Promise<Frame | undefined>((resolve) => (this.waiting = resolve));
    const first = await Promise.race([frame, late]);
    clearTimeout(timer);
    if (!first) this.waiting = undefined;
    return first;
  }
}

/** Connects to a responder; one that does not answer is `spdm.no-answer`. */
export async function connectSpdmPeer({
  port,
  host = LOOPBACK,
  timeout = TIMEOUT,
}: PeerAddress): Promise<SpdmPeer> {
  const socket = connect({ port, host, noDelay: true });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(timeout) });
  } catch (error) {
    socket.destroy();
    const reason = error instanceof Error ? error.message : 'unreachable';
    throw new TsmError('spdm.no-answer', `${host}:${String(port)}: ${reason}; is the responder running?`);
  }
  const reader = new FrameReader(socket);
  const ask = async (command: number, payload?: Uint8Array): Promise<Frame | undefined> => {
    socket.write(encodeFrame(command, payload));
    return reader.next(timeout);
  };
  const hello = await ask(SOCKET_COMMAND.TEST, CLIENT_HELLO);
  if (hello?.command !== SOCKET_COMMAND.TEST) {
    socket.destroy();
    throw new TsmError('spdm.no-answer', `${host}:${String(port)}: no hello; this is not an SPDM responder`);
  }
  return {
    async transport(object) {
      const answer = await ask(SOCKET_COMMAND.NORMAL, object);
      return answer?.command === SOCKET_COMMAND.NORMAL ? answer.payload : undefined;
    },
    async close(how = 'continue') {
      await ask(how === 'shutdown' ? SOCKET_COMMAND.SHUTDOWN : SOCKET_COMMAND.CONTINUE);
      socket.destroy();
    },
  };
}

/** A responder that listens. */
export interface SpdmServer {
  readonly port: number;
  /** Settles when a requester asked for a shutdown, or {@link close} was called. */
  readonly ended: Promise<void>;
  close(): void;
}

export interface SpdmServerOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Answers one data object; undefined where the specification wants silence. */
  readonly respond: (object: Uint8Array) => Uint8Array | undefined;
}

/** Serves a responder on loopback, one requester at a time. */
export async function serveSpdm({ port, respond }: SpdmServerOptions): Promise<SpdmServer> {
  const sockets = new Set<Socket>();
  let over: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (over = resolve));
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
    over();
  };
  const server = createServer({ noDelay: true }, (socket) => {
    if (sockets.size > 0) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined); // `close` follows
    const stream = new FrameStream();
    // The next requester may come before this socket has closed.
    const next = (): void => void sockets.delete(socket);
    socket.on('data', (bytes) => {
      const frames = stream.push(new Uint8Array(bytes));
      if (!frames) socket.destroy();
      for (const frame of frames ?? []) answer(socket, frame, respond, { next, close });
    });
  });
  server.listen(port, LOOPBACK);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, ended, close };
}

function answer(
  socket: Socket,
  { command, payload }: Frame,
  respond: SpdmServerOptions['respond'],
  { next, close }: { readonly next: () => void; readonly close: () => void },
): void {
  const { CONTINUE, NORMAL, SHUTDOWN, TEST, UNKNOWN } = SOCKET_COMMAND;
  if (command === TEST) socket.write(encodeFrame(TEST, SERVER_HELLO));
  else if (command === NORMAL) {
    const response = respond(payload);
    if (response) socket.write(encodeFrame(NORMAL, response));
  } else if (command === CONTINUE) {
    next();
    socket.end(encodeFrame(CONTINUE));
  } else if (command === SHUTDOWN) socket.end(encodeFrame(SHUTDOWN), close);
  else socket.write(encodeFrame(UNKNOWN));
}
