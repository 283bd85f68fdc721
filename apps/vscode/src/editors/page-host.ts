/** What both custom editors share: a page with a strict content policy, and typed messages to and from it. */
import * as vscode from 'vscode';
import { messageOf } from '../api.ts';
import type { FromPage, ToPage } from '../webview-messages.ts';

/** A file that is open read-only; its content is the server's business. */
export interface OpenedFile extends vscode.CustomDocument {
  /** Calls back when the file changed on the disk. */
  readonly onChange: vscode.Event<void>;
}

export function openFile(uri: vscode.Uri): OpenedFile {
  const change = new vscode.EventEmitter<void>();
  const watcher = vscode.workspace.createFileSystemWatcher(
    new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), uri.path.slice(uri.path.lastIndexOf('/') + 1)),
  );
  watcher.onDidChange(() => change.fire());
  return {
    uri,
    onChange: change.event,
    dispose() {
      watcher.dispose();
      change.dispose();
    },
  };
}

type PageName = 'log' | 'evidence' | 'trace';

const nonce = (): string => crypto.randomUUID().replaceAll('-', '');

/** The page around a body: no script but ours, no style but ours, nothing from elsewhere. */
function pageOf(webview: vscode.Webview, extension: vscode.Uri, name: PageName, body: string): string {
  const url = (...parts: string[]): string =>
    webview.asWebviewUri(vscode.Uri.joinPath(extension, ...parts)).toString();
  const once = nonce();
  const policy = `default-src 'none'; style-src ${webview.cspSource} 'unsafe-inline'; script-src 'nonce-${once}'`;
  return `<!doctype html>
<html lang="${vscode.env.language}">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <title>TSM</title>
    <link rel="stylesheet" href="${url('media', 'page.css')}">
  </head>
  <body class="${name}" data-texts="${escaped(JSON.stringify(vscode.l10n.bundle ?? {}))}">
    ${body}
    <div id="status" role="status"></div>
    <script nonce="${once}" src="${url('dist', `${name}-page.js`)}"></script>
  </body>
</html>`;
}

export interface PageHost {
  send(message: ToPage): void;
  /** Does the work; what it throws is shown on the page. */
  attempt(work: () => Promise<void>): void;
}

export function openPage(
  panel: vscode.WebviewPanel,
  extension: vscode.Uri,
  { name, body }: { name: PageName; body: string },
  handle: (message: FromPage, host: PageHost) => void,
): PageHost {
  const { webview } = panel;
  const send = (message: ToPage): void => void webview.postMessage(message);
  const host: PageHost = {
    send,
    attempt(work) {
      work().catch((error: unknown) => send({ kind: 'failed', message: messageOf(error) }));
    },
  };
  webview.options = { enableScripts: true, localResourceRoots: [extension] };
  webview.onDidReceiveMessage((message: FromPage) => handle(message, host));
  webview.html = pageOf(webview, extension, name, body);
  return host;
}

/** Markup of a text that people may have written. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (char) => `&#${String(char.charCodeAt(0))};`);
