/** The server in a worker of a browser: machines live in memory, files are the client's. */
import { portableDigests, TsmError, type Provider } from '@tsm/core';
import { BrowserMessageReader, BrowserMessageWriter, createConnection } from 'vscode-languageserver/browser';
import { fromBase64 } from './machines/base64.ts';
import { MemoryStore } from './machines/memory-store.ts';
import { startServer, type Place } from './server.ts';

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
const connection = createConnection(new BrowserMessageReader(scope), new BrowserMessageWriter(scope));

const place: Place = {
  digests: portableDigests,
  async find(globs) {
    const asked = globs.map((glob) =>
      connection.sendRequest<{ uris: readonly string[] }>('tsm/client/findFiles', { glob }),
    );
    return (await Promise.all(asked)).flatMap(({ uris }) => uris);
  },
  async read(uri) {
    const found = await connection.sendRequest<{ base64: string } | null>('tsm/client/readFile', { uri });
    if (!found) throw new TsmError('ENOENT', `there is no ${uri}`);
    return fromBase64(found.base64);
  },
  load: (module) =>
    Promise.reject(new TsmError('ENOTSUP', `${module} cannot be loaded in a browser: modules need Node`)),
  store: (_settings, providers) =>
    new MemoryStore(async (name): Promise<Provider> => {
      const found = (await providers.list()).find(({ id }) => id === name);
      if (found) return found;
      throw new TsmError('ENODEV', `no provider ${name}`);
    }),
  now: () => new Date(),
  random: (length) => crypto.getRandomValues(new Uint8Array(length)),
  pause: () => new Promise((resolve) => setTimeout(resolve)),
};

startServer(connection, place);
