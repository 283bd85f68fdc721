/** Commands on machines: make, extend, append, report, export, show as a folder, snapshot. */
import * as vscode from 'vscode';
import {
  COMMANDS,
  type ExtendBy,
  type MachineRegister,
  type MachineView,
} from '@tsm/language-server/protocol';
import { base64Of, bytesOf, messageOf, registerLabel, shortValue, type Api } from '../api.ts';
import { EVIDENCE_EDITOR } from '../editors/evidence.ts';
import { treeUri } from '../files/machine-files.ts';
import { machineLogUri, ownerOf, type Texts } from '../files/texts.ts';
import type { MachinesView, Row } from '../views/machines.ts';
import { confirmed, pickFiles, pickMachine, pickRegister } from './pick.ts';

interface Target {
  readonly machine: MachineView;
  readonly register: MachineRegister;
}

const machineNow = async (api: Api, id: string): Promise<MachineView> =>
  api.request('tsm/machine/read', { id });

/** From a row of the view, the log of a code lens, or by asking. */
async function machineOf(api: Api, row: Row | undefined, title: string): Promise<MachineView | undefined> {
  if (row && 'machine' in row) return machineNow(api, row.machine.id);
  return pickMachine(api, title);
}

async function targetOf(
  api: Api,
  given: Row | string | undefined,
  title: string,
  wanted = '',
): Promise<Target | undefined> {
  const owner = typeof given === 'string' ? ownerOf(vscode.Uri.parse(given)) : undefined;
  const row = typeof given === 'object' ? given : undefined;
  const machine = owner ? await machineNow(api, owner.machine) : await machineOf(api, row, title);
  if (!machine) return undefined;
  const name = row?.kind === 'register' ? row.register.name : (owner?.register ?? wanted);
  const named = machine.registers.find((one) => one.name === name);
  const register = named ?? (await pickRegister(machine, title));
  return register && { machine, register };
}

const isHex = (text: string): boolean =>
  text.length > 0 && text.length % 2 === 0 && /^[0-9a-f]*$/i.test(text);

/** What to extend by, in the way that the person chooses. */
async function askExtendBy({ register }: Target): Promise<ExtendBy | undefined> {
  const text = base64OfText;
  const selection = vscode.window.activeTextEditor;
  const selected = selection?.document.getText(selection.selection) ?? '';
  const ways = [
    {
      label: vscode.l10n.t('An event'),
      detail: vscode.l10n.t('Logs a line and extends by its hash'),
      way: 'event',
    },
    { label: vscode.l10n.t('The hash of a file'), detail: '', way: 'file' },
    ...(selected === ''
      ? []
      : [{ label: vscode.l10n.t('The hash of the selection'), detail: '', way: 'selection' }]),
    { label: vscode.l10n.t('The hash of a text'), detail: '', way: 'text' },
    { label: vscode.l10n.t('A digest in hex'), detail: '', way: 'hex' },
  ].filter(({ way }) => way !== 'event' || register.hasLog);
  const title = vscode.l10n.t('Extend {0} by', registerLabel(register));
  const way = (await vscode.window.showQuickPick(ways, { title }))?.way;
  if (way === 'event') return askEvent(register);
  if (way === 'selection') return { base64: text(selected) };
  if (way === 'file') {
    const [file] = await pickFiles(title);
    return file && { base64: base64Of(await vscode.workspace.fs.readFile(file)) };
  }
  if (way === 'text') {
    const given = await vscode.window.showInputBox({ title, prompt: vscode.l10n.t('Text, hashed as UTF-8') });
    return given === undefined ? undefined : { base64: text(given) };
  }
  if (way !== 'hex') return undefined;
  const digits = register.size * 2;
  const digest = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t('{0} hex digits', digits),
    validateInput: (given) =>
      isHex(given) && given.length === digits ? undefined : vscode.l10n.t('expected {0} hex digits', digits),
  });
  return digest === undefined ? undefined : { digest };
}

const base64OfText = (text: string): string => base64Of(new TextEncoder().encode(text));

