/** Messages of SPDM for people and for `--json`: what a table row says, and every field of one message. */
import { printable } from '@tsm/core';
import type { MessageText, ObservedMessage } from '@tsm/pci-tdisp';
import type { Cli } from '../cli.ts';
import { treeJson, treeLines } from './fields.ts';
import { indented } from './words.ts';

const ARROWS = { requester: '→', responder: '←' };
const VENDOR_DEFINED = /^VENDOR_DEFINED/;

/** Name and details. What a vendor-defined message carries says more than that it is one. */
function titleOf({ name, detail }: MessageText): string {
  const carries = VENDOR_DEFINED.test(name) && /^(IDE_KM|TDISP) /.test(detail);
  return printable(carries || detail === '' ? detail || name : `${name} ${detail}`);
}

/** One row a data object; a message that came in chunks stands with the last of them. */
export function sayMessages(cli: Cli, messages: readonly ObservedMessage[]): void {
  cli.sayTable(
    [
      { title: '#', align: 'right' },
      { title: '' },
      { title: 'session' },
      { title: 'message', fill: true },
      { title: 'bytes', align: 'right' },
    ],
    messages.map((message) => {
      const { packet, from, session, size, whole } = message;
      const how = message.name === 'CHUNK_SEND_ACK' ? 'in an ACK' : 'in chunks';
      const text = whole ? `${titleOf(whole)}, ${how}: ${message.detail}` : titleOf(message);
      return [String(packet), ARROWS[from], session ?? '–', text, String(size)];
    }),
  );
}

/** A message with every field and its bytes. */
export function sayMessage(cli: Cli, message: ObservedMessage): void {
  const { packet, from, session, name, detail, fields, whole } = message;
  const where = session === null ? '' : `, session ${session}`;
  cli.say(`  ${cli.style.strong(name)}  packet ${String(packet)} ${ARROWS[from]} by the ${from}${where}`);
  if (detail !== '') for (const line of indented(printable(detail), 2, cli.io.columns)) cli.say(line);
  if (fields) for (const line of treeLines(cli, fields)) cli.say(line);
  else cli.say(`  ${cli.style.quiet('its fields cannot be read')}`);
  if (!whole) return;
  cli.say(`  ${cli.style.strong(whole.name)}  the whole message, which ended here`);
  if (whole.detail !== '')
    for (const line of indented(printable(whole.detail), 2, cli.io.columns)) cli.say(line);
  if (whole.fields) for (const line of treeLines(cli, whole.fields)) cli.say(line);
}

function textJson({ name, detail, bytes, fields }: MessageText, withFields: boolean) {
  return { name, detail, bytes, ...(withFields ? { fields: fields ? treeJson(fields) : null } : {}) };
}

export function messageJson(message: ObservedMessage, withFields = false): unknown {
  const { packet, from, session, size, whole } = message;
  const text = textJson(message, withFields);
  const { name, detail, bytes, ...more } = text;
  return {
    ...{ packet, from, session, name, detail, size, bytes, ...more },
    ...(whole ? { whole: textJson(whole, withFields) } : {}),
  };
}
