/** The extension in a desktop or remote VS Code: the language server is a process. */
import type * as vscode from 'vscode';
import { clientOptions } from './client.ts';
import { start, type Running } from './start.ts';

let running: Running | undefined;

export function activate(context: vscode.ExtensionContext): void {
  running = start(context, async () => {
    const { LanguageClient, TransportKind } = await import('vscode-languageclient/node');
    const server = {
      module: context.asAbsolutePath('dist/server.mjs'),
      transport: TransportKind.stdio,
    };
    return new LanguageClient('tsm', 'TSM', { run: server, debug: server }, clientOptions());
  });
}

export const deactivate = (): Promise<void> | undefined => running?.stop();