async function askEvent(register: MachineRegister): Promise<ExtendBy | undefined> {
  const event = await vscode.window.showInputBox({
    title: vscode.l10n.t('Append an event to {0}', registerLabel(register)),
    prompt: vscode.l10n.t('Domain, operation and content, such as: example.com/app start v1'),
    validateInput: (given) => (given.trim() === '' ? vscode.l10n.t('An event is not empty') : undefined),
  });
  return event === undefined ? undefined : { event };
}

async function extendBy(api: Api, { machine, register }: Target, by: ExtendBy | undefined): Promise<void> {
  if (!by || !(await confirmed(machine, registerLabel(register)))) return;
  const { value } = await api.request('tsm/machine/extend', {
    ...{ id: machine.id, register: register.name, by },
    ...(machine.source === 'live' ? { confirmed: true } : {}),
  });
  void vscode.window.showInformationMessage(
    vscode.l10n.t('{0} of {1} is now {2}', registerLabel(register), machine.id, shortValue(value)),
  );
}

/** Where a new file goes: the person says; by default beside the workspace's other files. */
async function saveAs(name: string): Promise<vscode.Uri | undefined> {
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme !== 'tsm')?.uri;
  return vscode.window.showSaveDialog(folder ? { defaultUri: vscode.Uri.joinPath(folder, name) } : {});
}

class MachineCommands {
  private readonly api: Api;
  private readonly view: MachinesView;
  private readonly texts: Texts;

  constructor(api: Api, view: MachinesView, texts: Texts) {
    this.api = api;
    this.view = view;
    this.texts = texts;
  }

  async create(): Promise<void> {
    const { providers } = await this.api.request('tsm/providers', null);
    const usable = providers.filter(({ canSimulate, failure }) => canSimulate && failure === undefined);
    const provider = await vscode.window.showQuickPick(
      usable.map(({ id, title }) => ({ label: id, description: title })),
      { title: vscode.l10n.t('New simulated machine: which technology?') },
    );
    if (!provider) return;
    const id = await vscode.window.showInputBox({
      title: vscode.l10n.t('Name of the new machine'),
      value: `${provider.label}-dev`,
    });
    if (id === undefined) return;
    await this.api.request('tsm/machine/create', { id, provider: provider.label });
    this.view.refresh();
  }

  async extend(given?: Row | string, wanted?: string): Promise<void> {
    const target = await targetOf(this.api, given, vscode.l10n.t('Extend a register'), wanted);
    if (target) await extendBy(this.api, target, await askExtendBy(target));
  }

  async append(given?: Row): Promise<void> {
    const target = await targetOf(this.api, given, vscode.l10n.t('Append an event'));
    if (target) await extendBy(this.api, target, await askEvent(target.register));
  }

  async report(given?: Row): Promise<void> {
    const machine = await machineOf(this.api, given, vscode.l10n.t('Take a report'));
    if (!machine) return;
    const reportData = await vscode.window.showInputBox({
      title: vscode.l10n.t('Report data'),
      prompt: vscode.l10n.t('What the report binds, in hex; may be empty'),
      validateInput: (text) =>
        text === '' || isHex(text) ? undefined : vscode.l10n.t('expected hex digits'),
    });
    if (reportData === undefined) return;
    const file = await saveAs(`${machine.id}.quote`);
    if (!file) return;
    const { base64 } = await this.api.request('tsm/machine/report', { id: machine.id, reportData });
    await vscode.workspace.fs.writeFile(file, bytesOf(base64));
    await vscode.commands.executeCommand('vscode.openWith', file, EVIDENCE_EDITOR);
  }

