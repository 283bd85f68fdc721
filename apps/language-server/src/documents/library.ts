/** Files as what they are: a log, evidence, or neither; decoded once for each content. */
import { TsmError, unwrap, type Evidence, type Provider } from '@tsm/core';
import { decodeLog, isLog, type EventLog } from '@tsm/eventlog';
import { fromBase64 } from '../machines/base64.ts';
import type { Source } from '../protocol/requests.ts';

interface Content {
  readonly bytes: Uint8Array;
  readonly wrapping: readonly string[];
}

export type Known =
  | (Content & { readonly kind: 'log'; readonly log: EventLog })
  | (Content & { readonly kind: 'evidence'; readonly evidence: Evidence; readonly provider: Provider })
  | (Content & { readonly kind: 'unknown' });

/** Decoded files that are kept. */
const KEPT = 16;

export interface Files {
  /** Content of a file by its URI; ENOENT. An open document wins over the disk. */
  read(uri: string): Promise<Uint8Array>;
  providers(): Promise<readonly Provider[]>;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export const nameOf = (source: Source): string =>
  'uri' in source
    ? decodeURIComponent(source.uri.slice(source.uri.lastIndexOf('/') + 1))
    : (source.name ?? 'the content');

export class Library {
  private readonly files: Files;
  private readonly kept = new Map<
    string,
    { raw: Uint8Array; providers: readonly Provider[]; known: Known }
  >();

  constructor(files: Files) {
    this.files = files;
  }

  read(source: Source): Promise<Uint8Array> {
    return 'uri' in source ? this.files.read(source.uri) : Promise.resolve(fromBase64(source.base64));
  }

  async known(source: Source): Promise<Known> {
    const raw = await this.read(source);
    const providers = await this.files.providers();
    if (!('uri' in source)) return recognise(raw, providers);
    const before = this.kept.get(source.uri);
    this.kept.delete(source.uri);
    const fits = before !== undefined && before.providers === providers && sameBytes(before.raw, raw);
    const entry = fits ? before : { raw, providers, known: recognise(raw, providers) };
    this.kept.set(source.uri, entry);
    const [oldest] = this.kept.keys();
    if (this.kept.size > KEPT && oldest !== undefined) this.kept.delete(oldest);
    return entry.known;
  }

  /** EINVAL for what is no log. */
  async log(source: Source): Promise<EventLog> {
    const known = await this.known(source);
    if (known.kind === 'log') return known.log;
    throw new TsmError('EINVAL', `${nameOf(source)} is no event log of a format that is known here`);
  }

  /** EINVAL for what no provider recognises. */
  async evidence(source: Source): Promise<Extract<Known, { kind: 'evidence' }>> {
    const known = await this.known(source);
    if (known.kind === 'evidence') return known;
    const titles = (await this.files.providers()).map(({ title }) => title).join(', ');
    throw new TsmError(
      'EINVAL',
      `${nameOf(source)} is no evidence of a technology that is known here: ${titles}`,
    );
  }
}

function recognise(raw: Uint8Array, providers: readonly Provider[]): Known {
  const evidence = unwrap(raw, (content) => {
    const provider = providers.find((one) => one.evidence?.recognise(content));
    return provider?.evidence && { provider, evidence: provider.evidence.decode(content) };
  });
  if (evidence) {
    const { bytes, wrapping, content } = evidence;
    return { kind: 'evidence', bytes, wrapping, ...content };
  }
  const log = unwrap(raw, (content) => isLog(content) || undefined);
  if (!log) return { kind: 'unknown', bytes: raw, wrapping: [] };
  return { kind: 'log', bytes: log.bytes, wrapping: log.wrapping, log: decodeLog(log.bytes) };
}
