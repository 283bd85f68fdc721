/** The read-only editor of captures of SPDM over DOE: who said what, decrypted with the secrets beside it. */
import * as vscode from 'vscode';
import { nameOf, type Api } from '../api.ts';
import { pickFiles } from '../commands/pick.ts';
import { openFile, openPage, type OpenedFile } from './page-host.ts';
import { tracePage } from './trace-body.ts';

export const CAPTURE_EDITOR = 'tsm.capture';

/** The files that could decrypt a capture by their names: `run.json` beside `run.pcap`, or `secrets.json`. */
async function secretsBeside(capture: vscode.Uri): Promise<vscode.Uri | undefined> {
  const stem = nameOf(capture).replace(/\.[^.]*$/, '');
  for (const name of [`${stem}.json`, 'secrets.json']) {
    const uri = vscode.Uri.joinPath(capture, '..', name);
    try {
      await vscode.workspace.fs.stat(uri);
      return uri;
    } catch {
      // The next name, or none: records stay closed.
    }
  }
  return undefined;
}

class CaptureEditor implements vscode.CustomReadonlyEditorProvider<OpenedFile> {
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
    let chosen: vscode.Uri | undefined;
    const decode = async (secrets: vscode.Uri | undefined) => {
      const trace = await this.api.request('tsm/spdm/decode', {
        source: { uri: document.uri.toString() },
        ...(secrets ? { secrets: { uri: secrets.toString() } } : {}),
      });
      return { trace, secrets };
    };
    const show = async (): Promise<void> => {
      const found = chosen ? undefined : await secretsBeside(document.uri);
      const { trace, secrets } = found
        ? // A file that is only named like secrets is none.
          await decode(found).catch(() => decode(undefined))
        : await decode(chosen);
      const title = nameOf(document.uri);
      host.send({ kind: 'trace', title, trace, verbs: [], secrets: secrets ? nameOf(secrets) : '' });
    };
    const pick = async (): Promise<void> => {
      const [picked] = await pickFiles(vscode.l10n.t('What decrypts the capture'), false, '**/*.json');
      if (!picked) return;
      chosen = picked;
      await show();
    };
    const host = openPage(panel, this.extension, tracePage(), (message, own) => {
      if (message.kind === 'ready') own.attempt(show);
      else if (message.kind === 'pickSecrets') own.attempt(pick);
    });
    document.onChange(() => host.attempt(show));
  }
}

export const registerCaptureEditor = (api: Api, extension: vscode.Uri): vscode.Disposable =>
  vscode.window.registerCustomEditorProvider(CAPTURE_EDITOR, new CaptureEditor(api, extension), {
    webviewOptions: { retainContextWhenHidden: true },
    supportsMultipleEditorsPerDocument: true,
  });
