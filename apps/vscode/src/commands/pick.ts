/** Questions to the person: which file, which machine, which register. Escape is always an answer: undefined. */
import * as vscode from 'vscode';
import type { MachineRegister, MachineView } from '@tsm/language-server/protocol';
import { registerLabel, shortValue, type Api } from '../api.ts';

const MOST_FILES = 500;

/** Files of the workspace, or elsewhere through the editor's dialog. */
export async function pickFiles(title: string, many = false, pattern = '**/*'): Promise<vscode.Uri[]> {
  const found = await vscode.workspace.findFiles(pattern, '**/node_modules/**', MOST_FILES);
  const items = found
    .map((uri) => ({ label: vscode.workspace.asRelativePath(uri), uri }))
    .sort((a, b) => (a.label < b.label ? -1 : 1));
  const elsewhere = { label: vscode.l10n.t('$(folder-opened) Another file…'), uri: undefined };
  const all: (vscode.QuickPickItem & { uri: vscode.Uri | undefined })[] = [...items, elsewhere];
  const picked = many
    ? await vscode.window.showQuickPick(all, { title, canPickMany: true })
    : await vscode.window.showQuickPick(all, { title }).then((one) => one && [one]);
  if (!picked) return [];
  const files = picked.flatMap(({ uri }) => uri ?? []);
  if (files.length === picked.length) return files;
  const opened = await vscode.window.showOpenDialog({ title, canSelectMany: many });
  return [...files, ...(opened ?? [])];
}

export async function pickMachine(api: Api, title: string): Promise<MachineView | undefined> {
  const { machines } = await api.request('tsm/machines', null);
  if (machines.length === 0) {
    const make = vscode.l10n.t('New machine');
    const said = await vscode.window.showInformationMessage(vscode.l10n.t('There is no machine yet.'), make);
    if (said === make) await vscode.commands.executeCommand('tsm.newMachine');
    return undefined;
  }
  const items = machines.map((machine) => ({
    ...{ label: machine.id, description: `${machine.source} · ${machine.provider}`, machine },
  }));
  return (await vscode.window.showQuickPick(items, { title }))?.machine;
}

/** One that can be extended. */
export async function pickRegister(
  { registers }: MachineView,
  title: string,
): Promise<MachineRegister | undefined> {
  const items = registers
    .filter(({ extensible }) => extensible)
    .map((register) => ({
      label: registerLabel(register),
      description: `${register.title} · ${shortValue(register.value ?? '')}`,
      register,
    }));
  if (items.length === 0) {
    void vscode.window.showWarningMessage(vscode.l10n.t('No register of this machine can be extended.'));
    return undefined;
  }
  return (await vscode.window.showQuickPick(items, { title }))?.register;
}

/** What is done to hardware cannot be taken back: asks, each time. */
export async function confirmed({ id, source }: MachineView, register: string): Promise<boolean> {
  if (source !== 'live') return true;
  const extend = vscode.l10n.t('Extend');
  const question = vscode.l10n.t(
    'Extend {0} of {1}? This is real hardware: it cannot be undone.',
    register,
    id,
  );
  return (await vscode.window.showWarningMessage(question, { modal: true }, extend)) === extend;
}
