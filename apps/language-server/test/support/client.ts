/** A client of the server as an editor starts it: a process, and LSP over its standard streams. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type InitializeResult,
  type PublishDiagnosticsParams,
} from 'vscode-languageserver/node';
import { bundle } from '../../../../packages/host/test/support/bundle.ts';
import type { Notifications, Params, Requests, Result } from '../../src/protocol/requests.ts';
import type { TextChange } from '../../src/protocol/lsp.ts';

export interface Client {
  readonly capabilities: InitializeResult['capabilities'];
  /** An LSP request. */
  ask(method: string, params: unknown): Promise<never>;
  /** One of our own. */
  request<M extends keyof Requests>(method: M, params: Params<M>): Promise<Result<M>>;
  open(uri: string, text: string, languageId?: string): Promise<PublishDiagnosticsParams>;
  /** Waits for the diagnostics of this version. */
  change(uri: string, version: number, changes: readonly TextChange[]): Promise<PublishDiagnosticsParams>;
  notify(method: string, params: unknown): Promise<void>;
  /** The next diagnostics of a document. */
  next(uri: string): Promise<PublishDiagnosticsParams>;
  /** Calls back with the name of each machine that changed. */
  onMachineChanged(changed: (machine: string) => void): void;
  /** What was shown to the person. */
  readonly messages: readonly string[];
  /** Ends the process as the protocol has it, and gives its exit code. */
  stop(): Promise<number | null>;
}

/** The server's program, in a folder of its own; the last one removes it. */
export async function buildServer(): Promise<{ file: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tsm-language-server-'));
  const main = fileURLToPath(new URL('../../src/main-node.ts', import.meta.url));
  const { server } = await bundle(folder, { server: main });
  return { file: fileURLToPath(server), remove: () => rm(folder, { recursive: true, force: true }) };
}

export interface ClientOptions {
  readonly folder?: string;
  readonly initializationOptions?: unknown;
  readonly capabilities?: object;
}

export async function startClient(file: string, options: ClientOptions = {}): Promise<Client> {
  const { folder, initializationOptions = {}, capabilities: client = {} } = options;
  const child = spawn(process.execPath, [file, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  const messages: string[] = [];
  const waiting = new Map<string, ((params: PublishDiagnosticsParams) => void)[]>();
  connection.onNotification('window/showMessage', (params: { message: string }) => {
    messages.push(params.message);
  });
  connection.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
    const all = waiting.get(params.uri) ?? [];
    waiting.delete(params.uri);
    for (const resolve of all) resolve(params);
  });
  connection.listen();
  const workspaceFolders =
    folder === undefined ? null : [{ uri: pathToFileURL(folder).href, name: path.basename(folder) }];
  const { capabilities } = await connection.sendRequest<InitializeResult>('initialize', {
    ...{
      processId: process.pid,
      rootUri: null,
      capabilities: client,
      workspaceFolders,
      initializationOptions,
    },
  });
  await connection.sendNotification('initialized', {});
  const next = (uri: string): Promise<PublishDiagnosticsParams> =>
    new Promise((resolve) => waiting.set(uri, [...(waiting.get(uri) ?? []), resolve]));
  return {
    ...{ capabilities, messages, next },
    ask: (method, params) => connection.sendRequest(method, params),
    request: (method, params) => connection.sendRequest(method, params),
    notify: (method, params) => connection.sendNotification(method, params),
    onMachineChanged(changed) {
      connection.onNotification('tsm/machine/changed', ({ machine }: Notifications['tsm/machine/changed']) =>
        changed(machine),
      );
    },
    async open(uri, text, languageId = 'tsm-eventlog') {
      const shown = next(uri);
      await connection.sendNotification('textDocument/didOpen', {
        textDocument: { uri, languageId, version: 1, text },
      });
      return shown;
    },
    async change(uri, version, contentChanges) {
      let shown = next(uri);
      await connection.sendNotification('textDocument/didChange', {
        textDocument: { uri, version },
        contentChanges,
      });
      for (;;) {
        const params = await shown;
        if (params.version === version) return params;
        shown = next(uri);
      }
    },
    async stop() {
      await connection.sendRequest('shutdown');
      await connection.sendNotification('exit');
      const code = await exited;
      connection.dispose();
      return code;
    },
  };
}
