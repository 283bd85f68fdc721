/** One connection: its requests and what it subscribed to. */
import type { Socket } from 'node:net';
import {
  createMessageConnection,
  ErrorCodes,
  ResponseError,
  SocketMessageReader,
  SocketMessageWriter,
} from 'vscode-jsonrpc/node';
import { codeOf } from '../state/errors.ts';
import { Given } from './given.ts';
import type { Machines, Told } from './machines.ts';
import { HANDLERS, type Plain } from './requests.ts';

/** Every subscription of all machines. */
const ALL = '';
/** First of the codes that JSON-RPC leaves to servers; what it is about is in `data.code`. */
const REFUSED = -32000;

/** What a client is told of a failure. */
function failure(error: unknown): ResponseError<{ readonly code: string }> {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  return code === undefined
    ? new ResponseError(ErrorCodes.InternalError, `fault in tsm serve: ${message}`, { code: 'internal' })
    : new ResponseError(REFUSED, message, { code });
}

/** Serves the connection until it ends. */
export function serveConnection(socket: Socket, machines: Machines): void {
  const connection = createMessageConnection(
    new SocketMessageReader(socket),
    new SocketMessageWriter(socket),
  );
  const watches = new Map<string, () => void>();

  for (const method of Object.keys(HANDLERS) as Plain[]) {
    connection.onRequest(method, async (params: unknown) => {
      try {
        return await HANDLERS[method](new Given(params), machines);
      } catch (error) {
        return failure(error);
      }
    });
  }

  const change = (action: (machine: string) => void) => (params: unknown) => {
    try {
      action(new Given(params).optionalText('machine') ?? ALL);
      return null;
    } catch (error) {
      return failure(error);
    }
  };
  connection.onRequest(
    'subscribe',
    change((name) => {
      if (!watches.has(name)) watches.set(name, name === ALL ? machines.watchAll() : machines.watch(name));
    }),
  );
  connection.onRequest(
    'unsubscribe',
    change((name) => {
      watches.get(name)?.();
      watches.delete(name);
    }),
  );

  const leave = machines.listen((told) => {
    if (wants(watches, told)) void connection.sendNotification(told.name, told.params).catch(end);
  });
  /** A client that went away hears nothing more: there is nobody to tell. */
  function end(): void {
    leave();
    for (const stop of watches.values()) stop();
    watches.clear();
    connection.dispose();
    socket.destroy();
  }
  connection.onClose(end);
  connection.onError(end);
  socket.on('error', end);
  connection.listen();
}

function wants(watches: ReadonlyMap<string, unknown>, { name, params }: Told): boolean {
  return watches.has(ALL) || (name !== 'machines/changed' && watches.has(params.machine));
}
