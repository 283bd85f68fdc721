/** The read-only editor of binary event logs. */
import * as vscode from 'vscode';
import { decodedUri, type Binding } from '@tsm/language-server/protocol';
import { nameOf, type Api } from '../api.ts';
import { pickFiles } from '../commands/pick.ts';
import { configuration } from '../settings.ts';
import { escaped, openFile, openPage, type OpenedFile, type PageHost } from './page-host.ts';

export const LOG_EDITOR = 'tsm.log';

function body(): string {
  const t = (text: string): string => escaped(vscode.l10n.t(text));
  return `
    <header>
      <h1 id="title">${t('Reading…')}</h1>
      <label>${t('Search')} <input id="search" type="search"></label>
      <span id="found" role="status"></span>
      <button id="evidence" type="button">${t('Compare with evidence…')}</button>
      <button id="openText" type="button">${t('Open as text')}</button>
    </header>
    <div id="chains" role="group" aria-label="${t('Registers')}"></div>
    <ul id="problems" aria-label="${t('Problems')}"></ul>
    <main>
      <section aria-label="${t('Events')}"><div id="grid" role="grid" aria-label="${t('Events')}"></div></section>
      <section aria-label="${t('Fields of the event')}">
        <h2>${t('Fields of the event')}</h2>
        <div id="tree" aria-label="${t('Fields of the event')}"></div>
      </section>
      <section aria-label="${t('Bytes')}"><h2>${t('Bytes')}</h2><div id="hex" aria-label="${t('Bytes')}"></div></section>
    </main>`;
}

/** The evidence that the settings name for a log. */
function bound(uri: vscode.Uri): vscode.Uri | undefined {
  const bindings = configuration().get<Binding[]>('bindings', []);
  const evidence = bindings.find(({ log }) => uri.path.endsWith(`/${log}`))?.evidence;
  return evidence === undefined ? undefined : vscode.Uri.joinPath(uri, '..', evidence);
}

class LogEditor implements vscode.CustomReadonlyEditorProvider<OpenedFile> {
  private readonly api: Api;
  private readonly extension: vscode.Uri;

  constructor(api: Api, extension: vscode.Uri) {
    this.api = api;
    this.extension = extension;
  }

  openCustomDocument(uri: vscode.Uri): OpenedFile {
    return openFile(uri);
  }

  resolveCustomEditor(document: OpenedFile, panel: vscode.WebviewPanel): void {
    const source = { uri: document.uri.toString() };
    let evidence = bound(document.uri);
    const page = openPage(panel, this.extension, { name: 'log', body: body() }, (message, host) => {
      if (message.kind === 'ready') host.attempt(show);
      else if (message.kind === 'rows')
        host.attempt(async () => {
          const { ask, from, count, filter } = message;
          const answer = await this.api.request('tsm/rows', { source, from, count, filter });
          host.send({ kind: 'rows', ask, ...answer });
        });
      else if (message.kind === 'tree')
        host.attempt(async () => {
          const { event } = message;
          host.send({ kind: 'tree', event, tree: await this.api.request('tsm/tree', { source, event }) });
        });
      else if (message.kind === 'pickEvidence')
        host.attempt(async () => {
          const [picked] = await pickFiles(vscode.l10n.t('Evidence to hold the log against'));
          if (!picked) return;
          evidence = picked;
          await show();
        });
      else if (message.kind === 'openText')
        void vscode.window.showTextDocument(vscode.Uri.parse(decodedUri(source.uri)));
    });
    const show = (): Promise<void> => this.show(page, source, evidence);
    document.onChange(() => page.attempt(show));
  }

  private async show(
    host: PageHost,
    source: { uri: string },
    evidence: vscode.Uri | undefined,
  ): Promise<void> {
    const decoded = await this.api.request('tsm/decode', {
      source,
      ...(evidence ? { evidence: { uri: evidence.toString() } } : {}),
    });
    if (decoded.kind === 'log')
      host.send({
        ...{ kind: 'log', summary: decoded.log, base64: decoded.base64 },
        ...(evidence ? { evidence: nameOf(evidence) } : {}),
      });
    else
      host.send({
        kind: 'failed',
        message:
          decoded.kind === 'unknown'
            ? decoded.message
            : vscode.l10n.t('This is evidence, not a log: reopen it with the evidence editor.'),
      });
  }
}

export const registerLogEditor = (api: Api, extension: vscode.Uri): vscode.Disposable =>
  vscode.window.registerCustomEditorProvider(LOG_EDITOR, new LogEditor(api, extension), {
    webviewOptions: { retainContextWhenHidden: true },
    supportsMultipleEditorsPerDocument: true,
  });
