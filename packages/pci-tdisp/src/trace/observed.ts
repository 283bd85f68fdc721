/** What an observer says of a run: one entry for each data object, and every rule that was broken. */
import type { Issue } from '@tsm/core';
import type { MessageText } from '../detail/message.ts';

export type Side = 'requester' | 'responder';

/** One DOE object of a run. */
export interface ObservedMessage extends MessageText {
  /** Number of the object, from 0. */
  readonly packet: number;
  readonly from: Side;
  /** `0xffffffff`; null outside of sessions. */
  readonly session: string | null;
  /** Bytes as the requester counts: what it sends, and what arrives, in the clear with the padding of the object. */
  readonly size: number;
  /** The message that came in chunks, with the last of them. */
  readonly whole?: MessageText;
}

/** A rule that was broken, with the clause in `spec`, at the packet where it shows. */
export interface Violation extends Issue {
  readonly packet: number;
}
