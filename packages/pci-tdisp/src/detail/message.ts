/** A message for people: its name, what it is about, and its fields. */
import { decode, type Node } from '@tsm/core/layout';
import { DiscoveryRequest, DiscoveryResponse, DOE_TYPE, PCI_SIG } from '../doe/layout.ts';
import type { DecodedMessage } from '../spdm/connection.ts';
import type { MessageContext } from '../spdm/layout/context.ts';
import { AUTHENTICATION } from './authentication.ts';
import { EXCHANGE } from './exchange.ts';
import { fieldsOf } from './fields.ts';
import { NEGOTIATION } from './negotiation.ts';
import { SESSION } from './session.ts';
import { hex, listed, type Words } from './words.ts';

/** What is said of a message. */
export interface MessageText {
  /** `GET_VERSION`; `DOE_DISCOVERY`; `SECURED_MESSAGE` when it could not be decrypted. */
  readonly name: string;
  /** What it is about, in a few words: `slot 0, 1024 bytes from 0`, `TDISP LOCK_INTERFACE_REQUEST, …`; `''` for nothing more. */
  readonly detail: string;
  /** The message itself, decrypted where it could be, without padding. */
  readonly bytes: Uint8Array;
  /** Its fields; offsets are in `bytes`. Undefined where they cannot be read. */
  readonly fields: Node | undefined;
}

const WORDS: ReadonlyMap<number, Words> = new Map([
  ...NEGOTIATION,
  ...AUTHENTICATION,
  ...SESSION,
  ...EXCHANGE,
]);

/** A message of SPDM. `context`: of the connection that it was read in. */
export function spdmText(message: DecodedMessage, context: MessageContext): MessageText {
  const { name, code, bytes, value } = message;
  const detail = value ? (WORDS.get(code)?.(value as never) ?? '') : '';
  return { name, detail, bytes, fields: fieldsOf(message, context) };
}

const TYPES = new Map(
  Object.entries(DOE_TYPE).map(([name, type]) => [type as number, name.replace('_', ' ')]),
);

function discoveryDetail(body: Uint8Array, request: boolean): string {
  if (request) {
    const asked = decode(DiscoveryRequest, body).value;
    return asked ? `index ${String(asked.index)}` : '';
  }
  const { value } = decode(DiscoveryResponse, body);
  if (!value) return '';
  const { vendorId, type, nextIndex } = value;
  const known = vendorId === PCI_SIG ? `PCI-SIG ${TYPES.get(type) ?? hex(type)}` : undefined;
  return listed(
    known ?? `vendor ${hex(vendorId, 4)} type ${hex(type)}`,
    nextIndex === 0 ? 'the last' : `next index ${String(nextIndex)}`,
  );
}

/** A discovery of DOE. */
export function discoveryText(body: Uint8Array, request: boolean): MessageText {
  const { tree } = request ? decode(DiscoveryRequest, body) : decode(DiscoveryResponse, body);
  return { name: 'DOE_DISCOVERY', detail: discoveryDetail(body, request), bytes: body, fields: tree };
}
