/** What a person chose to verify evidence with, in place of what the settings name. */
import * as vscode from 'vscode';
import type { EvidenceView, Source } from '@tsm/language-server/protocol';
import { nameOf, type Api } from '../api.ts';
import { pickFiles } from '../commands/pick.ts';
import { configuration, filesOf } from '../settings.ts';
import type { Dropped, VerifiedWith } from '../webview-messages.ts';

/** A file, with its name for the page. */
interface Chosen {
  readonly name: string;
  readonly source: Source;
}

const ofUri = (uri: vscode.Uri): Chosen => ({ name: nameOf(uri), source: { uri: uri.toString() } });

/** The editor's window calls the files of this computer by its name, where it is another one. */
function addressHere(text: string): vscode.Uri {
  const uri = vscode.Uri.parse(text);
  return uri.scheme === 'vscode-remote' ? vscode.Uri.file(uri.path) : uri;
}

const ofDropped = (file: Dropped): Chosen =>
  'uri' in file
    ? ofUri(addressHere(file.uri))
    : { name: file.name, source: { base64: file.base64, name: file.name } };

const TITLES: Readonly<Record<VerifiedWith, () => string>> = {
  collateral: () => vscode.l10n.t('Collateral to verify with'),
  policy: () => vscode.l10n.t('Policy or reference values to hold the evidence against'),
  log: () => vscode.l10n.t('Event log to compare with the registers'),
};

export class Choice {
  at = configuration().get<string>('verifyAt', '');
  private collateral: readonly Chosen[] | undefined;
  private policy: Chosen | undefined;
  private log: Chosen | undefined;
  /** Register that a text log is of. */
  private register: string | undefined;
  private readonly api: Api;

  constructor(api: Api) {
    this.api = api;
  }

  /** Asks for files. Tells whether the person gave some. */
  async pick(what: VerifiedWith, view: EvidenceView | undefined): Promise<boolean> {
    const picked = await pickFiles(TITLES[what](), what === 'collateral');
    return this.take(what, picked.map(ofUri), view);
  }

  drop(what: VerifiedWith, files: readonly Dropped[], view: EvidenceView | undefined): Promise<boolean> {
    return this.take(what, files.map(ofDropped), view);
  }

  /** Back to what the settings name: for policy and log, nothing. */
  clear(what: VerifiedWith): void {
    this[what] = undefined;
  }

  private async take(
    what: VerifiedWith,
    files: readonly Chosen[],
    view: EvidenceView | undefined,
  ): Promise<boolean> {
    const [first] = files;
    if (!first) return false;
    if (what === 'collateral') this.collateral = files;
    else if (what === 'policy') this.policy = first;
    else {
      const register = await this.registerOf(first, view);
      if (register === undefined) return false;
      this.log = first;
      this.register = register;
    }
    return true;
  }

  /** '' for a log that says itself which registers it is of; undefined when the person was asked, and left. */
  private async registerOf({ source }: Chosen, view: EvidenceView | undefined): Promise<string | undefined> {
    const decoded = await this.api.request('tsm/decode', { source });
    if (decoded.kind !== 'log' || decoded.log.format !== 'tsm-text') return '';
    const items = (view?.registers ?? []).map(({ name }) => ({ label: name }));
    const title = vscode.l10n.t('Which register is this log of?');
    return (await vscode.window.showQuickPick(items, { title }))?.label;
  }

  /** What to ask the server, and the names of the files for the page. */
  async parts() {
    const collateral = this.collateral ?? (await filesOf('collateral')).map(ofUri);
    const trustAnchors = (await filesOf('trustAnchors')).map(ofUri);
    const { policy, log, register = '', at } = this;
    const sources = (files: readonly Chosen[]): Source[] => files.map(({ source }) => source);
    const names = (files: readonly Chosen[]): string[] => files.map(({ name }) => name);
    return {
      asked: {
        collateral: sources(collateral),
        ...(trustAnchors.length > 0 ? { trustAnchors: sources(trustAnchors) } : {}),
        ...(at === '' ? {} : { at }),
        ...(policy ? { policy: policy.source } : {}),
        ...(log ? { log: log.source } : {}),
        ...(log && register !== '' ? { register } : {}),
      },
      shown: {
        ...{ collateral: names(collateral), trustAnchors: names(trustAnchors) },
        chosen: this.collateral !== undefined,
        ...(policy ? { policy: policy.name } : {}),
        ...(log ? { log: log.name } : {}),
      },
    };
  }
}
