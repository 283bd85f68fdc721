/** The devices of a machine as rows of the live view: how far each is, and what can be done to it. */
import * as vscode from 'vscode';
import type { DeviceView, MachineView } from '@tsm/language-server/protocol';

/** What stands under a machine beside its registers. */
export type DeviceRow =
  | { readonly kind: 'devices'; readonly machine: MachineView }
  | { readonly kind: 'device'; readonly machine: MachineView; readonly device: DeviceView };

/** `LOCKED`, `stream 0`, `accelerator`: what changes is first, and is seen in a narrow view too. */
export function deviceWords({ kind, connected, state, stream, secure, locked }: DeviceView): string[] {
  const idle = connected === null && locked === null && state === 'CONFIG_UNLOCKED';
  return [
    idle ? vscode.l10n.t('not connected') : state.replace('CONFIG_', ''),
    ...(stream === null ? [] : [vscode.l10n.t('stream {0}', stream)]),
    ...(stream === null || secure ? [] : [vscode.l10n.t('link broken')]),
    kind,
  ];
}

const ICONS: Readonly<Record<DeviceView['state'], { icon: string; color: string }>> = {
  CONFIG_UNLOCKED: { icon: 'circuit-board', color: 'charts.blue' },
  CONFIG_LOCKED: { icon: 'lock', color: 'charts.yellow' },
  RUN: { icon: 'pass-filled', color: 'testing.iconPassed' },
  ERROR: { icon: 'error', color: 'errorForeground' },
};

function iconOf({ connected, state }: DeviceView): vscode.ThemeIcon {
  if (connected === null && state === 'CONFIG_UNLOCKED') return new vscode.ThemeIcon('debug-disconnect');
  const { icon, color } = ICONS[state];
  return new vscode.ThemeIcon(icon, new vscode.ThemeColor(color));
}

function devicesItem({ id }: MachineView): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('devices'), vscode.TreeItemCollapsibleState.Collapsed);
  item.id = `${id}//devices`;
  item.iconPath = new vscode.ThemeIcon('circuit-board');
  item.contextValue = 'devices';
  return item;
}

function deviceItem({ id }: MachineView, device: DeviceView): vscode.TreeItem {
  const { address, verbs } = device;
  const item = new vscode.TreeItem(address);
  const words = deviceWords(device);
  item.id = `${id}//${address}`;
  item.description = words.join(' · ');
  item.accessibilityInformation = { label: `${address} ${words.join(', ')}` };
  item.tooltip = [
    [address, device.kind].join(' · '),
    vscode.l10n.t('interface: {0}', device.state),
    device.connected === null ? '' : vscode.l10n.t('host: connected to {0}', device.connected),
    device.locked === null ? '' : vscode.l10n.t('guest: locked by {0}', device.locked),
    device.accepted ? vscode.l10n.t('guest: accepted') : '',
  ]
    .filter((line) => line !== '')
    .join('\n');
  item.iconPath = iconOf(device);
  // A menu asks for `;lock;`, which `unlock` does not have.
  item.contextValue = `device;${verbs.join(';')};${device.connected === null ? '' : 'connected;'}`;
  item.command = {
    command: 'tsm.device.trace',
    title: vscode.l10n.t('Show Trace'),
    arguments: [{ kind: 'device', machine: { id }, device }],
  };
  return item;
}

export const deviceTreeItem = (row: DeviceRow): vscode.TreeItem =>
  row.kind === 'devices' ? devicesItem(row.machine) : deviceItem(row.machine, row.device);
