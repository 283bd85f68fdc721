/** What a third party checks in each message: its place in the run, its size, and the chunk that it is. */
import { SPDM_ISSUES } from '../issues.ts';
import type { Connection, DecodedMessage } from '../spdm/connection.ts';
import type { Say } from './exchange-checks.ts';
import type { Side } from './observed.ts';

const placeOf = (name: string, bytes: Uint8Array) => ({ path: name, offset: 0, length: bytes.length });

export function unexpected(say: Say, found: string, expected: string, bytes: Uint8Array): void {
  say(SPDM_ISSUES.make('spdm.unexpected', placeOf(found, bytes), { found, expected }));
}

/** No transfer is larger than its receiver takes; before capabilities there is no limit. */
export function checkTransfer(
  say: Say,
  { requester, responder }: Connection,
  from: Side,
  { bytes, name }: DecodedMessage,
): void {
  const limit = (from === 'requester' ? responder : requester)?.dataTransferSize ?? Infinity;
  if (bytes.length <= limit) return;
  const args = { found: String(bytes.length), expected: String(limit) };
  say(SPDM_ISSUES.make('spdm.transfer-size', placeOf(name, bytes), args));
}

export function checkChunk(say: Say, { name, bytes }: DecodedMessage, problem: string | undefined): void {
  if (problem !== undefined) say(SPDM_ISSUES.make('spdm.chunk', placeOf(name, bytes), { found: problem }));
}
