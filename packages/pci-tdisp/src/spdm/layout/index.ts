/** Every SPDM message as a byte-layout table, by its code. Spec: DSP0274. */
import type { Layout } from '@tsm/core/layout';
import * as auth from './authentication.ts';
import type { MessageContext } from './context.ts';
import * as exchange from './exchange.ts';
import * as negotiation from './negotiation.ts';
import * as session from './session.ts';

/** The fields that every message has. */
export interface MessageHeader {
  readonly version: number;
  readonly code: number;
  readonly param1: number;
  readonly param2: number;
}

interface MessageRow {
  readonly layout: (context: MessageContext) => Layout<MessageHeader>;
  /** Version that has the message first. */
  readonly since: number;
}

const always =
  <T extends MessageHeader>(layout: Layout<T>): MessageRow['layout'] =>
  () =>
    layout;

const sized =
  <T extends MessageHeader>(layout: (context: MessageContext) => Layout<T>): MessageRow['layout'] =>
  (context) =>
    layout(context);

const row = (since: number, layout: MessageRow['layout']): MessageRow => ({ since, layout });

/** Messages by code: their layout, and the version that has them first. */
export const MESSAGES: ReadonlyMap<number, MessageRow> = new Map([
  [0x81, row(0x10, always(auth.GetDigests))],
  [0x01, row(0x10, sized(auth.Digests))],
  [0x82, row(0x10, sized(auth.GetCertificate))],
  [0x02, row(0x10, sized(auth.Certificate))],
  [0x83, row(0x10, sized(auth.Challenge))],
  [0x03, row(0x10, sized(auth.ChallengeAuth))],
  [0x84, row(0x10, always(negotiation.GetVersion))],
  [0x04, row(0x10, always(negotiation.Version))],
  [0x85, row(0x12, sized(exchange.ChunkSend))],
  [0x05, row(0x12, sized(exchange.ChunkSendAck))],
  [0x86, row(0x12, sized(exchange.ChunkGet))],
  [0x06, row(0x12, sized(exchange.ChunkResponse))],
  [0xe0, row(0x10, sized(auth.GetMeasurements))],
  [0x60, row(0x10, sized(auth.Measurements))],
  [0xe1, row(0x10, sized(negotiation.GetCapabilities))],
  [0x61, row(0x10, sized(negotiation.Capabilities))],
  [0xe3, row(0x10, always(negotiation.NegotiateAlgorithms))],
  [0x63, row(0x10, always(negotiation.Algorithms))],
  [0xe4, row(0x11, sized(session.KeyExchange))],
  [0x64, row(0x11, sized(session.KeyExchangeRsp))],
  [0xe5, row(0x11, sized(session.Finish))],
  [0x65, row(0x11, sized(session.FinishRsp))],
  [0xe6, row(0x11, always(session.PskExchange))],
  [0x66, row(0x11, sized(session.PskExchangeRsp))],
  [0xe7, row(0x11, sized(session.PskFinish))],
  [0x67, row(0x11, sized(session.PskFinishRsp))],
  [0xe8, row(0x11, always(session.Heartbeat))],
  [0x68, row(0x11, always(session.Heartbeat))],
  [0xe9, row(0x11, always(session.KeyUpdate))],
  [0x69, row(0x11, always(session.KeyUpdate))],
  [0xea, row(0x11, always(exchange.GetEncapsulatedRequest))],
  [0x6a, row(0x11, always(exchange.EncapsulatedRequest))],
  [0xeb, row(0x11, always(exchange.DeliverEncapsulatedResponse))],
  [0x6b, row(0x11, sized(exchange.EncapsulatedResponseAck))],
  [0xec, row(0x11, always(session.EndSession))],
  [0x6c, row(0x11, always(session.EndSession))],
  [0xfe, row(0x10, always(exchange.VendorDefinedRequest))],
  [0x7e, row(0x10, always(exchange.VendorDefinedResponse))],
  [0xff, row(0x10, always(exchange.RespondIfReady))],
  [0x7f, row(0x10, always(exchange.SpdmErrorResponse))],
]);

/** Messages of versions above 1.1 that are named and kept, but not read. */
const UNREAD: ReadonlyMap<number, number> = new Map([
  ...[0x87, 0x07, 0xe2, 0x62, 0xef, 0x6f, 0xf0, 0x70, 0xf1, 0x71, 0xfc, 0x7c, 0xfd, 0x7d].map(
    (code): [number, number] => [code, 0x13],
  ),
  ...[0xed, 0x6d, 0xee, 0x6e].map((code): [number, number] => [code, 0x12]),
]);

/** The layout of a message by its code; undefined for a code that the version does not have. */
export function layoutOf(code: number, context: MessageContext): Layout<MessageHeader> | undefined {
  const found = MESSAGES.get(code);
  if (found && context.version >= found.since) return found.layout(context);
  const since = UNREAD.get(code);
  if (since === undefined || context.version < since) return undefined;
  return exchange.OtherMessage;
}
