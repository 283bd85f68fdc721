/** The live view: machines, their registers, and which of them changed since they were last looked at. */
import * as vscode from 'vscode';
import type { MachineFailure, MachineRegister, MachineView } from '@tsm/language-server/protocol';
import { messageOf, registerLabel, shortValue, type Api } from '../api.ts';
import { deviceTreeItem, type DeviceRow } from './devices.ts';

const VIEW = 'tsm.machines';

export type Row =
  | { readonly kind: 'machine'; readonly machine: MachineView }
  | { readonly kind: 'register'; readonly machine: MachineView; readonly register: MachineRegister }
  | DeviceRow
  | { readonly kind: 'failure'; readonly failure: MachineFailure };

const keyOf = (machine: MachineView, register: MachineRegister): string => `${machine.id}/${register.name}`;

export class MachinesView implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  private readonly api: Api;
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly registered: vscode.Disposable;
  private machines: readonly MachineView[] = [];
  private failures: readonly MachineFailure[] = [];
  /** Values at the last snapshot, or when a register was first seen. */
  private readonly seen = new Map<string, string>();
  private readonly changedAt = new Map<string, Date>();
  private running = false;
  private again = false;

  constructor(api: Api) {
    this.api = api;
    this.registered = vscode.Disposable.from(
      vscode.window.createTreeView(VIEW, { treeDataProvider: this, showCollapseAll: true }),
      api.onMachineChanged(() => this.refresh()),
      this.changed,
    );
  }

  dispose(): void {
    this.registered.dispose();
  }

  /** Asks the server anew. Changes that come meanwhile are asked for once, after it. */
  refresh(): void {
    if (this.running) {
      this.again = true;
      return;
    }
    this.running = true;
    this.load()
      .catch((error: unknown) => void vscode.window.showErrorMessage(messageOf(error)))
      .finally(() => {
        this.running = false;
        if (!this.again) return;
        this.again = false;
        this.refresh();
      });
  }

  /** Asks the server, and shows what it says. */
  async load(): Promise<void> {
    const { machines, failures } = await this.api.request('tsm/machines', null);
    this.machines = machines;
    this.failures = failures;
    for (const machine of machines) for (const register of machine.registers) this.note(machine, register);
    await vscode.commands.executeCommand(
      'setContext',
      'tsm.noMachines',
      machines.length + failures.length === 0,
    );
    this.changed.fire(undefined);
  }

  private note(machine: MachineView, register: MachineRegister): void {
    const key = keyOf(machine, register);
    const { value = '' } = register;
    const before = this.seen.get(key);
    if (before === undefined) this.seen.set(key, value);
    else if (before === value) this.changedAt.delete(key);
    else if (!this.changedAt.has(key)) this.changedAt.set(key, new Date());
  }

  /** The registers of a machine as text, as they were at the snapshot and as they are. */
  compared(machine: MachineView): { before: string; after: string } {
    const now = this.machines.find(({ id }) => id === machine.id) ?? machine;
    const lines = (valueOf: (register: MachineRegister) => string): string =>
      now.registers.map((register) => `${registerLabel(register)}  ${valueOf(register)}\n`).join('');
    return {
      before: lines((register) => this.seen.get(keyOf(now, register)) ?? ''),
      after: lines(({ value = '' }) => value),
    };
  }

  /** From now on, changes are counted from here. */
  snapshot(machine: MachineView): void {
    for (const one of this.machines.filter(({ id }) => id === machine.id))
      for (const register of one.registers) {
        this.seen.set(keyOf(one, register), register.value ?? '');
        this.changedAt.delete(keyOf(one, register));
      }
    this.changed.fire(undefined);
  }

  async getChildren(row?: Row): Promise<Row[]> {
    if (!row)
      return [
        ...this.machines.map((machine): Row => ({ kind: 'machine', machine })),
        ...this.failures.map((failure): Row => ({ kind: 'failure', failure })),
      ];
    if (row.kind === 'devices') {
      const { machine } = row;
      const { devices } = await this.api.request('tsm/machine/devices', { id: machine.id });
      return devices.map((device) => ({ kind: 'device', machine, device }));
    }
    if (row.kind !== 'machine') return [];
    const { machine } = row;
    return [
      ...machine.registers.map((register): Row => ({ kind: 'register', machine, register })),
      ...(machine.hasDevices ? [{ kind: 'devices', machine } as const] : []),
    ];
  }

  getTreeItem(row: Row): vscode.TreeItem {
    if (row.kind === 'machine') return machineItem(row.machine);
    if (row.kind === 'failure') return failureItem(row.failure);
    if (row.kind === 'devices' || row.kind === 'device') return deviceTreeItem(row);
    return registerItem(row.machine, row.register, this.changedAt.get(keyOf(row.machine, row.register)));
  }
}

function machineItem({ id, provider, source }: MachineView): vscode.TreeItem {
  const label = source === 'live' ? vscode.l10n.t('this machine') : id;
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Expanded);
  item.id = id;
  item.description = `${source} · ${provider}`;
  item.iconPath = new vscode.ThemeIcon(source === 'live' ? 'vm-active' : 'vm');
  item.contextValue = `machine.${source}`;
  return item;
}

function failureItem({ id, message }: MachineFailure): vscode.TreeItem {
  const item = new vscode.TreeItem(id);
  item.description = message;
  item.tooltip = message;
  item.iconPath = new vscode.ThemeIcon('error', new vscode.ThemeColor('errorForeground'));
  return item;
}

function registerItem(machine: MachineView, register: MachineRegister, changed?: Date): vscode.TreeItem {
  const { name, title, algorithm, role, kind, value, events, lastEvent, extensible, hasLog } = register;
  const item = new vscode.TreeItem(registerLabel(register));
  item.id = `${machine.id}/${name}`;
  const words = [
    value === undefined ? vscode.l10n.t('not readable') : shortValue(value),
    ...(changed ? [vscode.l10n.t('↑ changed {0}', changed.toLocaleTimeString())] : []),
    role,
    kind,
    ...(algorithm === null ? [] : [algorithm]),
    ...(events === 0 ? [] : [events === 1 ? vscode.l10n.t('1 event') : vscode.l10n.t('{0} events', events)]),
    ...(lastEvent === undefined ? [] : [lastEvent]),
  ];
  item.description = words.join(' · ');
  item.accessibilityInformation = { label: `${registerLabel(register)} ${words.join(', ')}` };
  const tip = new vscode.MarkdownString();
  tip.appendText(`${title} · ${words.slice(1).join(' · ')}`);
  if (value !== undefined) tip.appendCodeblock(value, 'text');
  item.tooltip = tip;
  item.iconPath = changed
    ? new vscode.ThemeIcon('diff-modified', new vscode.ThemeColor('gitDecoration.modifiedResourceForeground'))
    : new vscode.ThemeIcon(kind === 'static' ? 'lock' : 'symbol-number');
  item.contextValue = ['register', extensible ? 'extensible' : '', hasLog ? 'logged' : '']
    .filter(Boolean)
    .join('.');
  return item;
}
