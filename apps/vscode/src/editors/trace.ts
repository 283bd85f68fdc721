/** The traces of devices: who said what to whom since the fleet was made, and how states went with it; as it goes on. */
import * as vscode from 'vscode';
import type { DevicePath } from '@tsm/language-server/protocol';
import type { Api } from '../api.ts';
import { doToDevice } from '../commands/device-verb.ts';
import { deviceWords } from '../views/devices.ts';
import { openPage, type PageHost } from './page-host.ts';
import { tracePage } from './trace-body.ts';

const TRACE_PANEL = 'tsm.trace';

/** The page of one device. */
class DevicePage {
  readonly panel: vscode.WebviewPanel;
  private readonly api: Api;
  private readonly path: DevicePath;
  private readonly host: PageHost;
  /** What the page shows, in a few words. */
  private shown = '';

  /** `verify`: shows the verdict as well. */
  constructor(api: Api, extension: vscode.Uri, path: DevicePath, verify: boolean) {
    this.api = api;
    this.path = path;
    const title = `${path.device} · ${path.id}`;
    const options = { retainContextWhenHidden: true };
    this.panel = vscode.window.createWebviewPanel(TRACE_PANEL, title, vscode.ViewColumn.Active, options);
    this.host = openPage(this.panel, extension, tracePage(), (message) => {
      if (message.kind === 'ready') this.host.attempt(() => this.start(verify));
      else if (message.kind === 'verifyDevice') this.verify();
      else if (message.kind === 'do') void doToDevice(api, path, message.verb);
    });
    const changed = api.onMachineChanged((machine) => {
      if (machine === path.id) this.host.attempt(() => this.send());
    });
    this.panel.onDidDispose(() => {
      changed.dispose();
    });
  }

  verify(): void {
    this.host.attempt(async () => {
      const verdict = await this.api.request('tsm/machine/device/verdict', this.path);
      this.host.send({ kind: 'deviceVerdict', verdict });
    });
  }

  private async start(verify: boolean): Promise<void> {
    this.shown = '';
    await this.send();
    if (verify) this.verify();
  }

  /** Registers change too: the page is sent a run only when it went on. */
  private async send(): Promise<void> {
    const { id, device: address } = this.path;
    const { devices } = await this.api.request('tsm/machine/devices', { id });
    const device = devices.find((one) => one.address === address);
    const trace = await this.api.request('tsm/machine/device/trace', this.path);
    const words = device ? deviceWords(device) : [vscode.l10n.t('gone')];
    const title = [address, ...words].join(' · ');
    const shown = [title, trace.messages.length, trace.steps.length].join();
    if (shown === this.shown) return;
    this.shown = shown;
    this.host.send({ kind: 'trace', title, trace, verbs: device?.verbs ?? [] });
  }
}

/** Pages of devices, one for each. */
export class Traces implements vscode.Disposable {
  private readonly api: Api;
  private readonly extension: vscode.Uri;
  private readonly pages = new Map<string, DevicePage>();

  constructor(api: Api, extension: vscode.Uri) {
    this.api = api;
    this.extension = extension;
  }

  dispose(): void {
    for (const { panel } of this.pages.values()) panel.dispose();
  }

  /** Shows the trace of a device; with `verify` its verdict too. */
  show(path: DevicePath, verify = false): void {
    const key = `${path.id}/${path.device}`;
    const known = this.pages.get(key);
    if (known) {
      known.panel.reveal();
      if (verify) known.verify();
      return;
    }
    const page = new DevicePage(this.api, this.extension, path, verify);
    this.pages.set(key, page);
    page.panel.onDidDispose(() => this.pages.delete(key));
  }
}
