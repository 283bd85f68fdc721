/** Commands on devices: from connect to RUN and back, faults, the trace, the verdict. */
import * as vscode from 'vscode';
import type { DevicePath, DeviceVerb } from '@tsm/language-server/protocol';
import type { Api } from '../api.ts';
import { CAPTURE_EDITOR } from '../editors/capture.ts';
import type { Traces } from '../editors/trace.ts';
import { deviceWords } from '../views/devices.ts';
import type { Row } from '../views/machines.ts';
import { doToDevice } from './device-verb.ts';
import { command } from './machines.ts';
import { pickFiles, pickMachine } from './pick.ts';

/** From a row of the view, or by asking; with a verb only devices that it makes sense for are offered. */
async function deviceOf(
  api: Api,
  row: Row | undefined,
  title: string,
  verb?: DeviceVerb,
): Promise<DevicePath | undefined> {
  if (row?.kind === 'device') return { id: row.machine.id, device: row.device.address };
  const machine = await pickMachine(api, title);
  if (!machine) return undefined;
  const { devices } = await api.request('tsm/machine/devices', { id: machine.id });
  const items = devices
    .filter(({ verbs }) => verb === undefined || verbs.includes(verb))
    .map((device) => ({ label: device.address, description: deviceWords(device).join(' · ') }));
  if (items.length === 0) {
    void vscode.window.showWarningMessage(vscode.l10n.t('No device of {0} is ready for that.', machine.id));
    return undefined;
  }
  const picked = await vscode.window.showQuickPick(items, { title });
  return picked && { id: machine.id, device: picked.label };
}

/** From the Explorer, or by asking. */
async function openCapture(given?: vscode.Uri): Promise<void> {
  const [file] = given ? [given] : await pickFiles(vscode.l10n.t('Capture'), false, '**/*.{pcap,pcapng}');
  if (file) await vscode.commands.executeCommand('vscode.openWith', file, CAPTURE_EDITOR);
}

export function registerDeviceCommands(api: Api, traces: Traces): vscode.Disposable {
  const verb =
    (name: DeviceVerb) =>
    async (row?: Row): Promise<void> => {
      const path = await deviceOf(api, row, vscode.l10n.t('Device'), name);
      if (path) await doToDevice(api, path, name);
    };
  const look = async (row: Row | undefined, verify: boolean): Promise<void> => {
    const path = await deviceOf(api, row, vscode.l10n.t('Device'));
    if (path) traces.show(path, verify);
  };
  return vscode.Disposable.from(
    command('tsm.device.connect', verb('connect')),
    command('tsm.device.lock', verb('lock')),
    command('tsm.device.accept', verb('accept')),
    command('tsm.device.unlock', verb('unlock')),
    command('tsm.device.disconnect', verb('disconnect')),
    command('tsm.device.breakLink', verb('break-link')),
    command('tsm.device.remove', verb('remove')),
    command('tsm.device.trace', (row?: Row) => look(row, false)),
    command('tsm.device.verify', (row?: Row) => look(row, true)),
    command('tsm.openCapture', openCapture),
  );
}
