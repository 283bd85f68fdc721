/**
 * What a measurement of systemd means, and what its digest is of: the word in `string`, without a NUL; a secret keyed
 * hash for some, of which `string` is only a description. Source: systemd, `tpm2-measure.log` and pcrlock.
 */
import { utf8Bytes } from '@tsm/core';
import type { EventContent } from '../event-data/content.ts';
import { titleText } from '../event-data/text.ts';
import type { LogEvent } from '../log.ts';
import { checkAgainst } from '../records/check.ts';
import { shown, type JsonObject } from '../records/json.ts';

/** Event types whose digest is of the word, whatever the version of systemd. */
const MEASURED_WORDS: ReadonlySet<unknown> = new Set([
  ...['phase', 'filesystem', 'machine-id', 'product-id', 'os-separator', 'nvpcr-separator', 'login'],
]);

/** Type, data and digest rule of a measurement. */
export function systemdEvent(
  content: JsonObject,
): Pick<LogEvent, 'typeName' | 'data' | 'dataOffset'> & Required<Pick<LogEvent, 'check'>> {
  const { string, eventType } = content;
  const data = utf8Bytes(typeof string === 'string' ? string : '');
  const candidates = [{ covers: 'the word', bytes: data }];
  const strict = MEASURED_WORDS.has(eventType);
  return {
    typeName: typeof eventType === 'string' ? eventType.slice(0, 64) : 'systemd',
    data,
    dataOffset: -1,
    check: strict ? checkAgainst(candidates) : checkAgainst(candidates, 'a keyed hash, or other bytes'),
  };
}

/** A measurement in words. */
export function systemdContent(content: JsonObject): EventContent {
  const { string, eventType } = content;
  const kind = typeof eventType === 'string' ? `${eventType} ` : '';
  const title = titleText(`${kind}${typeof string === 'string' ? string : shown(string)}`);
  return { kind: 'systemd', title, fields: content, tree: undefined, issues: [] };
}
