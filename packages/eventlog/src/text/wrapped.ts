/**
 * Lines of a text log inside other formats: as EV_ACTION of a crypto-agile log, and as records of a CEL in JSON with a
 * content type of their own. Comments and direct extends have no counterpart there. Source: linux-coco, tsm: Unified
 * Measurement Register ABI for TVMs, the thread on formats (2024-09).
 */
import { ALGORITHMS, utf8Text, type AlgorithmName, type Digests } from '@tsm/core';
import type { CelIndex, CelRecord } from '../cel/model.ts';
import type { EventContent } from '../event-data/content.ts';
import { titleText } from '../event-data/text.ts';
import type { LogEvent } from '../log.ts';
import type { TcgEvent } from '../tcg/encode.ts';
import { opensLog, splitEvent } from './line.ts';

const EV_ACTION = 5;

/** The measured line of a record, or undefined for a direct extend. */
const lineOf = ({ typeName, data }: LogEvent): Uint8Array | undefined =>
  typeName === '.EXTEND' ? undefined : data;

/** A record of a text log as EV_ACTION; undefined for a direct extend, which no event stands for. */
export function textAsTcg(
  event: LogEvent,
  register: number,
  algorithms: readonly AlgorithmName[],
  digests: Digests,
): TcgEvent | undefined {
  const data = lineOf(event);
  if (!data) return undefined;
  const all = algorithms.map((name) => [name, digests.digest(name, data)] as const);
  return { register, type: EV_ACTION, data, digests: Object.fromEntries(all) };
}

/** A record of a text log for `encodeCelJson`; undefined for a direct extend. */
export function textAsCel(
  event: LogEvent,
  index: CelIndex,
  algorithms: readonly AlgorithmName[],
  digests: Digests,
): CelRecord | undefined {
  const data = lineOf(event);
  if (!data) return undefined;
  const all = algorithms.map((name) => ({
    tcgId: ALGORITHMS[name].tcgId,
    digest: digests.digest(name, data),
  }));
  return { index, digests: all, contentType: 'tsm_text', content: { data } };
}

/** A line in words. */
export function lineContent(line: Uint8Array): EventContent {
  const text = utf8Text(line);
  const parts = opensLog(text) ? undefined : splitEvent(text);
  const kind = parts ? 'text-event' : 'text';
  return { kind, title: titleText(text), fields: parts ?? { text }, tree: undefined, issues: [] };
}
