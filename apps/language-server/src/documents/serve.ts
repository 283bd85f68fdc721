/** Answers the requests about logs and evidence. Nothing is kept but what the library decoded. */
import { fromHex, toHex, TsmError, type Digests, type SignatureVerifier } from '@tsm/core';
import {
  convert,
  diffLogs,
  diffText,
  explain,
  LOG_FORMATS,
  logText,
  replay,
  TEXT_DIALECTS,
} from '@tsm/eventlog';
import { createVerifyCache } from '@tsm/evidence';
import { toBase64 } from '../machines/base64.ts';
import { answer, type Channel } from '../machines/channel.ts';
import type { Params, Requests, Result } from '../protocol/requests.ts';
import { comparisonView, held } from './held.ts';
import { Library, nameOf, type Files } from './library.ts';
import { Tables } from './rows.ts';
import { evidenceText, evidenceView, logSummary } from './summary.ts';
import { eventTree } from './tree-view.ts';
import { verify } from './verdict.ts';

export interface DocumentHost extends Files {
  readonly digests: Digests;
  /** Default: WebCrypto. */
  readonly verifier?: SignatureVerifier;
  readonly now: () => Date;
  /** Lets others run, between slices of a long search. */
  readonly pause: () => Promise<void>;
}

/** Extends that one search computes at most, where nobody says how many. */
const BUDGET = 20_000_000;

type DocumentMethod =
  `tsm/${'decode' | 'rows' | 'tree' | 'text' | 'verify' | 'compare' | 'explain' | 'diff' | 'convert'}`;
type Handlers = {
  readonly [M in DocumentMethod & keyof Requests]: (params: Params<M>) => Promise<Result<M>>;
};

class Documents {
  private readonly host: DocumentHost;
  private readonly library: Library;
  private readonly tables: Tables;
  private readonly cache = createVerifyCache();

  constructor(host: DocumentHost) {
    this.host = host;
    this.library = new Library(host);
    this.tables = new Tables(host.digests);
  }

  async decode({ source, evidence }: Params<'tsm/decode'>): Promise<Result<'tsm/decode'>> {
    const known = await this.library.known(source);
    const { bytes, wrapping } = known;
    const common = { wrapping, size: bytes.length, base64: toBase64(bytes) };
    if (known.kind === 'evidence')
      return { ...common, kind: 'evidence', evidence: evidenceView(known.evidence, known.provider) };
    if (known.kind === 'unknown')
      return {
        ...{ ...common, kind: 'unknown' },
        message: `${nameOf(source)} is neither an event log nor evidence that is known here`,
      };
    const found = evidence && (await this.library.evidence(evidence));
    const { digests } = this.host;
    const comparison = found && held(known.log, found, undefined, digests);
    return { ...common, kind: 'log', log: logSummary(known.log, digests, comparison) };
  }

  async rows({ source, from, count, filter = {}, bank }: Params<'tsm/rows'>): Promise<Result<'tsm/rows'>> {
    return this.tables.of(await this.library.log(source), bank).part(from, count, filter);
  }

  async tree({ source, event }: Params<'tsm/tree'>): Promise<Result<'tsm/tree'>> {
    const log = await this.library.log(source);
    if (!(event >= 0 && event < log.count))
      throw new TsmError('EINVAL', `event ${String(event)}: the log has ${String(log.count)}`);
    return eventTree(log, event, this.host.digests);
  }

  async text({ source }: Params<'tsm/text'>): Promise<Result<'tsm/text'>> {
    const known = await this.library.known(source);
    if (known.kind === 'log') return { text: logText(known.log, { digests: this.host.digests }) };
    if (known.kind === 'evidence')
      return { text: evidenceText(evidenceView(known.evidence, known.provider)) };
    throw new TsmError('EINVAL', `${nameOf(source)} is neither an event log nor evidence that is known here`);
  }

  verify(params: Params<'tsm/verify'>): Promise<Result<'tsm/verify'>> {
    return verify(this.library, { ...this.host, cache: this.cache }, params);
  }

