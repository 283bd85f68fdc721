/** Commands on files: verify a report, verify a log, explain a mismatch, compare two logs, convert one. */
import * as vscode from 'vscode';
import {
  COMMANDS,
  decodedUri,
  type ComparisonView,
  type ExplanationView,
} from '@tsm/language-server/protocol';
import { bytesOf, nameOf, shortValue, type Api } from '../api.ts';
import { EVIDENCE_EDITOR } from '../editors/evidence.ts';
import { LOG_EDITOR } from '../editors/log.ts';
import type { Texts } from '../files/texts.ts';
import { command } from './machines.ts';
import { pickFiles } from './pick.ts';

/** Formats to convert to, and how files of them are named. */
const FORMATS: readonly { readonly format: string; readonly ending: string }[] = [
  { format: 'text', ending: 'tsmlog' },
  { format: 'ccel', ending: 'ccel' },
  { format: 'tcg2', ending: 'tcglog' },
  { format: 'cel-json', ending: 'cel.json' },
  { format: 'cel-cbor', ending: 'cel.cbor' },
  { format: 'cel-tlv', ending: 'cel' },
];

type Given = vscode.Uri | string | undefined;

/** The file that a command is about: given by a menu or a code lens, the active one, or asked for. */
async function fileOf(given: Given, title: string): Promise<vscode.Uri | undefined> {
  if (typeof given === 'string' && given !== '') return vscode.Uri.parse(given);
  if (given instanceof vscode.Uri) return given;
  const [picked] = await pickFiles(title);
  return picked;
}

const sourceOf = (uri: vscode.Uri): { uri: string } => ({ uri: uri.toString() });

const SIGNS = { match: '✔', differs: '✘', notExplained: '?' } as const;

function comparisonText(log: string, evidence: string, { registers, notInLog }: ComparisonView): string {
  const lines = registers.flatMap(({ name, status, expected, replayed, events, divergence }) => [
    `${SIGNS[status]} ${name.toUpperCase()}  ${vscode.l10n.t('{0} events', events)}`,
    `    ${log}: ${replayed}`,
    `    ${evidence}: ${expected}`,
    ...(divergence
      ? [
          `    ${vscode.l10n.t('first divergence: event {0}, {1} ({2})', divergence.event, divergence.title, divergence.reason)}`,
        ]
      : []),
  ]);
  const missing =
    notInLog.length === 0 ? [] : [`– ${vscode.l10n.t('not in the log: {0}', notInLog.join(', '))}`];
  return `${[...lines, ...missing].join('\n')}\n`;
}

function explanationText(register: string, view: ExplanationView): string {
  const { found, unique, edits, tried, notSearched, stopped } = view;
  const { t } = vscode.l10n;
  const one = unique ? t('one explanation') : t('an explanation, others exist');
  const result = found ? one : `${t('nothing found')} · ${stopped}`;
  const head = `${register.toUpperCase()} · ${result} · ${t('{0} tried', tried)}`;
  const lines = edits.map(({ words, event }) => {
    const place = event === null ? t('start') : t('event {0}', event);
    return `  ${place}: ${words}`;
  });
  const rest = notSearched.map(({ kind, reason }) => `  ${t('not searched: {0} — {1}', kind, reason)}`);
  return `${[head, ...lines, ...rest].join('\n')}\n`;
}

class LogCommands {
  private readonly api: Api;
  private readonly texts: Texts;

  constructor(api: Api, texts: Texts) {
    this.api = api;
    this.texts = texts;
  }

  async open(editor: string, given: Given, title: string): Promise<void> {
    const file = await fileOf(given, title);
    if (file) await vscode.commands.executeCommand('vscode.openWith', file, editor);
  }

  async openText(given: Given): Promise<void> {
    const file = await fileOf(given, vscode.l10n.t('File to show as text'));
    if (file) await vscode.window.showTextDocument(vscode.Uri.parse(decodedUri(file.toString())));
  }

  async verify(given: Given, evidenceGiven: Given): Promise<void> {
    const pair = await this.pair(given, evidenceGiven);
    if (!pair) return;
    const [log, evidence] = pair;
    const view = await this.api.request('tsm/compare', { log: sourceOf(log), evidence: sourceOf(evidence) });
    await this.texts.show(
      `${nameOf(log)} against ${nameOf(evidence)}.txt`,
      comparisonText(nameOf(log), nameOf(evidence), view),
    );
    const agree = view.registers.filter(({ status }) => status === 'match').length;
    const said = vscode.l10n.t('{0} of {1} registers agree', agree, view.registers.length);
    if (agree === view.registers.length) void vscode.window.showInformationMessage(said);
    else void vscode.window.showWarningMessage(said);
  }

