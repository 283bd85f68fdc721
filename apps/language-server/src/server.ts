/** One server over a connection: providers, documents and machines; the same in Node and in a worker. */
import type { Digests, SignatureVerifier } from '@tsm/core';
import type { SpdmCrypto } from '@tsm/pci-tdisp';
import {
  MessageType,
  ShowMessageNotification,
  type Connection,
  type WorkspaceFolder,
} from 'vscode-languageserver';
import { serveDocuments } from './documents/serve.ts';
import { CAPABILITIES } from './logs/capabilities.ts';
import { serveLogs } from './logs/serve.ts';
import { answer } from './machines/channel.ts';
import { serveMachines } from './machines/serve.ts';
import type { MachineStore } from './machines/store.ts';
import type { Settings } from './protocol/settings.ts';
import { Providers } from './providers.ts';
import { VERSION } from './version.ts';

/** What the place gives: files, clock, randomness, modules. */
export interface Place {
  readonly digests: Digests;
  readonly verifier?: SignatureVerifier;
  /** Default: portable. */
  readonly spdmCrypto?: SpdmCrypto;
  /** Content of a file by its URI; ENOENT. */
  read(uri: string): Promise<Uint8Array>;
  /** URIs of the files in these folders that are named like one of the globs, such as `*.tsmlog`. */
  find(globs: readonly string[], folders: readonly string[]): Promise<readonly string[]>;
  /** Default export of a module. */
  load(module: string): Promise<unknown>;
  /** Machines; asked once, when the settings are known. */
  store(settings: Settings, providers: Providers): MachineStore;
  readonly now: () => Date;
  readonly random: (length: number) => Uint8Array;
  readonly pause: () => Promise<void>;
}

/** Serves until the connection ends. */
export function startServer(connection: Connection, place: Place): void {
  const { digests, verifier, spdmCrypto, now, random, pause } = place;
  const providers = new Providers((module) => place.load(module));
  const list = () => providers.list();
  let folders: readonly WorkspaceFolder[] = [];
  let settings: Settings = {};

  const logs = serveLogs(connection, {
    ...{ digests, providers: list, pause },
    read: (uri) => place.read(uri),
    find: (globs) =>
      place.find(
        globs,
        folders.map(({ uri }) => uri),
      ),
  });

  const read = (uri: string): Promise<Uint8Array> => Promise.resolve(logs.read(uri) ?? place.read(uri));

  const configure = async (): Promise<void> => {
    const news = providers.configure(settings);
    await logs.configure(settings);
    if (!news) return;
    for (const message of await providers.failures()) {
      // The library's own function asks which button was pressed, and not every client answers.
      await connection.sendNotification(ShowMessageNotification.type, { type: MessageType.Error, message });
    }
    await connection.sendNotification('tsm/providers/changed', null);
  };

  connection.onInitialize(({ initializationOptions, capabilities, workspaceFolders }) => {
    settings = (initializationOptions ?? {}) as Settings;
    folders = workspaceFolders ?? [];
    logs.start(capabilities, folders);
    serveMachines(connection, {
      ...{ store: place.store(settings, providers), digests, providers: list, now, random },
      ...(spdmCrypto ? { crypto: spdmCrypto } : {}),
      read,
    });
    return { capabilities: CAPABILITIES, serverInfo: { name: 'tsm-language-server', version: VERSION } };
  });
  connection.onInitialized(() => void configure());
  connection.onDidChangeConfiguration(({ settings: changed }) => {
    settings = (changed as { tsm?: Settings } | null)?.tsm ?? {};
    void configure();
  });
  serveDocuments(connection, {
    ...{ digests, now, pause, providers: list },
    ...(verifier ? { verifier } : {}),
    read,
  });
  answer(connection, 'tsm/providers', async () => ({ providers: await providers.view() }));
  connection.listen();
}
