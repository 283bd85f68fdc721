/** The read-only editor of evidence: its fields, its bytes, and the verdict with the collateral and the date of choice. */
import * as vscode from 'vscode';
import { decodedUri, type EvidenceView } from '@tsm/language-server/protocol';
import type { Api } from '../api.ts';
import type { FromPage, VerifiedWith } from '../webview-messages.ts';
import { escaped, openFile, openPage, type OpenedFile, type PageHost } from './page-host.ts';
import { Choice } from './verified-with.ts';

export const EVIDENCE_EDITOR = 'tsm.evidence';

function body(): string {
  const t = (text: string): string => escaped(vscode.l10n.t(text));
  const file = (what: VerifiedWith, title: string): string => `
      <span class="part" data-drop="${what}">
        <button id="${what}" type="button">${title}</button>
        <button id="${what}-clear" type="button" hidden>✕<span class="unseen"> ${title}</span></button>
      </span>`;
  return `
    <header>
      <h1 id="title">${t('Reading…')}</h1>
      <button id="openText" type="button">${t('Open as text')}</button>
    </header>
    <div id="with" role="group" aria-label="${t('What it is verified with; files can be dropped here')}">
      <span class="part" data-drop="at"><label>${t('Verify as of')} <input id="at" type="date"></label></span>
      ${file('collateral', t('Collateral…'))}
      ${file('policy', t('Policy…'))}
      ${file('log', t('Event log…'))}
    </div>
    <ul id="problems" aria-label="${t('Problems')}"></ul>
    <main>
      <section aria-label="${t('Fields')}">
        <h2>${t('Fields')}</h2><div id="tree" aria-label="${t('Fields')}"></div>
      </section>
      <section aria-label="${t('Verdict')}">
        <h2>${t('Verdict')} <span id="verdict" role="status">…</span></h2>
        <div id="files" class="detail"></div>
        <div id="checks" aria-label="${t('Checks')}"></div>
        <pre id="detail" role="region" tabindex="0" aria-label="${t('The chosen check')}"></pre>
      </section>
      <section aria-label="${t('Bytes')}">
        <h2>${t('Bytes')}</h2><div id="hex" aria-label="${t('Bytes')}"></div>
      </section>
    </main>`;
}

class EvidenceEditor implements vscode.CustomReadonlyEditorProvider<OpenedFile> {
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
    const choice = new Choice(this.api);
    let view: EvidenceView | undefined;
    const page = openPage(panel, this.extension, { name: 'evidence', body: body() }, (message, host) => {
      if (message.kind === 'ready') host.attempt(show);
      else if (message.kind === 'openText')
        void vscode.window.showTextDocument(vscode.Uri.parse(decodedUri(source.uri)));
      else host.attempt(() => change(message));
    });
    const change = async (message: FromPage): Promise<void> => {
      let changed = true;
      if (message.kind === 'verify') choice.at = message.at;
      else if (message.kind === 'clear') choice.clear(message.what);
      else if (message.kind === 'pick') changed = await choice.pick(message.what, view);
      else if (message.kind === 'dropped') changed = await choice.drop(message.what, message.files, view);
      if (changed) await verify();
    };
    const verify = async (): Promise<void> => {
      const { asked, shown } = await choice.parts();
      // Before the verdict: what cannot be used has to be seen too, to be taken away.
      page.send({ kind: 'with', ...shown });
      page.send({ kind: 'verdict', verdict: await this.api.request('tsm/verify', { source, ...asked }) });
    };
    const show = async (): Promise<void> => {
      view = await this.show(page, source);
      await verify();
    };
    document.onChange(() => page.attempt(show));
  }

  private async show(host: PageHost, source: { uri: string }): Promise<EvidenceView> {
    const decoded = await this.api.request('tsm/decode', { source });
    if (decoded.kind !== 'evidence')
      throw new Error(
        decoded.kind === 'unknown'
          ? decoded.message
          : vscode.l10n.t('This is a log, not evidence: reopen it with the log editor.'),
      );
    host.send({ kind: 'evidence', view: decoded.evidence, base64: decoded.base64 });
    return decoded.evidence;
  }
}

export const registerEvidenceEditor = (api: Api, extension: vscode.Uri): vscode.Disposable =>
  vscode.window.registerCustomEditorProvider(EVIDENCE_EDITOR, new EvidenceEditor(api, extension), {
    webviewOptions: { retainContextWhenHidden: true },
    supportsMultipleEditorsPerDocument: true,
  });
