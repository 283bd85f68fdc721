#!/usr/bin/env node
/** `tsm-language-server --stdio`: the server as a process. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { TsmError, type Provider } from '@tsm/core';
import {
  defaultStateDirectory,
  nodeDigests,
  nodeSpdmCrypto,
  nodeVerifier,
  openLive,
  type LiveMachine,
} from '@tsm/host';
import { portableSpdmCrypto, type SpdmCrypto } from '@tsm/pci-tdisp';
import { createConnection, ProposedFeatures, type Connection } from 'vscode-languageserver/node';
import { findFiles } from './node/find-files.ts';
import { FolderStore } from './node/folder-store.ts';
import { LiveStore } from './node/live-store.ts';
import { startServer, type Place } from './server.ts';
import { VERSION } from './version.ts';

const USAGE = 'usage: tsm-language-server --stdio | --node-ipc | --socket=PORT | --version\n';
const TRANSPORTS = /^--(stdio|node-ipc|socket|pipe)(=|$)/;

/** The machine that the server runs on. */
const placeOf = (connection: Connection): Place => ({
  ...{ digests, verifier: nodeVerifier(), spdmCrypto, find: findFiles },
  async read(uri) {
    if (uri.startsWith('file:')) return readFile(fileURLToPath(uri));
    // What only the client has: a virtual document, a file of another machine.
    const found = await connection.sendRequest<{ base64: string } | null>('tsm/client/readFile', { uri });
    if (!found) throw new TsmError('ENOENT', `there is no ${uri}`);
    return Buffer.from(found.base64, 'base64');
  },
  async load(module) {
    const name = isAbsolute(module) ? pathToFileURL(module).href : module;
    return ((await import(name)) as { default: unknown }).default;
  },
  store: ({ state = defaultStateDirectory(), liveRoot: root = '/' }, providers) => {
    const provider = async (name: string): Promise<Provider> => {
      const found = (await providers.list()).find(({ id }) => id === name);
      if (found) return found;
      throw new TsmError('ENODEV', `no provider ${name} — name its module in the setting tsm.providers`);
    };
    const live = async (): Promise<LiveMachine> =>
      // Each extend is refused by the server unless the person was asked.
      openLive({ providers: await providers.list(), root, allowExtend: true });
    return new LiveStore(new FolderStore(state, provider, { digests }), live);
  },
  now: () => new Date(),
  random: (length) => randomBytes(length),
  pause: () => setImmediate(),
});

const digests = nodeDigests();
/** Signatures of OpenSSL are never the same, and a run must be. */
const spdmCrypto: SpdmCrypto = {
  ...nodeSpdmCrypto(),
  sign: (...message) => portableSpdmCrypto.sign(...message),
};
const options = process.argv.slice(2);

function start(): number | undefined {
  if (options.includes('--version')) process.stdout.write(`${VERSION}\n`);
  else if (options.some((option) => TRANSPORTS.test(option))) {
    const connection = createConnection(ProposedFeatures.all);
    startServer(connection, placeOf(connection));
    return undefined;
  } else process.stderr.write(USAGE);
  return options.includes('--version') ? 0 : 2;
}

process.exitCode = start();
