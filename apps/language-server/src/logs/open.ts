/** The logs that are open, what each is held against, and the files of the workspace beside them. */
import { TsmError, unwrap, type Digests, type Provider } from '@tsm/core';
import { decodeLog, isLog } from '@tsm/eventlog';
import { LANGUAGE_ID, sourceOfDecoded } from '../protocol/commands.ts';
import type { TextChange } from '../protocol/lsp.ts';
import type { Binding, Settings } from '../protocol/settings.ts';
import type { HeldAgainst, LogContext } from '../service/context.ts';
import { DecodedLog } from '../service/decoded/log.ts';
import { LogDocument } from '../service/log/document.ts';
import { nameOf } from '../service/log/navigation.ts';

export interface LogHost {
  readonly digests: Digests;
  /** Content of a file by its URI; ENOENT. */
  read(uri: string): Promise<Uint8Array>;
  /** URIs of the files of the workspace with a name like one of these, such as `*.tsmlog`. */
  find(globs: readonly string[]): Promise<readonly string[]>;
  providers(): Promise<readonly Provider[]>;
  pause(): Promise<void>;
}

/** A decoded log, and the lengths of the lines of its text. */
export interface ShownLog {
  readonly log: DecodedLog;
  readonly lengths: readonly number[];
}

/** Names of text logs. */
const LOG_FILES = ['*.tsmlog', '*.aael', 'event_log'];

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');

export class OpenLogs {
  private readonly documents = new Map<string, LogDocument>();
  private readonly shown = new Map<string, ShownLog>();
  private readonly contexts = new Map<string, LogContext>();
  private readonly host: LogHost;
  settings: Settings = {};
  /** URIs of the workspace's folders. */
  folders: readonly string[] = [];

  constructor(host: LogHost) {
    this.host = host;
  }

  all(): LogDocument[] {
    return [...this.documents.values()];
  }

  get(uri: string): LogDocument | undefined {
    return this.documents.get(uri);
  }

  others(uri: string): LogDocument[] {
    return this.all().filter((document) => document.uri !== uri);
  }

  context(uri: string): LogContext {
    return this.contexts.get(uri) ?? {};
  }

  /** Undefined for a document of another language. */
  open(uri: string, languageId: string, version: number, text: string): LogDocument | undefined {
    if (languageId !== LANGUAGE_ID && !/\.(tsmlog|aael)$|\/event_log$/.test(uri)) return undefined;
    const document = new LogDocument(uri, version, text, { digests: this.host.digests });
    this.documents.set(uri, document);
    return document;
  }

  change(uri: string, changes: readonly TextChange[], version: number): LogDocument | undefined {
    const document = this.documents.get(uri);
    document?.update(changes, version);
    const { divergence, ...rest } = this.context(uri);
    if (divergence !== undefined) this.contexts.set(uri, rest);
    return document;
  }

  /** A decoded binary log that is shown as text; undefined for any other document. */
  decoded(uri: string): ShownLog | undefined {
    return this.shown.get(uri);
  }

  /** Reads the log behind a virtual document. Tells whether there is one. */
  async openDecoded(uri: string, text: string): Promise<boolean> {
    const source = sourceOfDecoded(uri);
    if (source === undefined) return false;
    const bytes = await this.host.read(source);
    const found = unwrap(bytes, (content) => isLog(content) || undefined);
    if (!found) return false;
    const lengths = text.split('\n').map(({ length }) => length);
    this.shown.set(uri, { log: new DecodedLog(decodeLog(found.bytes), this.host.digests), lengths });
    return true;
  }

  close(uri: string): void {
    this.shown.delete(uri);
    this.documents.delete(uri);
    this.contexts.delete(uri);
  }

  /** Looks for the evidence of an open log again. Tells what went wrong, for a person. */
  async findContext(uri: string): Promise<string | undefined> {
    const { context, failure } = await this.contextOf(uri);
    if (this.documents.has(uri)) this.contexts.set(uri, context);
    return failure;
  }

  /** Looks for the record where log and evidence part: slow. Tells whether there is one that was not known. */
  findDivergence(uri: string): boolean {
    const document = this.documents.get(uri);
    const context = this.context(uri);
    if (!document || !context.evidence || context.divergence !== undefined) return false;
    const divergence = document.recordAfterValue(context.evidence.value);
    if (divergence === undefined) return false;
    this.contexts.set(uri, { ...context, divergence });
    return true;
  }

  /** What a log is held against by the settings: also one that is not open. */
  async contextOf(uri: string): Promise<{ context: LogContext; failure?: string }> {
    const providers = await this.host.providers();
    const chosen = providers.find(({ id }) => id === (this.settings.provider ?? 'tdx'));
    const registers = chosen?.registers.filter(({ extensible }) => extensible).map(({ name }) => name) ?? [];
    const binding = this.bindingOf(uri);
    const named = binding?.register === undefined ? {} : { register: binding.register.toLowerCase() };
    const context: LogContext = { registers, ...named };
    if (binding?.evidence === undefined) return { context };
    try {
      return { context: { ...context, evidence: await this.evidence(uri, binding, providers) } };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { context, failure: `${nameOf(uri)} is not held against ${binding.evidence}: ${why}` };
    }
  }

  private bindingOf(uri: string): Binding | undefined {
    return this.settings.bindings?.find(({ log }) => {
      const path = decodeURI(uri);
      return path === log || path.endsWith(`/${log.replace(/^\.?\//, '')}`);
    });
  }

  private async evidence(
    log: string,
    { evidence = '', register }: Binding,
    providers: readonly Provider[],
  ): Promise<HeldAgainst> {
    const path = encodeURI(evidence);
    const bases = [log, ...this.folders.map((folder) => `${folder.replace(/\/$/, '')}/`)];
    for (const base of bases) {
      const uri = new URL(path, base).href;
      const bytes = await this.host.read(uri).catch((error: unknown) => {
        if (isMissing(error)) return undefined;
        throw error;
      });
      if (bytes) return { uri, ...this.valueIn(bytes, register, evidence, providers) };
    }
    throw new TsmError('ENOENT', 'there is no such file beside the log or in the workspace');
  }

  private valueIn(
    bytes: Uint8Array,
    register: string | undefined,
    name: string,
    providers: readonly Provider[],
  ): Omit<HeldAgainst, 'uri'> {
    const found = unwrap(bytes, (content) =>
      providers.find(({ evidence }) => evidence?.recognise(content))?.evidence?.decode(content),
    );
    if (!found) throw new TsmError('EINVAL', 'it is no evidence that is known here');
    const { registers } = found.content;
    const value = registers.find((one) => one.name === register?.toLowerCase())?.value;
    if (value) return { name, value };
    const names = registers.map((one) => one.name).join(', ');
    throw new TsmError('EINVAL', `it has no register ${register ?? '(none is named)'}; it has ${names}`);
  }

  /** Logs of the workspace that are not open. One that cannot be read is left out by name. */
  async closed(): Promise<{ documents: LogDocument[]; failures: string[] }> {
    const uris = (await this.host.find(LOG_FILES)).filter((uri) => !this.documents.has(uri));
    const documents: LogDocument[] = [];
    const failures: string[] = [];
    for (const uri of uris) {
      try {
        const text = new TextDecoder().decode(await this.host.read(uri));
        documents.push(new LogDocument(uri, 0, text, { digests: this.host.digests }));
      } catch (error) {
        failures.push(`${nameOf(uri)}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return { documents, failures };
  }
}
