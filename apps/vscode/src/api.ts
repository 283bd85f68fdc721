/** The language server as the rest of the extension sees it: typed requests, and what changed. */
import * as vscode from 'vscode';
import type { Notifications, Params, Requests, Result } from '@tsm/language-server/protocol';
import type { BaseLanguageClient } from 'vscode-languageclient';

export class Api {
  private readonly client: Promise<BaseLanguageClient>;
  private readonly machineChanged = new vscode.EventEmitter<string>();
  /** Name of the machine; empty when machines came or went. */
  readonly onMachineChanged = this.machineChanged.event;

  constructor(client: Promise<BaseLanguageClient>) {
    this.client = client;
    const listen = (made: BaseLanguageClient) =>
      made.onNotification('tsm/machine/changed', ({ machine }: Notifications['tsm/machine/changed']) =>
        this.machineChanged.fire(machine),
      );
    // Whoever starts the client says why there is none.
    client.then(listen, () => undefined);
  }

  /** Waits until the server runs. Rejects with the server's message. */
  async request<M extends keyof Requests>(method: M, params: Params<M>): Promise<Result<M>> {
    return (await this.client).sendRequest<Result<M>>(method, params);
  }
}

/** What an error says, without what the protocol's library puts in front. */
export const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/^Request \S+ failed with message: /, '');

export const bytesOf = (base64: string): Uint8Array =>
  Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));

export function base64Of(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Last name of a path. */
export const nameOf = (uri: vscode.Uri): string => uri.path.slice(uri.path.lastIndexOf('/') + 1);

/** A long value, shortened in the middle. */
export const shortValue = (hex: string): string =>
  hex.length <= 16 ? hex : `${hex.slice(0, 6)}…${hex.slice(-6)}`;

/** How views call a register, as the vendors do: `RTMR3`. */
export const registerLabel = ({ name }: { readonly name: string }): string => name.toUpperCase();
