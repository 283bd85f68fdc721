/**
 * A record of a Canonical Event Log as an event: register, digests, what it means, and what its digest is of.
 * Source: TCG Canonical Event Log Format 1.1; go-tpm-tools: the digest of a record of Container-Optimized OS is of the
 * whole content TLV; systemd, pcrlock.
 */
import { ALGORITHMS, algorithmOfTcgId, utf8Text } from '@tsm/core';
import type { EventContent } from '../event-data/content.ts';
import { decodeContent } from '../event-data/decode.ts';
import { hexTitle, titleText } from '../event-data/text.ts';
import { eventTypeName } from '../event-types.ts';
import { IMA_TYPE } from '../ima/entry.ts';
import { imaContent } from '../ima/template.ts';
import type { EventDigest, LogEvent } from '../log.ts';
import { checkAgainst, isViolation, type EventCheck } from '../records/check.ts';
import { objectOf, parseRange } from '../records/json.ts';
import type { LogRecord, Step } from '../records/record-log.ts';
import { systemdContent, systemdEvent } from '../systemd/event.ts';
import { EV_NO_ACTION, MAX_REGISTER } from '../tcg/walk.ts';
import { lineContent } from '../text/wrapped.ts';
import { NV_FIRST, pairOf, shapeOf, type CelContent, type ReadCel } from './model.ts';
import { contentTlv } from './tlv.ts';

/** What depends on the content. */
type Meaning = Pick<LogEvent, 'type' | 'typeName' | 'data' | 'dataOffset' | 'content'> & {
  readonly measured?: boolean;
  readonly check?: EventCheck | undefined;
  readonly steps?: LogRecord['steps'];
};

/** Content without byte ranges of its own: issues are about the record. */
function placed(content: EventContent, offset: number, length: number): EventContent {
  return { ...content, tree: undefined, issues: content.issues.map((one) => ({ ...one, offset, length })) };
}

function plain(kind: string, title: string, fields: Record<string, unknown>): () => EventContent {
  return () => ({ kind, title: titleText(title), fields, tree: undefined, issues: [] });
}

/** The data as text where it is text. */
function shownData(data: Uint8Array): string {
  const text = utf8Text(data.subarray(0, 256));
  // eslint-disable-next-line no-control-regex -- text holds none of these
  return data.length > 0 && !/[\u0000-\u0008\u000e-\u001f\ufffd]/.test(text) ? text : hexTitle(data);
}

function pair(record: ReadCel, type: number): Meaning {
  const { contentType, content, contentOffset } = record;
  const row = pairOf(contentType, type);
  const whole = contentTlv(contentType, content);
  const name = row?.name ?? String(type);
  const title = `${row?.title ?? name}${content.data.length > 0 ? ` ${shownData(content.data)}` : ''}`;
  const candidates = [
    { covers: 'the content TLV', bytes: whole },
    { covers: 'data', bytes: content.data },
  ];
  const fields = { contentType, name, type, value: content.data };
  return {
    ...{
      type: 0,
      typeName: contentType === 'cel' ? name : `${contentType} ${name}`,
      data: whole,
      dataOffset: contentOffset,
    },
    content: plain(contentType, title, fields),
    check:
      contentType === 'cos'
        ? checkAgainst(candidates.slice(0, 1))
        : checkAgainst(candidates, 'something else'),
    measured: row?.measured !== false,
  };
}

function firmware(record: ReadCel, type: number, offset: number, length: number, number: number): Meaning {
  const { content, dataOffset } = record;
  const { data } = content;
  return {
    ...{ type, typeName: eventTypeName(type), data, dataOffset, measured: type !== EV_NO_ACTION },
    content: () => {
      const path = `events[${String(number)}].content`;
      const found = decodeContent(type, data, { offset: Math.max(0, dataOffset), path });
      return dataOffset < 0 ? placed(found, offset, length) : found;
    },
  };
}

