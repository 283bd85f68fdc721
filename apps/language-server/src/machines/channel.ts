/** What request handlers need of an LSP connection. */
import type { TsmError } from '@tsm/core';
import { LSPErrorCodes, ResponseError } from 'vscode-languageserver';

export interface Channel {
  onRequest(method: string, handler: (params: never) => unknown): unknown;
  sendNotification(method: string, params: unknown): unknown;
}

/** By name, not by class: a provider may bring its own copy of the library. */
const isRefusal = (error: unknown): error is TsmError => error instanceof Error && error.name === 'TsmError';

/** Registers a handler; a refusal goes to the client with its code in front. */
export function answer(channel: Channel, method: string, handler: (params: never) => Promise<unknown>): void {
  channel.onRequest(method, async (params: never) => {
    try {
      return await handler(params);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      throw new ResponseError(LSPErrorCodes.RequestFailed, `${error.code}: ${error.message}`);
    }
  });
}
