/** The extension in a desktop or remote VS Code: the language server is a process. */
import type * as vscode from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';
import { clientOptions } from './client.ts';
import { start, type Running } from './start.ts';

let running: Running | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const module = context.asAbsolutePath('dist/server.mjs');
  const server = { module, transport: TransportKind.stdio };
  running = start(context, new LanguageClient('tsm', 'TSM', { run: server, debug: server }, clientOptions()));
}

export const deactivate = (): Promise<void> | undefined => running?.stop();
