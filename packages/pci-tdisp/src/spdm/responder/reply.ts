/** What a handler gives back, and what it may use. */
import type { SpdmErrorName } from '../codes.ts';
import type { SessionState } from '../session-state.ts';
import type { Responder } from './responder.ts';

interface Asked {
  readonly responder: Responder;
  /** The request, whole and without padding. */
  readonly request: Uint8Array;
  readonly session: SessionState | undefined;
}

export interface Answer {
  readonly response: Uint8Array;
  /** What is to be done when the response is on its way: new keys, an end. */
  readonly after?: () => void;
  /** Chunks and encapsulation are not part of transcripts. */
  readonly unnoted?: boolean;
}

export interface Refusal {
  readonly error: SpdmErrorName;
  readonly data?: number;
  readonly extended?: Uint8Array;
  /** The session is over with this. */
  readonly fatal?: boolean;
}

export type Handler = (asked: Asked) => Answer | Refusal;

export const refuse = (error: SpdmErrorName, data?: number): Refusal =>
  data === undefined ? { error } : { error, data };
