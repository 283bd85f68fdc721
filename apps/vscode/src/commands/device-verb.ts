/** One thing done to a device; what the kernel refuses is shown in its words. */
import * as vscode from 'vscode';
import type { DevicePath, DeviceVerb } from '@tsm/language-server/protocol';
import { messageOf, type Api } from '../api.ts';

/** A session takes a moment: the view shows that something is under way. The server tells what came of it. */
export async function doToDevice(api: Api, path: DevicePath, verb: DeviceVerb): Promise<void> {
  try {
    await vscode.window.withProgress({ location: { viewId: 'tsm.machines' } }, () =>
      api.request('tsm/machine/device/do', { ...path, verb }),
    );
  } catch (error) {
    void vscode.window.showErrorMessage(messageOf(error));
  }
}
