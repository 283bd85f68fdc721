/** Diagnostics: pushed at each change to clients that do not ask, given to those that do. */
import { equalBytes } from '@tsm/core';
import type { ClientCapabilities, Connection, Diagnostic as LspDiagnostic } from 'vscode-languageserver';
import type { LogDocument } from '../service/log/document.ts';
import { diagnose } from '../service/log/diagnostics.ts';
import type { OpenLogs } from './open.ts';

/** Milliseconds without a change before the slow search for the first line that the evidence does not cover. */
const IDLE = 300;

export class Diagnoser {
  private readonly connection: Connection;
  private readonly logs: OpenLogs;
  private pulls = false;
  private refreshes = false;
  private readonly waiting = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(connection: Connection, logs: OpenLogs) {
    this.connection = connection;
    this.logs = logs;
    connection.languages.diagnostics.on(({ textDocument }) => ({
      kind: 'full',
      items: logs.decoded(textDocument.uri)?.log.diagnostics() ?? this.items(logs.get(textDocument.uri)),
    }));
    connection.languages.diagnostics.onWorkspace(async () => {
      const { documents, failures } = await logs.closed();
      for (const failure of failures) connection.console.warn(failure);
      const items = [];
      for (const document of [...logs.all(), ...documents]) {
        const { context } = await logs.contextOf(document.uri);
        const version = document.version === 0 ? null : document.version;
        const found = diagnose(document, context);
        items.push({ uri: document.uri, version, kind: 'full' as const, items: found });
      }
      return { items };
    });
  }

  /** What the client can do decides who starts. */
  start({ textDocument, workspace }: ClientCapabilities): void {
    this.pulls = textDocument?.diagnostic !== undefined;
    this.refreshes = workspace?.diagnostics?.refreshSupport === true;
  }

  private items(document: LogDocument | undefined): LspDiagnostic[] {
    return document ? diagnose(document, this.logs.context(document.uri)) : [];
  }

  /** After each change of a log. */
  changed(document: LogDocument): void {
    this.push(document);
    this.whenIdle(document.uri);
  }

  /** After a decoded log is shown. */
  shown(uri: string, version: number): void {
    const diagnostics = this.logs.decoded(uri)?.log.diagnostics() ?? [];
    if (this.pulls) this.askAgain();
    else void this.connection.sendDiagnostics({ uri, version, diagnostics });
  }

  /** After a change of what logs are held against. */
  refresh(): void {
    for (const document of this.logs.all()) this.changed(document);
    this.askAgain();
  }

  closed(uri: string): void {
    clearTimeout(this.waiting.get(uri));
    this.waiting.delete(uri);
    if (!this.pulls) void this.connection.sendDiagnostics({ uri, diagnostics: [] });
  }

  /** Has a client that pulls look again. */
  private askAgain(): void {
    if (!this.pulls || !this.refreshes) return;
    this.connection.languages.diagnostics.refresh().catch((error: unknown) => {
      this.connection.console.warn(`the client did not refresh its diagnostics: ${String(error)}`);
    });
  }

  private push(document: LogDocument): void {
    if (this.pulls) return;
    const { uri, version } = document;
    void this.connection.sendDiagnostics({ uri, version, diagnostics: this.items(document) });
  }

  private whenIdle(uri: string): void {
    clearTimeout(this.waiting.get(uri));
    const { evidence } = this.logs.context(uri);
    if (!evidence) return;
    const value = this.logs.get(uri)?.value;
    if (!value || equalBytes(value, evidence.value)) return;
    const look = (): void => {
      this.waiting.delete(uri);
      const found = this.logs.get(uri);
      if (!found || !this.logs.findDivergence(uri)) return;
      this.push(found);
      this.askAgain();
    };
    this.waiting.set(uri, setTimeout(look, IDLE));
  }
}
