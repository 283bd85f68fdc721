/** Events, registers and digests in the words of the edits. */
import { shortHex } from '@tsm/core';
import type { EventLog } from '../log.ts';
import { registerIdentity } from '../replay.ts';

/** `18 EV_SEPARATOR`, and with `full` the title in quotation marks. */
function eventWords(log: EventLog, event: number, full = false): string {
  const found = log.event(event);
  const head = `${event} ${found.typeName}`;
  return full ? `${head} "${found.content().title}"` : head;
}

/** `event 18 EV_SEPARATOR "separator 00000000"`. */
export function theEvent(log: EventLog, event: number | null): string {
  return event === null ? 'the start' : `event ${eventWords(log, event, true)}`;
}

/** `RTMR1`, `PCR7`; `the register` where nobody named it. */
export function registerWords(log: EventLog, register: number): string {
  return registerIdentity(log, register).name?.toUpperCase() ?? 'the register';
}

/** Where something is missing: between which events. */
export function gapWords(log: EventLog, before: number | null, after: number | null): string {
  if (before !== null && after !== null)
    return `between ${eventWords(log, before)} and ${eventWords(log, after)}`;
  if (before !== null) return `after the last event, ${eventWords(log, before)},`;
  return after === null ? 'with no event in the log,' : `before the first event, ${eventWords(log, after)},`;
}

export function digestWords(digest: Uint8Array): string {
  return shortHex(digest, 8, 8);
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