  async compare({ log, register, evidence }: Params<'tsm/compare'>): Promise<Result<'tsm/compare'>> {
    const found = await this.library.evidence(evidence);
    return comparisonView(held(await this.library.log(log), found, register, this.host.digests));
  }

  async explain(params: Params<'tsm/explain'>): Promise<Result<'tsm/explain'>> {
    const { register, knownGood, budget = BUDGET } = params;
    const { digests, pause } = this.host;
    const log = await this.library.log(params.log);
    const expected = await this.expected(params);
    const wanted = replay(log, { digests, register }).registers.filter(({ name }) => name === register);
    const target = wanted.find(({ value }) => value.length === expected.length);
    if (!target) throw new TsmError('EINVAL', `the log says nothing of ${register}`);
    const found = await explain(log, {
      ...{ register: target.register, algorithm: target.algorithm, expected, budget, digests, pause },
      ...(knownGood ? { knownGood: await this.library.log(knownGood) } : {}),
    });
    return {
      ...{ found: found.found, unique: found.unique, stopped: found.stopped, notSearched: found.notSearched },
      tried: found.searched.reduce((sum, { candidates }) => sum + candidates, 0),
      edits: found.edits.map(({ kind, event, words, digest, name }) => ({
        ...{ kind, event, words },
        ...(digest ? { digest: toHex(digest) } : {}),
        ...(name === undefined ? {} : { name }),
      })),
    };
  }

  /** The value that the register shall have. */
  private async expected({ register, expected, evidence }: Params<'tsm/explain'>): Promise<Uint8Array> {
    if (expected !== undefined) {
      const value = fromHex(expected);
      if (value) return value;
      throw new TsmError('EINVAL', `expected value ${JSON.stringify(expected)}: not hex`);
    }
    if (!evidence)
      throw new TsmError('EINVAL', 'which value shall the register have? name evidence, or a value');
    const found = await this.library.evidence(evidence);
    const value = found.evidence.registers.find(({ name }) => name === register)?.value;
    if (value) return value;
    throw new TsmError('EINVAL', `${nameOf(evidence)} has no register ${register}`);
  }

  async diff({ logs }: Params<'tsm/diff'>): Promise<Result<'tsm/diff'>> {
    const all = await Promise.all(logs.map((one) => this.library.log(one)));
    const diff = diffLogs(all, { digests: this.host.digests });
    return { text: diffText(diff), equal: diff.diffs.every(({ equal }) => equal) };
  }

  async convert(params: Params<'tsm/convert'>): Promise<Result<'tsm/convert'>> {
    const format = LOG_FORMATS.find((one) => one === params.format);
    if (!format)
      throw new TsmError('EINVAL', `format ${params.format}: expected one of ${LOG_FORMATS.join(', ')}`);
    const { digests } = this.host;
    const log = await this.library.log(params.log);
    const dialect = TEXT_DIALECTS.find((one) => one === params.dialect);
    const algorithm = log.algorithms.find((one) => one === params.algorithm);
    const target = {
      ...{ format },
      ...(dialect ? { dialect } : {}),
      ...(algorithm ? { algorithm } : {}),
      ...(params.register === undefined ? {} : { register: params.register }),
    };
    const { bytes, losses, refused } = convert(log, target, { digests });
    return refused ? { refused } : { base64: toBase64(bytes), losses: losses.map(({ words }) => words) };
  }
}

export function serveDocuments(channel: Channel, host: DocumentHost): void {
  const documents = new Documents(host);
  const handlers: Handlers = {
    'tsm/decode': (params) => documents.decode(params),
    'tsm/rows': (params) => documents.rows(params),
    'tsm/tree': (params) => documents.tree(params),
    'tsm/text': (params) => documents.text(params),
    'tsm/verify': (params) => documents.verify(params),
    'tsm/compare': (params) => documents.compare(params),
    'tsm/explain': (params) => documents.explain(params),
    'tsm/diff': (params) => documents.diff(params),
    'tsm/convert': (params) => documents.convert(params),
  };
  for (const [method, handler] of Object.entries(handlers)) answer(channel, method, handler);
}