  async explain(given: Given, wanted: string | undefined): Promise<void> {
    const pair = await this.pair(given, undefined);
    if (!pair) return;
    const [log, evidence] = [sourceOf(pair[0]), sourceOf(pair[1])];
    const { registers } = await this.api.request('tsm/compare', { log, evidence });
    const differ = registers.filter(({ status }) => status === 'differs');
    if (differ.length === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t('Log and evidence agree: nothing to explain.'));
      return;
    }
    const named = differ.find(({ name }) => name === wanted) ?? (differ.length === 1 ? differ[0] : undefined);
    const items = differ.map(({ name, expected }) => ({ label: name, description: shortValue(expected) }));
    const register =
      named?.name ??
      (await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Which register?') }))?.label;
    if (register === undefined) return;
    const title = vscode.l10n.t('Searching the edit that makes {0} agree', register);
    const view = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title },
      () => this.api.request('tsm/explain', { log, evidence, register }),
    );
    await this.texts.show(`${nameOf(pair[0])} explained.txt`, explanationText(register, view));
  }

  /** In the editor's own diff, as text that is the same where what it says is. */
  async compare(given: Given, selected: readonly vscode.Uri[] | undefined): Promise<void> {
    const first = selected?.[0] ?? (await fileOf(given, vscode.l10n.t('First log')));
    if (!first) return;
    const second = selected?.[1] ?? (await fileOf(undefined, vscode.l10n.t('Second log')));
    if (!second) return;
    const [left, right] = [first, second].map((uri) => vscode.Uri.parse(decodedUri(uri.toString())));
    await vscode.commands.executeCommand('vscode.diff', left, right, `${nameOf(first)} ↔ ${nameOf(second)}`);
  }

  async convert(given: Given): Promise<void> {
    const log = await fileOf(given, vscode.l10n.t('Log to convert'));
    if (!log) return;
    const picked = await vscode.window.showQuickPick(
      FORMATS.map((one) => ({ label: one.format, description: `.${one.ending}`, ending: one.ending })),
      { title: vscode.l10n.t('Convert {0} to', nameOf(log)) },
    );
    if (!picked) return;
    const answer = await this.api.request('tsm/convert', { log: sourceOf(log), format: picked.label });
    if (answer.refused) throw new Error(`${answer.refused.words} — ${answer.refused.remedy}`);
    const defaultUri = log.with({ path: `${log.path}.${picked.ending}` });
    const target = await vscode.window.showSaveDialog({ defaultUri });
    if (!target) return;
    await vscode.workspace.fs.writeFile(target, bytesOf(answer.base64));
    const losses = answer.losses.length === 0 ? vscode.l10n.t('nothing is lost') : answer.losses.join('; ');
    void vscode.window.showInformationMessage(`${nameOf(target)}: ${losses}`);
  }

  private async pair(given: Given, evidenceGiven: Given): Promise<[vscode.Uri, vscode.Uri] | undefined> {
    const log = await fileOf(given, vscode.l10n.t('Event log'));
    if (!log) return undefined;
    const evidence = await fileOf(evidenceGiven, vscode.l10n.t('Evidence to hold the log against'));
    return evidence && [log, evidence];
  }
}

export function registerLogCommands(api: Api, texts: Texts): vscode.Disposable {
  const commands = new LogCommands(api, texts);
  return vscode.Disposable.from(
    command('tsm.openLog', (uri: Given) => commands.open(LOG_EDITOR, uri, vscode.l10n.t('Event log'))),
    command('tsm.verifyReport', (uri: Given) =>
      commands.open(EVIDENCE_EDITOR, uri, vscode.l10n.t('Report to verify')),
    ),
    command('tsm.openText', (uri: Given) => commands.openText(uri)),
    command(COMMANDS.verify, (uri: Given, evidence: Given) => commands.verify(uri, evidence)),
    command(COMMANDS.explain, (uri: Given, register?: string) => commands.explain(uri, register)),
    command('tsm.compareLogs', (uri: Given, selected?: readonly vscode.Uri[]) =>
      commands.compare(uri, selected),
    ),
    command('tsm.convertLog', (uri: Given) => commands.convert(uri)),
  );
}