/** IMA's template data; a digest of zeros is a violation, and extends all ones. */
function template({ content, dataOffset, digests }: ReadCel, name: string): Meaning {
  const { data } = content;
  const violation = digests.some(({ digest }) => isViolation(digest));
  const steps = (): Step[] =>
    digests.map(({ tcgId, digest }) => ({
      algorithm: algorithmOfTcgId(tcgId),
      digest: new Uint8Array(digest.length).fill(0xff),
    }));
  return {
    ...{ type: IMA_TYPE, typeName: name, data, dataOffset },
    content: () => imaContent(name, data, violation),
    check: violation
      ? checkAgainst([], 'nothing: a violation')
      : checkAgainst([{ covers: 'template data', bytes: data }]),
    ...(violation ? { steps } : {}),
  };
}

function json({ contentType, content, dataOffset }: ReadCel): Meaning {
  const object = objectOf(parseRange(content.data, 0, content.data.length));
  if (contentType === 'systemd' && object)
    return { type: 0, ...systemdEvent(object), content: () => systemdContent(object) };
  return {
    type: 0,
    typeName: contentType,
    data: content.data,
    dataOffset,
    content: plain(contentType, shownData(content.data), {
      contentType,
      ...(object ?? { data: content.data }),
    }),
  };
}

function bytes({ contentType, content, dataOffset }: ReadCel): Meaning {
  const { data } = content;
  const title = hexTitle(data);
  return {
    type: 0,
    typeName: contentType,
    data,
    dataOffset,
    content: plain(contentType, title, { contentType, data }),
  };
}

function line({ contentType, content, dataOffset }: ReadCel): Meaning {
  const { data } = content;
  const check = checkAgainst([{ covers: 'the line', bytes: data }]);
  return { type: 0, typeName: contentType, data, dataOffset, check, content: () => lineContent(data) };
}

function meaningOf(record: ReadCel, offset: number, length: number, number: number): Meaning {
  const { type, name }: CelContent = record.content;
  const shape = shapeOf(record.contentType);
  if (shape === 'pair' && type !== undefined) return pair(record, type);
  if (shape === 'event' && type !== undefined) return firmware(record, type, offset, length, number);
  if (shape === 'template' && name !== undefined) return template(record, name);
  if (shape === 'json') return json(record);
  return shape === 'line' ? line(record) : bytes(record);
}

/** The first digest of each algorithm; one of a wrong size has no algorithm, so that nothing extends by it. */
export function celDigests({
  digests,
  digestOffsets,
}: Pick<ReadCel, 'digests' | 'digestOffsets'>): EventDigest[] {
  const seen = new Set<number>();
  return digests.flatMap(({ tcgId, digest }, i) => {
    if (seen.has(tcgId)) return [];
    seen.add(tcgId);
    const known = algorithmOfTcgId(tcgId);
    const algorithm = known && ALGORITHMS[known].size === digest.length ? known : undefined;
    return [{ tcgId, algorithm, digest, offset: digestOffsets[i] ?? -1 }];
  });
}

/** Does this register exist in the log's numbering? */
export function isRegister({ index }: Pick<ReadCel, 'index'>, numbering: 'pcr' | 'ccMr'): boolean {
  if (index.kind === 'ccmr') return numbering === 'ccMr' && index.value <= MAX_REGISTER;
  return (
    numbering === 'pcr' &&
    (index.kind === 'nv_index' || index.value <= MAX_REGISTER || index.value >= NV_FIRST)
  );
}

/** The record as an event of the log. */
export function celEvent(
  record: ReadCel,
  numbering: 'pcr' | 'ccMr',
  [start, end, number]: readonly [start: number, end: number, number: number],
): LogRecord {
  const { measured = true, ...meaning } = meaningOf(record, start, end - start, number);
  return {
    register: record.index.value,
    digests: celDigests(record),
    ...meaning,
    measured: measured && isRegister(record, numbering),
  };
}
