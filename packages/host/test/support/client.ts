/** A client of `tsm serve`, as an editor is one. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Method, NotificationName, Notifications, Params, Result } from '@tsm/host/protocol';
import { createMessageConnection, SocketMessageReader, SocketMessageWriter } from 'vscode-jsonrpc/node';

export interface Client {
  request<M extends Method>(method: M, params: Params<M>): Promise<Result<M>>;
  on<N extends NotificationName>(name: N, listener: (params: Notifications[N]) => void): void;
  /** A request that no client of ours would send. */
  raw(method: string, params: unknown): Promise<unknown>;
  close(): void;
  readonly closed: Promise<unknown>;
}

export async function connectTo(path: string): Promise<Client> {
  const socket = connect(path);
  await once(socket, 'connect');
  const connection = createMessageConnection(
    new SocketMessageReader(socket),
    new SocketMessageWriter(socket),
  );
  connection.listen();
  return {
    request: (method, params) => connection.sendRequest(method, params),
    on: (name, listener) => void connection.onNotification(name, listener),
    raw: (method, params) => connection.sendRequest(method, params),
    close: () => {
      connection.dispose();
      socket.destroy();
    },
    closed: new Promise((resolve) => socket.once('close', resolve)),
  };
}
