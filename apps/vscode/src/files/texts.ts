/** Read-only texts that no file has: decoded binaries, logs of running machines, and results. */
import * as vscode from 'vscode';
import { DECODED_SCHEME, sourceOfDecoded } from '@tsm/language-server/protocol';
import { bytesOf, type Api } from '../api.ts';

/** The text log of a machine's register: `tsm-log:/MACHINE/REGISTER.tsmlog`. */
const LOG_SCHEME = 'tsm-log';
/** What a command found: `tsm-result:/TITLE`. */
const RESULT_SCHEME = 'tsm-result';

export const machineLogUri = (machine: string, register: string): vscode.Uri =>
  vscode.Uri.from({ scheme: LOG_SCHEME, path: `/${machine}/${register}.tsmlog` });

/** Machine and register of a text log that a machine keeps; undefined for any other document. */
export function ownerOf({ scheme, path }: vscode.Uri): { machine: string; register: string } | undefined {
  const [, machine, register] = /^\/([^/]+)\/([^/]+)\.tsmlog$/.exec(path) ?? [];
  if (scheme !== LOG_SCHEME || machine === undefined || register === undefined) return undefined;
  return { machine, register };
}

export class Texts implements vscode.Disposable {
  private readonly api: Api;
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly results = new Map<string, string>();
  private readonly registered: vscode.Disposable;

  constructor(api: Api) {
    this.api = api;
    const provide = (scheme: string, content: (uri: vscode.Uri) => Promise<string>): vscode.Disposable =>
      vscode.workspace.registerTextDocumentContentProvider(scheme, {
        onDidChange: this.changed.event,
        provideTextDocumentContent: content,
      });
    this.registered = vscode.Disposable.from(
      provide(DECODED_SCHEME, (uri) => this.decoded(uri)),
      provide(LOG_SCHEME, (uri) => this.machineLog(uri)),
      provide(RESULT_SCHEME, (uri) => Promise.resolve(this.results.get(uri.path) ?? '')),
      api.onMachineChanged((machine) => this.refresh(machine)),
      this.changed,
    );
  }

  dispose(): void {
    this.registered.dispose();
  }

  /** The place of a text under a title; shown again, it has the new text. */
  result(title: string, text: string): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: RESULT_SCHEME, path: `/${title}` });
    this.results.set(uri.path, text);
    this.changed.fire(uri);
    return uri;
  }

  async show(title: string, text: string): Promise<void> {
    await vscode.window.showTextDocument(this.result(title, text), { preview: true });
  }

  private async decoded(uri: vscode.Uri): Promise<string> {
    const source = sourceOfDecoded(uri.toString(true)) ?? sourceOfDecoded(uri.toString());
    if (source === undefined) return '';
    return (await this.api.request('tsm/text', { source: { uri: source } })).text;
  }

  private async machineLog(uri: vscode.Uri): Promise<string> {
    const owner = ownerOf(uri);
    if (!owner) return '';
    const { machine: id, register } = owner;
    const log = await this.api.request('tsm/machine/log', { id, register });
    return log ? new TextDecoder().decode(bytesOf(log.base64)) : '';
  }

  private refresh(machine: string): void {
    for (const { uri } of vscode.workspace.textDocuments)
      if (ownerOf(uri)?.machine === machine) this.changed.fire(uri);
  }
}
