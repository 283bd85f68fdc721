/** How the language client is set up, the same for a process and for a worker. */
import * as vscode from 'vscode';
import { DECODED_SCHEME, LANGUAGE_ID, type ClientRequests } from '@tsm/language-server/protocol';
import type { BaseLanguageClient, LanguageClientOptions } from 'vscode-languageclient';
import { base64Of, messageOf } from './api.ts';
import { serverSettings } from './settings.ts';

/** More files of one pattern are not asked for. */
const MOST_FILES = 1000;

export const clientOptions = (): LanguageClientOptions => ({
  documentSelector: [{ language: LANGUAGE_ID }, { scheme: DECODED_SCHEME }],
  initializationOptions: () => ({ ...serverSettings(), tsm: { files: true } }),
  middleware: {
    workspace: {
      configuration: async (params, token, next) => {
        const values = (await next(params, token)) as unknown[];
        return params.items.map(({ section }, i) => (section === 'tsm' ? serverSettings() : values[i]));
      },
    },
  },
});

/** Answers what a server in a worker asks, which has no files of its own. */
export function answerFiles(client: BaseLanguageClient): void {
  type Read = ClientRequests['tsm/client/readFile'];
  type Find = ClientRequests['tsm/client/findFiles'];
  client.onRequest('tsm/client/readFile', async ({ uri }: Read['params']): Promise<Read['result']> => {
    try {
      return { base64: base64Of(await vscode.workspace.fs.readFile(vscode.Uri.parse(uri, true))) };
    } catch (error) {
      if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return null;
      throw error;
    }
  });
  client.onRequest('tsm/client/findFiles', async ({ glob }: Find['params']): Promise<Find['result']> => {
    const found = await vscode.workspace.findFiles(`**/${glob}`, undefined, MOST_FILES);
    return { uris: found.map(String) };
  });
}

/** One that just starts has to have started, to be stopped. */
async function restart(client: BaseLanguageClient): Promise<void> {
  await client.start();
  await client.stop();
  await client.start();
}

/** Where the server has its machines: it is asked once, when it starts. */
const places = (): string => JSON.stringify([serverSettings().state, serverSettings().liveRoot]);

/**
 * Tells the server when a setting or the trust in the workspace changes. It starts anew where its machines are elsewhere now:
 * the first folder of a workspace may come after the extension, and paths are meant from there. `restarted`: it runs again.
 */
export function followSettings(
  client: Promise<BaseLanguageClient>,
  restarted: () => void,
): vscode.Disposable {
  let before = places();
  const follow = async (): Promise<void> => {
    const now = places();
    const moved = now !== before;
    before = now;
    const made = await client;
    if (moved) {
      await restart(made);
      restarted();
    } else
      await made.sendNotification('workspace/didChangeConfiguration', {
        settings: { tsm: serverSettings() },
      });
  };
  const tell = (): void => {
    follow().catch((error: unknown) => void vscode.window.showErrorMessage(messageOf(error)));
  };
  return vscode.Disposable.from(
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('tsm')) tell();
    }),
    vscode.workspace.onDidChangeWorkspaceFolders(tell),
    vscode.workspace.onDidGrantWorkspaceTrust(tell),
    vscode.extensions.onDidChange(tell),
  );
}
