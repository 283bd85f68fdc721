/** Registers everything that the manifest promises. Nothing waits for the client and its server: they start when that is done. */
import * as vscode from 'vscode';
import type { BaseLanguageClient } from 'vscode-languageclient';
import { Api, messageOf } from './api.ts';
import { answerFiles, followSettings } from './client.ts';
import { registerDeviceCommands } from './commands/devices.ts';
import { registerLogCommands } from './commands/logs.ts';
import { registerMachineCommands } from './commands/machines.ts';
import { registerCaptureEditor } from './editors/capture.ts';
import { registerEvidenceEditor } from './editors/evidence.ts';
import { registerLogEditor } from './editors/log.ts';
import { Traces } from './editors/trace.ts';
import { registerMachineFiles } from './files/machine-files.ts';
import { Texts } from './files/texts.ts';
import { MachinesView } from './views/machines.ts';

export interface Running {
  stop(): Promise<void>;
}

const afterActivation = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

export function start(
  context: vscode.ExtensionContext,
  makeClient: () => Promise<BaseLanguageClient>,
): Running {
  const client = afterActivation().then(makeClient);
  const api = new Api(client);
  const texts = new Texts(api);
  const machines = new MachinesView(api);
  const traces = new Traces(api, context.extensionUri);
  const files = registerMachineFiles(api);
  const running = (): void => {
    machines.refresh();
    files.appeared();
  };
  context.subscriptions.push(
    texts,
    machines,
    traces,
    followSettings(client, running),
    files,
    registerLogEditor(api, context.extensionUri),
    registerEvidenceEditor(api, context.extensionUri),
    registerCaptureEditor(api, context.extensionUri),
    registerMachineCommands(api, machines, texts),
    registerDeviceCommands(api, traces),
    registerLogCommands(api, texts),
  );
  const startServer = async (): Promise<void> => {
    const made = await client;
    answerFiles(made);
    await made.start();
    running();
  };
  startServer().catch(
    (error: unknown) =>
      void vscode.window.showErrorMessage(
        vscode.l10n.t('The TSM language server did not start: {0}', messageOf(error)),
      ),
  );
  return { stop: async () => (await client).stop() };
}
