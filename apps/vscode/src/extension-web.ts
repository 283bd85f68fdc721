/** The extension in a browser: the language server is a worker, machines live in its memory. */
import * as vscode from 'vscode';
import { clientOptions } from './client.ts';
import { start, type Running } from './start.ts';

let running: Running | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const url = vscode.Uri.joinPath(context.extensionUri, 'dist/server-worker.js').toString(true);
  running = start(context, async () => {
    const { LanguageClient } = await import('vscode-languageclient/browser');
    return new LanguageClient('tsm', 'TSM', new Worker(url), clientOptions());
  });
}

export const deactivate = (): Promise<void> | undefined => running?.stop();
