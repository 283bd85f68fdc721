/**
 * Events as a text log of one register. A line stays a line where its hash is what extends the register; everything else
 * is a direct extend, with a comment that says what it was. No SYNC is added: the line itself would extend the register.
 * Source: linux-coco, tsm: Unified Measurement Register ABI for TVMs, RFC patch 2/3 (2024-09).
 */
import { concatAll, equalBytes, printable, toHex, utf8Bytes, utf8Text } from '@tsm/core';
import type { TextDialect } from '../log.ts';
import { forEachLine, isTrimmed, lineKind, LF } from '../text/line.ts';
import { EV_COMPACT_HASH } from './firmware.ts';
import type { Draft, Refusal } from './model.ts';
import { refusal } from './refusal.ts';
import { extendsNothing, type Selection } from './selection.ts';
import type { SourceEvent } from './source.ts';

const NEW_LINE = Uint8Array.of(LF);
/** Longest comment, in characters. */
const MAX_COMMENT = 100;

/** Bytes that the dialect would read as one line, and hash. Words of the log itself are only kept from other text logs. */
function isLine({ contentType, event: { data } }: SourceEvent, dialect: TextDialect): boolean {
  if (data.includes(LF) || (contentType !== 'tsm_text' && !isCleanText(data))) return false;
  const kind = lineKind(data, 0, data.length, dialect);
  return kind === 'event' || (contentType === 'tsm_text' && (kind === 'sync' || kind === 'init'));
}

/** Text as a person would write it into a log. */
function isCleanText(data: Uint8Array): boolean {
  const text = utf8Text(data);
  return /^\P{C}+$/u.test(text) && isTrimmed(text) && equalBytes(utf8Bytes(text), data);
}

/** Is the hash of the data what the event extends? */
function extendsByHash({ event: { data }, extends: [step] }: SourceEvent, { digests }: Selection): boolean {
  return step !== undefined && equalBytes(digests.digest(step.algorithm, data), step.digest);
}

/** A direct extend that was one before. */
function isDirect({ contentType, content: { type, data } }: SourceEvent): boolean {
  const hashed = contentType === 'pcclient_std' && type === EV_COMPACT_HASH;
  return hashed && lineKind(data, 0, data.length, 'rfc') === 'extend';
}

function comment({ event }: SourceEvent): Uint8Array {
  const title = event.content().title;
  const text = `# event ${String(event.number)}, ${event.typeName}${title === '' ? '' : `: ${title}`}`;
  return utf8Bytes(printable(text).slice(0, MAX_COMMENT));
}

/** The lines of an event, or undefined where the dialect has none for it. */
function linesOf(one: SourceEvent, selection: Selection): Uint8Array[] | undefined {
  const { dialect } = selection;
  const [step] = one.extends;
  if (isLine(one, dialect) && extendsByHash(one, selection)) return [one.event.data];
  if (dialect !== 'rfc' || !step) return undefined;
  const extend = utf8Bytes(`# .EXTEND ${toHex(step.digest)}`);
  return isDirect(one) ? [extend] : [comment(one), extend];
}

const finished = (lines: readonly Uint8Array[]): Uint8Array =>
  concatAll(lines.flatMap((line) => [line, NEW_LINE]));

const holds = (dialect: TextDialect): string => (dialect === 'rfc' ? 'lines and direct extends' : 'lines');

export function toText(selection: Selection): Draft | Refusal {
  const { events, source, dialect, format } = selection;
  const kept = events.filter((one) => !extendsNothing(one));
  const lines: Uint8Array[] = [];
  for (const one of kept) {
    const found = linesOf(one, selection);
    if (!found) {
      const { number, typeName: type } = one.event;
      return refusal('convert.event-kind', {
        ...{ format: `${format} (${dialect})`, holds: holds(dialect), event: number, type },
      });
    }
    lines.push(...found);
  }
  const from = kept.map(({ event }) => event.number);
  const asTheyAre =
    source.log.format === 'tsm-text' && lines.every((line, i) => line === source.events[i]?.event.data);
  return { bytes: asTheyAre ? withComments(selection) : finished(lines), from };
}

/** The lines of a text log as they are, but for those that another dialect would count as events. */
function withComments({ source, dialect }: Selection): Uint8Array {
  const { bytes, dialect: before = 'rfc' } = source.log;
  const lines: Uint8Array[] = [];
  forEachLine(bytes, (start, end) => {
    const silent = (one: TextDialect): boolean => {
      const kind = lineKind(bytes, start, end, one);
      return kind === 'comment' || kind === 'blank';
    };
    if (!silent(before) || silent(dialect)) lines.push(bytes.subarray(start, end));
  });
  return finished(lines);
}
