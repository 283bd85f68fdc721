/** Text logs over a connection: documents in, features and diagnostics out. */
import { utf8Bytes } from '@tsm/core';
import {
  CodeLensRefreshRequest,
  type ClientCapabilities,
  type Connection,
  type WorkspaceFolder,
} from 'vscode-languageserver';
import type { Settings } from '../protocol/settings.ts';
import { Diagnoser } from './diagnostics.ts';
import { serveFeatures } from './features.ts';
import { OpenLogs, type LogHost } from './open.ts';

export interface ServedLogs {
  /** Text of an open log, as bytes. */
  read(uri: string): Uint8Array | undefined;
  start(capabilities: ClientCapabilities, folders: readonly WorkspaceFolder[]): void;
  /** After a change of settings, providers or files. */
  configure(settings: Settings): Promise<void>;
}

export function serveLogs(connection: Connection, host: LogHost): ServedLogs {
  const logs = new OpenLogs(host);
  const diagnoser = new Diagnoser(connection, logs);
  serveFeatures(connection, logs, host);
  let refreshes: ClientCapabilities['workspace'];

  const findContext = async (uri: string): Promise<void> => {
    const failure = await logs.findContext(uri);
    if (failure !== undefined) connection.console.warn(failure);
  };
  const findContexts = async (): Promise<void> => {
    for (const { uri } of logs.all()) await findContext(uri);
    diagnoser.refresh();
    const asked: Promise<void>[] = [];
    if (refreshes?.codeLens?.refreshSupport) asked.push(connection.sendRequest(CodeLensRefreshRequest.type));
    if (refreshes?.inlayHint?.refreshSupport) asked.push(connection.languages.inlayHint.refresh());
    for (const result of await Promise.allSettled(asked))
      if (result.status === 'rejected')
        connection.console.warn(`the client did not refresh: ${String(result.reason)}`);
  };

  const showDecoded = (uri: string, version: number, text: string): void => {
    logs.openDecoded(uri, text).then(
      (isLog) => {
        if (isLog) diagnoser.shown(uri, version);
      },
      (error: unknown) => connection.console.warn(`${uri} cannot be read: ${String(error)}`),
    );
  };

  connection.onDidOpenTextDocument(({ textDocument: { uri, languageId, version, text } }) => {
    const document = logs.open(uri, languageId, version, text);
    if (!document) {
      showDecoded(uri, version, text);
      return;
    }
    diagnoser.changed(document);
    void findContext(uri).then(() => {
      if (logs.context(uri).evidence) diagnoser.refresh();
    });
  });
  connection.onDidChangeTextDocument(({ textDocument: { uri, version }, contentChanges }) => {
    const document = logs.change(uri, contentChanges, version);
    if (document) diagnoser.changed(document);
  });
  connection.onDidCloseTextDocument(({ textDocument: { uri } }) => {
    if (!logs.get(uri) && !logs.decoded(uri)) return;
    logs.close(uri);
    diagnoser.closed(uri);
  });
  connection.onDidChangeWatchedFiles(() => void findContexts());

  return {
    read(uri) {
      const text = logs.get(uri)?.text;
      return text === undefined ? undefined : utf8Bytes(text);
    },
    start(capabilities, folders) {
      diagnoser.start(capabilities);
      refreshes = capabilities.workspace;
      logs.folders = folders.map(({ uri }) => uri);
    },
    async configure(settings) {
      logs.settings = settings;
      await findContexts();
    },
  };
}