  /** A report, all logs, and what a verifier needs, as files in a folder. */
  async export(given?: Row): Promise<void> {
    const machine = await machineOf(this.api, given, vscode.l10n.t('Export a machine'));
    if (!machine) return;
    const folder = await saveAs(`${machine.id}-export`);
    if (!folder) return;
    const { id } = machine;
    const write = (name: string, base64: string): Thenable<void> =>
      vscode.workspace.fs.writeFile(vscode.Uri.joinPath(folder, name), bytesOf(base64));
    const report = await this.api.request('tsm/machine/report', { id });
    await write('report.quote', report.base64);
    const firmware = await this.api.request('tsm/machine/log', { id });
    if (firmware) await write('firmware.ccel', firmware.base64);
    for (const { name, hasLog } of machine.registers) {
      const log = hasLog ? await this.api.request('tsm/machine/log', { id, register: name }) : null;
      if (log && log.base64 !== '') await write(`${name}.tsmlog`, log.base64);
    }
    const { files = {}, trustAnchors = [] } =
      (await this.api.request('tsm/machine/collateral', { id })) ?? {};
    for (const [name, base64] of Object.entries(files)) await write(`collateral/${name}`, base64);
    for (const [i, base64] of trustAnchors.entries())
      await write(`collateral/trust-anchor-${String(i)}`, base64);
    void vscode.window.showInformationMessage(vscode.l10n.t('{0} is exported to {1}', id, folder.path));
  }

  /** The kernel's files of the machine, as a folder in the Explorer. */
  async mount(given?: Row): Promise<void> {
    const machine = await machineOf(this.api, given, vscode.l10n.t('Show the file tree of a machine'));
    if (!machine) return;
    const { workspaceFolders = [] } = vscode.workspace;
    const uri = treeUri(machine.id);
    if (workspaceFolders.some((folder) => folder.uri.toString() === uri.toString())) return;
    vscode.workspace.updateWorkspaceFolders(workspaceFolders.length, 0, { uri, name: `tsm: ${machine.id}` });
  }

  async openLog(given?: Row | string): Promise<void> {
    const target = await targetOf(this.api, given, vscode.l10n.t('Open the log of a register'));
    if (target) await vscode.window.showTextDocument(machineLogUri(target.machine.id, target.register.name));
  }

  async snapshot(given?: Row): Promise<void> {
    const machine = await machineOf(this.api, given, vscode.l10n.t('Take a snapshot'));
    if (machine) this.view.snapshot(machine);
  }

  async compare(given?: Row): Promise<void> {
    const machine = await machineOf(this.api, given, vscode.l10n.t('Compare with the snapshot'));
    if (!machine) return;
    const { before, after } = this.view.compared(machine);
    await vscode.commands.executeCommand(
      'vscode.diff',
      this.texts.result(vscode.l10n.t('{0} at the snapshot', machine.id), before),
      this.texts.result(vscode.l10n.t('{0} now', machine.id), after),
      vscode.l10n.t('{0}: snapshot ↔ now', machine.id),
    );
  }

  async copy(given?: Row | string): Promise<void> {
    const value =
      typeof given === 'string' ? given : given?.kind === 'register' ? given.register.value : undefined;
    if (value !== undefined) await vscode.env.clipboard.writeText(value);
  }
}

/** A command whose refusal is shown to the person. */
export function command(name: string, run: (...args: never[]) => Promise<void>): vscode.Disposable {
  return vscode.commands.registerCommand(name, async (...args: never[]) => {
    try {
      await run(...args);
    } catch (error) {
      void vscode.window.showErrorMessage(messageOf(error));
    }
  });
}

export function registerMachineCommands(api: Api, view: MachinesView, texts: Texts): vscode.Disposable {
  const commands = new MachineCommands(api, view, texts);
  return vscode.Disposable.from(
    command('tsm.newMachine', () => commands.create()),
    command(COMMANDS.extend, (given?: Row | string, register?: string) => commands.extend(given, register)),
    command('tsm.appendEvent', (row?: Row) => commands.append(row)),
    command('tsm.takeReport', (row?: Row) => commands.report(row)),
    command('tsm.exportMachine', (row?: Row) => commands.export(row)),
    command('tsm.mountMachine', (row?: Row) => commands.mount(row)),
    command('tsm.openRegisterLog', (row?: Row | string) => commands.openLog(row)),
    command('tsm.snapshotMachine', (row?: Row) => commands.snapshot(row)),
    command('tsm.compareSnapshot', (row?: Row) => commands.compare(row)),
    command('tsm.refreshMachines', () => view.load()),
    command(COMMANDS.copyValue, (given?: Row | string) => commands.copy(given)),
  );
}
