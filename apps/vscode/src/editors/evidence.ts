/** The read-only editor of evidence: its fields, its bytes, and the verdict with the collateral and the date of choice. */
import * as vscode from 'vscode';
import { decodedUri } from '@tsm/language-server/protocol';
import { nameOf, type Api } from '../api.ts';
import { pickFiles } from '../commands/pick.ts';
import { configuration, filesOf } from '../settings.ts';
import { escaped, openFile, openPage, type OpenedFile, type PageHost } from './page-host.ts';

export const EVIDENCE_EDITOR = 'tsm.evidence';

function body(): string {
  const t = (text: string): string => escaped(vscode.l10n.t(text));
  return `
    <header>
      <h1 id="title">${t('Reading…')}</h1>
      <label>${t('Verify as of')} <input id="at" type="date"></label>
      <button id="collateral" type="button">${t('Collateral…')}</button>
      <button id="openText" type="button">${t('Open as text')}</button>
    </header>
    <ul id="problems" aria-label="${t('Problems')}"></ul>
    <main>
      <section aria-label="${t('Fields')}">
        <h2>${t('Fields')}</h2><div id="tree" aria-label="${t('Fields')}"></div>
      </section>
      <section aria-label="${t('Verdict')}">
        <h2>${t('Verdict')} <span id="verdict" role="status">…</span></h2>
        <div id="files" class="detail"></div>
        <div id="checks" aria-label="${t('Checks')}"></div>
        <pre id="detail" aria-label="${t('The chosen check')}"></pre>
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
    /** What the person chose in place of what the settings name. */
    let chosen: readonly vscode.Uri[] | undefined;
    let at = configuration().get<string>('verifyAt', '');
    const page = openPage(panel, this.extension, { name: 'evidence', body: body() }, (message, host) => {
      if (message.kind === 'ready') host.attempt(show);
      else if (message.kind === 'verify') {
        ({ at } = message);
        host.attempt(verify);
      } else if (message.kind === 'pickCollateral')
        host.attempt(async () => {
          const picked = await pickFiles(vscode.l10n.t('Collateral to verify with'), true);
          if (picked.length === 0) return;
          chosen = picked;
          await verify();
        });
      else if (message.kind === 'openText')
        void vscode.window.showTextDocument(vscode.Uri.parse(decodedUri(source.uri)));
    });
    const verify = async (): Promise<void> =>
      this.verify(page, source, chosen ?? (await filesOf('collateral')), at);
    const show = async (): Promise<void> => {
      await this.show(page, source);
      await verify();
    };
    document.onChange(() => page.attempt(show));
  }

  private async show(host: PageHost, source: { uri: string }): Promise<void> {
    const decoded = await this.api.request('tsm/decode', { source });
    if (decoded.kind === 'evidence')
      host.send({ kind: 'evidence', view: decoded.evidence, base64: decoded.base64 });
    else
      throw new Error(
        decoded.kind === 'unknown'
          ? decoded.message
          : vscode.l10n.t('This is a log, not evidence: reopen it with the log editor.'),
      );
  }

  private async verify(
    host: PageHost,
    source: { uri: string },
    collateral: readonly vscode.Uri[],
    at: string,
  ): Promise<void> {
    const trustAnchors = await filesOf('trustAnchors');
    const sources = (uris: readonly vscode.Uri[]) => uris.map((uri) => ({ uri: uri.toString() }));
    const verdict = await this.api.request('tsm/verify', {
      ...{ source, collateral: sources(collateral) },
      ...(trustAnchors.length > 0 ? { trustAnchors: sources(trustAnchors) } : {}),
      ...(at === '' ? {} : { at }),
    });
    host.send({
      ...{ kind: 'verdict', verdict },
      collateral: collateral.map(nameOf),
      trustAnchors: trustAnchors.map(nameOf),
    });
  }
}

export const registerEvidenceEditor = (api: Api, extension: vscode.Uri): vscode.Disposable =>
  vscode.window.registerCustomEditorProvider(EVIDENCE_EDITOR, new EvidenceEditor(api, extension), {
    webviewOptions: { retainContextWhenHidden: true },
    supportsMultipleEditorsPerDocument: true,
  });
